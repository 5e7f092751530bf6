"""Where an intake's batches go: into the database, or, for a dry run, nowhere but into the counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from moderator.domain.clock import Clock
from moderator.domain.comment import IncomingComment, content_hash
from moderator.storage.comments import BatchOutcome, preview_batch, store_batch
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

_MOST_HELD = 5000
_Key = tuple[str, str]


class Target(Protocol):
    """Takes batches, then is finished; a context manager."""

    def take(self, batch: Sequence[IncomingComment]) -> BatchOutcome:
        """Takes one batch. Comments in `reverted` of the outcome aren't counted yet."""
        ...

    def finish(self) -> BatchOutcome:
        """Counts, after the last batch, what was held back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Held:
    """Comments that came with a text they had before, until it's clear what that means.

    A file that holds two texts of a comment, read a second time, shows the first one again, and the second follows:
    nothing changed. Without a second one the author went back to the old text, which is an edit. So these wait
    until the comment shows up again, or until the end.
    """

    def __init__(self) -> None:
        self._comments: dict[_Key, IncomingComment] = {}

    def drop_mentioned(self, batch: Sequence[IncomingComment]) -> list[_Key]:
        """Forgets those that the batch speaks of again, and returns their keys: they're unchanged so far."""
        if not self._comments:
            return []
        return [key for comment in batch if self._comments.pop(key := _key(comment), None) is not None]

    def add(self, comments: Sequence[IncomingComment]) -> None:
        self._comments.update((_key(comment), comment) for comment in comments)

    @property
    def full(self) -> bool:
        return len(self._comments) >= _MOST_HELD

    def release(self) -> list[IncomingComment]:
        """All of them; from now on they are edits."""
        comments, self._comments = list(self._comments.values()), {}
        return comments


class Stored:
    """Stores each batch in a transaction of its own."""

    def __init__(self, db: Database, log: DecisionWriter, clock: Clock) -> None:
        self._db = db
        self._log = log
        self._clock = clock
        self._held = _Held()

    def take(self, batch: Sequence[IncomingComment]) -> BatchOutcome:
        """Stores one batch.

        Raises:
            StorageError: The database failed; nothing of this batch is stored.
        """
        unchanged = BatchOutcome(unchanged=len(self._held.drop_mentioned(batch)))
        outcome = self._store(batch, take_reverted=False) + unchanged
        self._held.add(outcome.reverted)
        return outcome + self.finish() if self._held.full else outcome

    def finish(self) -> BatchOutcome:
        """Stores what was held back, as new revisions."""
        comments = self._held.release()
        return self._store(comments, take_reverted=True) if comments else BatchOutcome()

    def _store(self, comments: Sequence[IncomingComment], *, take_reverted: bool) -> BatchOutcome:
        with self._db.write() as conn:
            return store_batch(conn, comments, self._clock(), self._log, take_reverted=take_reverted)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class DryRun:
    """Compares each batch with the database and writes nothing.

    What earlier batches would have stored is remembered in a nameless temporary file, so that memory stays bounded.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._held = _Held()
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID")

    def take(self, batch: Sequence[IncomingComment]) -> BatchOutcome:
        """Counts one batch.

        Raises:
            StorageError: The database failed.
        """
        dropped = self._held.drop_mentioned(batch)
        unchanged, revised, first_seen = len(dropped), 0, list[IncomingComment]()
        self._seen.execute("BEGIN")
        self._seen.executemany("DELETE FROM seen WHERE id = ?", (("\0".join(key),) for key in dropped))
        for comment in batch:
            name, digest = "\0".join(_key(comment)), content_hash(comment.body)
            found = self._seen.execute("SELECT digest FROM seen WHERE id = ?", (name,)).fetchone()
            if found is None:
                first_seen.append(comment)
            elif found[0] == digest:
                unchanged += 1
            else:
                revised += 1
        self._seen.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?)",
            (("\0".join(_key(comment)), content_hash(comment.body)) for comment in batch),
        )
        self._seen.execute("COMMIT")
        with self._db.read() as conn:
            outcome = preview_batch(conn, first_seen) + BatchOutcome(unchanged=unchanged, revised=revised)
        self._held.add(outcome.reverted)
        return outcome + self.finish() if self._held.full else outcome

    def finish(self) -> BatchOutcome:
        """Counts what was held back, as new revisions."""
        return BatchOutcome(revised=len(self._held.release()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen.close()


def _key(comment: IncomingComment) -> _Key:
    return comment.source, comment.remote_id
