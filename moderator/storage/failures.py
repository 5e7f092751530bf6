"""Driver errors as `StorageError`: what went wrong, where, what to do. Never a value from a row.

A driver's own text may quote the row that it refused ("Failing row contains ..."), and rows hold readers' texts. So
only the first, value-free part is kept, and the driver's exception isn't chained.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from moderator.errors import StorageError

_SQLITE: dict[str, tuple[str, str, str]] = {
    "SQLITE_BUSY": (
        "storage.locked",
        "the database is locked by another program",
        "Close the program that holds it, or try again in a moment.",
    ),
    "SQLITE_LOCKED": (
        "storage.locked",
        "the database is locked by another program",
        "Close the program that holds it, or try again in a moment.",
    ),
    "SQLITE_NOTADB": (
        "storage.not_a_database",
        "the file is not an SQLite database",
        "Name another file, or move this one away: a new database is made where none is.",
    ),
    "SQLITE_CORRUPT": (
        "storage.damaged",
        "the database file is damaged",
        "Restore a backup; `moderator db check` says how far the damage goes.",
    ),
    "SQLITE_CANTOPEN": (
        "storage.cannot_open",
        "the database file can't be opened or created",
        "Check that the folder exists and that you may write to it and to the file.",
    ),
    "SQLITE_READONLY": (
        "storage.readonly",
        "the database can't be written to",
        "Check the permissions of the file and of its folder: SQLite writes beside the file too.",
    ),
    "SQLITE_FULL": ("storage.full", "the disk is full", "Make room; nothing was written."),
    "SQLITE_IOERR": ("storage.io", "the disk reported an error", "Check the disk; nothing was written."),
}
_NO_WORD_INDEX = "no such module: fts5"
"""All of SQLite's own words where it was built without what indexes words. Source: sqlite3VtabCallCreate, vtab.c."""

_POSTGRESQL: dict[str, tuple[str, str]] = {
    "40": ("storage.busy", "Two programs wrote at the same time; nothing was written, try again."),
    "53": ("storage.full", "The server is out of a resource; its log says which."),
    "28": ("storage.refused", "Check the user and password in the database URL."),
    "42": ("storage.schema", "Check that the user may use these tables, and run `moderator db check`."),
    "3D": ("storage.missing", "Create the database first: `createdb NAME`."),
}
_UNREACHABLE = "Check that the server runs and that host, port and database in the URL are right."


def _from_sqlite(where: str, error: sqlite3.Error) -> StorageError:
    name = getattr(error, "sqlite_errorname", "") or ""
    known = next((entry for prefix, entry in _SQLITE.items() if name.startswith(prefix)), None)
    if known is not None:
        code, what, hint = known
        return StorageError(f"{where}: {what}", code=code, hint=hint)
    if name.startswith("SQLITE_CONSTRAINT"):
        # Names a table and column or a trigger's own words, never a value.
        return StorageError(f"{where}: refused by the database: {error}", code="storage.constraint")
    if str(error).startswith(_NO_WORD_INDEX):
        return StorageError(
            f"{where}: it can't index words: its SQLite {sqlite3.sqlite_version} was built without FTS5",
            code="storage.no_word_index",
            hint="Use another Python, such as your system's or python.org's, or a PostgreSQL server with --database.",
        )
    return StorageError(f"{where}: the database failed ({name or type(error).__name__})", code="storage.failed")


def _from_postgresql(where: str, error: BaseException) -> StorageError:
    state = str(getattr(error, "sqlstate", None) or "")
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    if not state or state.startswith(("08", "57")):
        # Nothing was said by a table yet: the driver's first line tells about hosts and ports.
        first = said or (str(error).strip().splitlines() or [type(error).__name__])[0]
        return StorageError(f"{where}: no connection: {first}", code="storage.unreachable", hint=_UNREACHABLE)
    if state.startswith("23"):
        return StorageError(f"{where}: refused by the database: {said}", code="storage.constraint")
    code, hint = _POSTGRESQL.get(state[:2], ("storage.failed", None))
    return StorageError(f"{where}: the database failed: {said or state}", code=code, hint=hint)


def as_storage_error(where: str, error: BaseException) -> StorageError:
    """The `StorageError` for a driver's error.

    Args:
        where: The database, without a password.
        error: SQLAlchemy's or a driver's exception.
    """
    if isinstance(error, PoolTimeoutError):
        return StorageError(f"{where}: every connection is in use", code="storage.busy", hint="Try again.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(where, cause)
    return _from_postgresql(where, cause or error)


@contextmanager
def translated(where: str) -> Generator[None]:
    """Turns drivers' errors inside the block into `StorageError`.

    Raises:
        StorageError: For every error that a driver raised.
    """
    try:
        yield
    except (DBAPIError, PoolTimeoutError, sqlite3.Error) as error:
        raise as_storage_error(where, error) from None
