"""The database: one engine, two ways in (`read`, `write`), and a shape that is checked before anybody reads.

SQLite runs in WAL mode: readers never wait for the writer. A write takes its lock at once (`BEGIN IMMEDIATE`), so
that a transaction which has read may write without finding that somebody else was faster.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from moderator.errors import ConfigError, StorageError
from moderator.storage import schema
from moderator.storage.canonical import to_json
from moderator.storage.copying import copy_sqlite
from moderator.storage.failures import as_storage_error, translated
from moderator.storage.search import add_fold

HEAD_REVISION = schema.HEAD_REVISION

_BUSY_TIMEOUT_S = 10.0
_BUSY_PAUSE_S = 0.01
_CONNECT_TIMEOUT_S = 10
_COMMIT_WAITS = (
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
)
_SCHEMES = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def normalize_url(url: str) -> URL:
    """A database URL as SQLAlchemy wants it, with the one driver that we use for each database.

    Raises:
        ConfigError: Not a URL, another kind of database, or an SQLite database without a file.
    """
    hint = "Use sqlite:///relative/path, sqlite:////absolute/path or postgresql://user@host/database."
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may hold a password, so it isn't quoted.
        raise ConfigError("the database URL can't be read", code="config.database_url", hint=hint) from None
    driver = _SCHEMES.get(parsed.drivername)
    if driver is None:
        raise ConfigError(f"{parsed.drivername}: no such kind of database", code="config.database_url", hint=hint)
    if driver == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigError("an SQLite database needs a file", code="config.database_url", hint=hint)
    return parsed.set(drivername=driver)


@dataclass(frozen=True, slots=True)
class Migration:
    """What opening did to an older database: from which revision to which, and where the copy from before is."""

    before: str
    after: str
    backup: Path | None


class Database:
    """An open database whose schema is current. Any thread may use it; a connection stays in its thread.

    Attributes:
        dialect: `sqlite` or `postgresql`.
        path: The file, for SQLite; `None` otherwise.
        where: What it's called in messages: the path, or the URL without its password.
        migration: What opening changed, `None` where the schema was current or new.
    """

    def __init__(self, url: URL) -> None:
        self.dialect = url.get_backend_name()
        self.path = Path(url.database or "").expanduser() if self.dialect == "sqlite" else None
        self.where = str(self.path) if self.path else url.render_as_string(hide_password=True)
        self.migration: Migration | None = None
        self.engine = _make_engine(url, self.path)
        self._watch: sqlite3.Connection | None = None

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, upgrade_server: bool = False) -> Self:
        """Opens a database: makes a new one, migrates an old file after a backup, refuses what it doesn't know.

        Args:
            url: `sqlite:///path` or `postgresql://...`.
            migrate: Create and migrate where needed; else anything but a current database is refused.
            upgrade_server: Migrate an old PostgreSQL database too. Its backup is the operator's: others may use it.

        Raises:
            ConfigError: The URL can't be used.
            StorageError: It can't be opened, isn't ours, or is from a newer version.
        """
        db = cls(normalize_url(url))
        try:
            db._check_folder(create=migrate)
            db._check_schema(migrate=migrate, upgrade_server=upgrade_server)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def read(self) -> Generator[Connection]:
        """One consistent snapshot: what others commit meanwhile isn't seen, and nothing can be written.

        Raises:
            StorageError: The database failed.
        """
        options: dict[str, Any] = {"moderator_mode": "read"}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with translated(self.where), self.engine.connect() as conn, conn.execution_options(**options).begin():
            yield conn

    @contextmanager
    def write(self, *, durable: bool = False) -> Generator[Connection]:
        """One transaction: committed at a clean exit, rolled back when the block raises.

        Args:
            durable: Return only when the commit would survive a power cut. For decisions; what can be read or scored
                again doesn't wait for the disk.

        Raises:
            StorageError: The database failed; nothing was written.
        """
        mode = "durable" if durable else "write"
        with translated(self.where), self.engine.connect() as conn, conn.execution_options(moderator_mode=mode).begin():
            if durable and self.dialect == "postgresql":
                # An operator may have turned it off for speed; a stronger setting of theirs stays.
                conn.exec_driver_sql(_COMMIT_WAITS)
            yield conn

    def data_version(self) -> int:
        """A number that changes when anybody, also this process, commits. Cheap enough to ask every second.

        It may change without a visible change; it never stays the same over one.

        Raises:
            StorageError: The database failed.
        """
        if self.path is None:
            with self.read() as conn:
                snapshot = str(conn.execute(text("SELECT pg_current_snapshot()::text")).scalar())
            return int.from_bytes(hashlib.sha256(snapshot.encode()).digest()[:7])
        with translated(self.where):
            # SQLite's number tells of other connections' commits only, so one connection is kept that never writes.
            if self._watch is None:
                self._watch = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Closes every connection. The object isn't used afterwards."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_folder(self, *, create: bool) -> None:
        if self.path is None:
            return
        if not self.path.parent.is_dir():
            raise StorageError(
                f"{self.path.parent}: the database's folder doesn't exist",
                code="storage.folder",
                hint=f"Make it: mkdir -p '{self.path.parent}'",
            )
        if self.path.is_dir():
            raise StorageError(f"{self.path}: is a folder, not a database", code="storage.not_a_database")
        if not create and not self.path.exists():
            raise StorageError(f"{self.path}: there is no database", code="storage.missing")

    def _check_schema(self, *, migrate: bool, upgrade_server: bool) -> None:
        with self.read() as conn:
            revision = schema.stored_revision(conn)
        if revision == schema.HEAD_REVISION:
            return
        if not migrate:
            raise StorageError(
                f"{self.where}: the database isn't at this version's schema",
                code="storage.old" if revision else "storage.empty",
                hint="Run `moderator db upgrade`.",
            )
        if revision is not None:
            self._check_age(revision, upgrade_server=upgrade_server)
        backup = self._backup_before(revision) if revision and self.path else None
        with self.write(durable=True) as conn:
            schema.lock_for_migration(conn)
            current = schema.stored_revision(conn)
            if current == schema.HEAD_REVISION:
                return  # another program was faster
            if current is None and schema.table_names(conn):
                raise StorageError(
                    f"{self.where}: holds tables of another program",
                    code="storage.not_ours",
                    hint="Name an empty database or a new file.",
                )
            schema.migrate(conn)
        if revision is not None:
            self.migration = Migration(revision, schema.HEAD_REVISION, backup)

    def _check_age(self, revision: str, *, upgrade_server: bool) -> None:
        if revision not in schema.REVISIONS:
            raise StorageError(
                f"{self.where}: written by a newer version of moderator (schema {revision})",
                code="storage.newer",
                hint=f"Install the newer version; this one knows schemas up to {schema.HEAD_REVISION}.",
            )
        if self.dialect == "postgresql" and not upgrade_server:
            raise StorageError(
                f"{self.where}: has the older schema {revision}",
                code="storage.old",
                hint="Back it up (pg_dump), then run `moderator db upgrade`.",
            )

    def _backup_before(self, revision: str) -> Path:
        """Copies the file to `NAME.backup-REVISION-DATE` beside it."""
        path = self.path or Path()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        target = path.with_name(f"{path.name}.backup-{revision}-{stamp}")
        copy_sqlite(path, target)
        return target


def _make_engine(url: URL, path: Path | None) -> Engine:
    if path is not None:
        engine = create_engine(
            url.set(database=str(path)),
            hide_parameters=True,
            json_serializer=to_json,
            connect_args={"timeout": _BUSY_TIMEOUT_S},
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_TIMEOUT_S}
    try:
        return create_engine(
            url, hide_parameters=True, pool_pre_ping=True, json_serializer=to_json, connect_args=arguments
        )
    except ImportError as error:
        raise as_storage_error(url.render_as_string(hide_password=True), error) from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions are begun by `_begin_sqlite`; the driver's own habit of beginning one late is turned off.
    connection.isolation_level = None
    _keep_wal(connection)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}").close()
    add_fold(connection)


def _keep_wal(connection: sqlite3.Connection) -> None:
    # Of several programs that make the same new file, SQLite refuses this to all but one at once instead of waiting.
    end = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


def _begin_sqlite(conn: Connection) -> None:
    mode = conn.get_execution_options().get("moderator_mode", "read")
    # None of these can be changed inside a transaction, and they stay with the pooled connection.
    wanted = {"query_only": "ON" if mode == "read" else "OFF"}
    if mode != "read":
        wanted["synchronous"] = "FULL" if mode == "durable" else "NORMAL"
    for pragma, value in wanted.items():
        if conn.info.get(pragma) != value:
            conn.exec_driver_sql(f"PRAGMA {pragma} = {value}")
            conn.info[pragma] = value
    conn.exec_driver_sql("BEGIN" if mode == "read" else "BEGIN IMMEDIATE")
