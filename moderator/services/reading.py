"""What a moderator reads: queue, cards, history. Each call is one moment of the database."""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Iterable, Sequence

from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import Card, Copies, QueueRow, Revision, Status
from moderator.domain.decision import Decision
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.policy import Policy, Routing, route
from moderator.domain.queue import QueueQuery, Scored
from moderator.domain.score import Label, ScoreSet, merge_scores
from moderator.storage import decision_rows, queue
from moderator.storage.card import card
from moderator.storage.copies import copies
from moderator.storage.engine import Database
from moderator.storage.revision_rows import revisions
from moderator.storage.rows import Viewpoint, rows
from moderator.storage.score_rows import score_sets


class Reading:
    """The queue as one running program sees it: another's live leases show, its own don't.

    Any thread may read; only `changed` belongs to one.

    Args:
        db: The database; closed by who opened it.
        policy: Thresholds in force.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, policy: Policy, *, clock: Clock = system_clock) -> None:
        self._db = db
        self._policy = policy
        self._clock = clock
        self._holder = uuid.uuid4().hex
        self._seen_version: int | None = None

    def first_rows(self, query: QueueQuery, limit: int = 60) -> list[QueueRow]:
        """The first rows of a queue, in its order."""
        with self._db.read() as conn:
            return queue.first_rows(conn, query, limit, self._view())

    def next_rows(self, query: QueueQuery, after: QueueRow, limit: int = 60) -> list[QueueRow]:
        """The rows that follow one of the same query."""
        with self._db.read() as conn:
            return queue.next_rows(conn, query, after, limit, self._view())

    def ids(self, query: QueueQuery) -> array[int]:
        """Numbers of all comments of a queue, in its order."""
        with self._db.read() as conn:
            return queue.ids(conn, query, self._view())

    def rows(self, ids: Iterable[int]) -> list[QueueRow]:
        """Rows of these comments, in this order; unknown numbers are left out."""
        with self._db.read() as conn:
            return rows(conn, ids, self._view())

    def score_sets(self, ids: Sequence[int]) -> dict[int, tuple[ScoreSet, ...]]:
        """What scorers said of the current texts of these comments, oldest first; unscored ones are left out."""
        with self._db.read() as conn:
            return score_sets(conn, ids)

    def scored(self, query: QueueQuery, label: Label) -> Scored:
        """A label's score of every comment of a queue."""
        with self._db.read() as conn:
            return queue.scored(conn, query, label, self._view())

    def count(self, query: QueueQuery) -> int:
        """How many comments a queue has."""
        with self._db.read() as conn:
            return queue.count(conn, query, self._view())

    def status_counts(self) -> dict[Status, int]:
        """How many comments stand where."""
        with self._db.read() as conn:
            return queue.status_counts(conn, self._view())

    def card(self, comment_id: int) -> Card:
        """One comment with all there is to know.

        Raises:
            NotFoundError: No such comment.
        """
        with self._db.read() as conn:
            return card(conn, comment_id, self._view())

    def copies(self, comment_id: int) -> Copies:
        """Other comments that say nearly the same."""
        with self._db.read() as conn:
            return copies(conn, comment_id, self._clock())

    def routing(self, shown: Card) -> Routing:
        """What the policy in force makes of a comment's scores, and why."""
        row = shown.row
        return route(
            merge_scores(shown.score_sets),
            self._policy,
            row.section,
            source=shown.source,
            language=row.language,
            comment_id=row.id,
            hits=self._policy.lists.hits(shown.body, row.language),
        )

    def changed(self) -> bool:
        """Whether anything was written since this was last asked; the first answer is yes."""
        version = self._db.data_version()
        before, self._seen_version = self._seen_version, version
        return version != before

    def history(
        self, limit: int, before_seq: int | None = None, wanted: DecisionFilter | None = None
    ) -> list[Decision]:
        """The latest decisions, or the latest before one, the newest first."""
        with self._db.read() as conn:
            return decision_rows.latest(conn, limit, before_seq=before_seq, wanted=wanted)

    def revisions(self, comment_id: int) -> tuple[Revision, ...]:
        """Every text of a comment, the first one first."""
        with self._db.read() as conn:
            return revisions(conn, comment_id)

    def _view(self, now_ms: int | None = None) -> Viewpoint:
        return Viewpoint(self._clock() if now_ms is None else now_ms, self._holder)
