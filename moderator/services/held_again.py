"""Comments that somebody put on hold again at their site, after a decision of ours had arrived there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moderator.connectors.base import BadRecord, Position, Source
from moderator.domain.clock import Clock
from moderator.domain.comment import IncomingComment, Status
from moderator.domain.decision import Action, ActorKind
from moderator.errors import DecisionConflictError
from moderator.storage import outbox
from moderator.storage.decisions import DecisionWriter, Draft, lock_comment
from moderator.storage.engine import Database

NOTE = "It was put on hold again at the site."

_LAG_MS = 60_000
"""A page may be as old as this: other clocks, replicas and caches. What was missed the next pull sees."""


class Noted:
    """A source that remembers which comments it gave.

    Args:
        source: That gives them.
    """

    def __init__(self, source: Source) -> None:
        self.remote_ids: list[str] = []
        self._source = source

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    @property
    def position(self) -> Position:
        """Where the stream stands."""
        return self._source.position

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """What the source gives.

        Raises:
            ConnectorError: As the source's.
        """
        for record in self._source.records():
            if isinstance(record, IncomingComment):
                self.remote_ids.append(record.remote_id)
            yield record


def take_back(
    db: Database, log: DecisionWriter, source: str, remote_ids: Sequence[str], *, pulled_at_ms: int, clock: Clock
) -> int:
    """Puts comments back into the queue that a site holds although our latest decision on them had arrived there.

    One transaction each, with a row of the log whose note says what happened.

    Args:
        db: The database.
        log: The decision log.
        source: Name of the source.
        remote_ids: What it holds; what was taken in before.
        pulled_at_ms: When reading that began, UTC milliseconds: decisions that arrived later, or just before, are left
            alone, since the page may be from before them.
        clock: Gives UTC milliseconds.

    Returns:
        How many came back.

    Raises:
        StorageError: The database failed.
    """
    before_ms, count = pulled_at_ms - _LAG_MS, 0
    with db.read() as conn:
        found = outbox.delivered_before(conn, source, remote_ids, before_ms)
    for comment_id, remote_id, _ in found:
        with db.write(durable=True) as conn:
            try:
                lock_comment(conn, comment_id)
            except DecisionConflictError:
                continue  # its text was erased meanwhile
            # Asked again now that nobody else decides on it.
            for each in outbox.delivered_before(conn, source, [remote_id], before_ms):
                if each.status is not Status.PENDING:
                    draft = Draft(
                        comment_id=comment_id,
                        action=Action.REOPEN,
                        moderator=source,
                        actor_kind=ActorKind.SYNC,
                        note=NOTE,
                    )
                    log.append(conn, draft, now_ms=clock())
                    count += 1
                # Otherwise the next decision would be a conflict with what was heard before.
                outbox.hear(conn, comment_id, Status.PENDING)
    return count
