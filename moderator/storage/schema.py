"""Which shape a database has, and how it gets the current one.

Opening a current database costs two plain queries: Alembic is imported only where something must be migrated.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

REVISIONS: tuple[str, ...] = ("0001", "0002", "0003", "0004", "0005")
"""Every revision, oldest first. A test holds this equal to the migration scripts."""

HEAD_REVISION = REVISIONS[-1]
"""The revision that this program reads and writes."""

VERSION_TABLE = "moderator_schema"
"""Where the revision is kept: a name of our own, since a server's database may hold another program's too."""

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x6D6F6465
"""Key of the advisory lock under which PostgreSQL lets one program at a time migrate ("mode")."""


def table_names(conn: Connection) -> set[str]:
    """Names of all tables in the database's own (default) schema."""
    return set(inspect(conn).get_table_names())


def stored_revision(conn: Connection) -> str | None:
    """The revision that the database was last migrated to; `None` where no program of ours has been."""
    if conn.dialect.name == "sqlite":
        found = conn.execute(text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": VERSION_TABLE}).first()
        known = found is not None
    else:
        known = conn.execute(text("SELECT to_regclass(:name)"), {"name": VERSION_TABLE}).scalar() is not None
    return conn.execute(text("SELECT version_num FROM moderator_schema")).scalar() if known else None


def lock_for_migration(conn: Connection) -> None:
    """Keeps other programs from migrating at the same time, until the transaction ends.

    On SQLite the write transaction that `conn` is in does it already.
    """
    if conn.dialect.name != "sqlite":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def migrate(conn: Connection) -> None:
    """Brings an empty or older database to `HEAD_REVISION`, inside the caller's transaction."""
    # Half a second of imports that a current database never pays for.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # The value goes through configparser, where % starts an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
