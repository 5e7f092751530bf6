"""Whether a database is whole, as far as the database itself can tell."""

from __future__ import annotations

from sqlalchemy import text

from moderator.storage.engine import Database

_MOST_REPORTED = 20


def problems(db: Database) -> list[str]:
    """What is broken in the file, or in the references between tables.

    Args:
        db: Open. A large SQLite file is read from end to end.

    Returns:
        Sentences, at most twenty; none where all is well. A server keeps its own files whole, so it's only asked
        whether it answers.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        if db.dialect != "sqlite":
            conn.execute(text("SELECT 1"))
            return []
        pages = conn.exec_driver_sql(f"PRAGMA integrity_check({_MOST_REPORTED})").scalars().all()
        found = [f"the file is damaged: {line}" for line in pages if line != "ok"]
        broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MOST_REPORTED)
        found += [f"row {row[1]} of table {row[0]} points to a row of {row[2]} that is not there" for row in broken]
        return found[:_MOST_REPORTED]
