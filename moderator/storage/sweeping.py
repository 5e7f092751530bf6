"""Taking what was deleted out of the files that the database lies in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from moderator.errors import StorageError
from moderator.storage.engine import Database
from moderator.storage.failures import translated

_WAIT_S = 15.0
_SWEPT = ("revision", "author", "decision_note", "scoreset", "score_span", "comment", "appeal")


def sweep(db: Database) -> None:
    """Rewrites the database so that nothing deleted can be read from its files.

    SQLite keeps deleted rows in free pages, in the unused part of others, in the write-ahead log, and words in old
    parts of the index. So the index is merged, the file written anew, and the log emptied. It needs as much room on the
    disk as the file has, and nobody else in the middle of a read. PostgreSQL is told to take dead rows out of their
    pages; what the bytes of a freed place are until something else is written there is the server's.

    Raises:
        StorageError: Somebody is reading or writing all the time, the disk is full, or the database failed.
    """
    if db.path is None:
        autocommit = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with translated(db.where), autocommit as conn:
            conn.execute(text(f"VACUUM {', '.join(_SWEPT)}"))
        return
    with translated(db.where), closing(sqlite3.connect(db.path, timeout=_WAIT_S, isolation_level=None)) as conn:
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute("INSERT INTO comment_text(comment_text) VALUES ('optimize')")
        conn.execute("VACUUM")
        busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StorageError(
                f"{db.where}: somebody is reading, so the write-ahead log can't be emptied yet",
                code="storage.locked",
                hint="Close the desk and other programs, then run `moderator db vacuum`.",
            )


def copies_beside(path: Path) -> list[Path]:
    """Backups that this program made beside an SQLite file: they hold what was erased since.

    Args:
        path: The database's file.
    """
    migrated = path.parent.glob(f"{path.name}.backup-*")
    made = path.parent.glob(f"{path.stem}-[0-9]*-[0-9]*{path.suffix}")
    return sorted({*migrated, *made})
