"""Copies of an SQLite database, taken while it is in use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from moderator.storage.failures import translated
from moderator.storage.new_files import new_file

_BUSY_TIMEOUT_S = 15.0


def copy_sqlite(source: Path, target: Path) -> None:
    """Copies an SQLite database that others may be writing, as one consistent file.

    Raises:
        StorageError: `target` exists or can't be written.
    """
    with new_file(target) as partial, translated(str(target)):
        there, here = sqlite3.connect(partial), sqlite3.connect(source)
        try:
            here.backup(there)
            # One file, not three: the copy is moved about and opened elsewhere.
            there.execute("PRAGMA journal_mode = DELETE")
        finally:
            here.close()
            there.close()
            # Where the disk was full, what would have undone the copy is left beside it, and holds texts.
            partial.with_name(f"{partial.name}-journal").unlink(missing_ok=True)


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
