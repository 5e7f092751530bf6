"""Backups: taken while others work, proved by restoring them, and put back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moderator.domain.clock import system_clock
from moderator.domain.decision_log import Checkpoint, ErasureKind
from moderator.errors import StorageError
from moderator.services import audit
from moderator.storage import dumping, erasure, sweeping
from moderator.storage.copying import copy_sqlite, overwrite_sqlite
from moderator.storage.engine import Database
from moderator.storage.integrity import problems

_SQLITE = "sqlite:///"
_UNREADABLE = {
    "storage.not_a_database": "it's no SQLite database, so no backup of one",
    "storage.damaged": "it's damaged, or cut short",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup turned out to be once it was restored and read.

    Attributes:
        problems: What is wrong with it, as sentences; none where it's whole.
        comments: How many comments it holds.
        decisions: How many decisions its log holds.
        erased_since: Comments in it that were erased since it was taken, where the present database is there to tell.
    """

    problems: tuple[str, ...]
    comments: int
    decisions: int
    erased_since: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring did.

    Attributes:
        set_aside: Where the database that was replaced is now; `None` where there was none.
        erased_again: Comments that the backup had brought back and that were erased once more.
    """

    report: BackupReport
    set_aside: Path | None = None
    erased_again: int = 0


def back_up(address: str, target: Path) -> None:
    """Copies a database into one file, as it is at one moment, while others may be writing.

    Args:
        address: Of the database.
        target: A new file.

    Raises:
        StorageError: There's no database, `target` exists or can't be written, or the copy failed.
    """
    source = sqlite_file(address)
    if source is None:
        dumping.dump(address, target)
        return
    if not source.is_file():
        raise StorageError(f"{source}: there is no database", code="storage.missing", hint="Nothing to copy yet.")
    copy_sqlite(source, target)


def sqlite_file(address: str) -> Path | None:
    """The file of an SQLite database, `None` for a server."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None


def prove(
    backup: Path,
    address: str,
    *,
    against: Checkpoint | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> BackupReport:
    """Restores a backup into a place of its own, reads all of it, and takes that place away again.

    Args:
        backup: The file.
        address: Of the present database, which isn't touched; a server makes the other place.
        against: A checkpoint from when the backup was taken, or before.
        progress: Called with the number of decisions checked, and of how many.

    Raises:
        StorageError: It can't be restored.
    """
    with _restored_elsewhere(backup, address) as elsewhere, Database.open(elsewhere, upgrade_server=True) as db:
        return _examine(db, _erased_now(address), against, progress)


def restore(
    backup: Path,
    address: str,
    *,
    replace: bool,
    moderator: str,
    app_version: str,
    against: Checkpoint | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Restored:
    """Puts a backup in the database's place, after proving it. What was erased since is erased once more.

    Args:
        backup: The file.
        address: Of the database: a file that isn't there or may be replaced, or an empty database on a server.
        replace: An SQLite database that is there is copied aside, and replaced at one moment.
        moderator: Who does it, for the proof of what is erased once more.
        app_version: Of this program.
        against: A checkpoint from when the backup was taken, or before.
        progress: Called with the number of decisions checked, and of how many.

    Raises:
        StorageError: The backup isn't whole, or the place isn't free. Nothing was changed.
    """
    erased = _erased_now(address)
    report = prove(backup, address, against=against, progress=progress)
    if report.problems:
        raise StorageError(f"{backup}: {report.problems[0]}", code="storage.backup", hint="Nothing was changed.")
    target, set_aside = sqlite_file(address), None
    if target is None:
        dumping.load(backup, address)
    else:
        if target.exists() and not replace:
            hint = "--replace copies it aside first and takes its place."
            raise StorageError(f"{target}: there is a database already", code="storage.exists", hint=hint)
        if target.exists():
            stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
            set_aside = target.with_name(f"{target.name}.backup-replaced-{stamp}")
            copy_sqlite(target, set_aside)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        overwrite_sqlite(backup, target)
    with Database.open(address, upgrade_server=True) as db:
        again = _erase_again(db, erased, moderator, app_version)
        if again:
            sweeping.sweep(db)
    return Restored(report, set_aside, again)


@contextmanager
def _restored_elsewhere(backup: Path, address: str) -> Generator[str]:
    if not backup.is_file():
        raise StorageError(f"{backup}: there is no such file", code="storage.missing")
    if sqlite_file(address) is None:
        with dumping.scratch(address) as elsewhere:
            dumping.load(backup, elsewhere)
            yield elsewhere
        return
    with tempfile.TemporaryDirectory(prefix="moderator-restore-") as folder:
        copy = Path(folder) / "restored.sqlite3"
        try:
            copy_sqlite(backup, copy)
        except StorageError as error:
            if error.code not in _UNREADABLE:
                raise
            hint = "Name a file that `moderator db backup` wrote."
            raise StorageError(f"{backup}: {_UNREADABLE[error.code]}", code="storage.backup", hint=hint) from None
        yield f"{_SQLITE}{copy}"


def _examine(
    db: Database,
    erased: set[tuple[str, str]],
    against: Checkpoint | None,
    progress: Callable[[int, int | None], None] | None,
) -> BackupReport:
    found = problems(db)
    report = audit.verify(db, progress, against)
    if not report.intact:
        found.append(f"{report.record} {report.bad_seq}: {report.problem}")
    with db.read() as conn:
        comments = erasure.comment_count(conn)
        back = len(erasure.standing(conn, erased))
    return BackupReport(problems=tuple(found), comments=comments, decisions=report.checked, erased_since=back)


def _erased_now(address: str) -> set[tuple[str, str]]:
    """Comments that were erased from the present database, by source and remote id; none where there's none yet."""
    file = sqlite_file(address)
    if file is None or not file.exists():
        return set()
    try:
        with Database.open(address, migrate=False) as db, db.read() as conn:
            return erasure.erased_comments(conn)
    except StorageError as error:
        if error.code in {"storage.damaged", "storage.not_a_database", "storage.empty", "storage.old"}:
            return set()  # what is broken is what a backup is for
        raise


def _erase_again(db: Database, erased: set[tuple[str, str]], moderator: str, app_version: str) -> int:
    order = erasure.Order(
        kind=ErasureKind.RESTORE,
        subject="comments that a backup brought back",
        ordered_by="the orders that erased them before",
        done_by=moderator,
        app_version=app_version,
    )
    with db.read() as conn:
        ids = erasure.standing(conn, erased)
    count = 0
    for start in range(0, len(ids), erasure.MOST_AT_ONCE):
        with db.write(durable=True) as conn:
            proof = erasure.erase(conn, ids[start : start + erasure.MOST_AT_ONCE], order, now_ms=system_clock())
            count += proof.comments if proof else 0
    return count
