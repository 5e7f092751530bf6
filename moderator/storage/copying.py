"""Copies of an SQLite database, taken while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from moderator.errors import StorageError
from moderator.storage.failures import translated

_BUSY_TIMEOUT_S = 15.0


def copy_sqlite(source: Path, target: Path) -> None:
    """Copies an SQLite database that others may be writing, as one consistent file.

    Raises:
        StorageError: `target` exists or can't be written.
    """
    if target.exists():
        raise StorageError(f"{target}: exists already", code="storage.exists", hint="Name a new file.")
    partial = target.with_name(target.name + ".partial")
    try:
        partial.touch(mode=0o600)  # it will hold what readers wrote
        with translated(str(target)):
            there, here = sqlite3.connect(partial), sqlite3.connect(source)
            try:
                here.backup(there)
                # One file, not three: the copy is moved about and opened elsewhere.
                there.execute("PRAGMA journal_mode = DELETE")
            finally:
                here.close()
                there.close()
        partial.replace(target)
    except OSError as error:
        hint = "Check the folder, its permissions and the room on the disk."
        raise StorageError(f"{target}: {error.strerror or error}", code="storage.backup", hint=hint) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def overwrite_sqlite(source: Path, target: Path) -> None:
    """Makes an SQLite database what another one is, at one moment: who has it open sees the old one or the new one.

    Raises:
        StorageError: Somebody is using `target` all the time, or it can't be written.
    """
    with translated(str(target)):
        there, here = sqlite3.connect(target, timeout=_BUSY_TIMEOUT_S), sqlite3.connect(source)
        try:
            here.backup(there)
        finally:
            here.close()
            there.close()
