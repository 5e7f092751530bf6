"""What the review and history screens send the backend to do. Each runs in the backend's thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.domain.comment import Order
from moderator.domain.decision import Intent
from moderator.domain.filter import parse_filter
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError
from moderator.text.visible import visible_line
from moderator.tui.backend import Backend, Mailbox, Rank
from moderator.tui.batch_errands import BatchErrands
from moderator.tui.interleaving import interleaved
from moderator.tui.look import Look
from moderator.tui.messages import (
    CardLoaded,
    CountsLoaded,
    DecisionFailed,
    DecisionSaved,
    FinalityLoaded,
    FirstPage,
    LeaseAnswered,
    ListLoaded,
    QueueChanged,
    ReadFailed,
    RowsLoaded,
    UndoFailed,
    Undone,
)
from moderator.tui.posting import present_comment, present_rows
from moderator.tui.views import present_row

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services
    from moderator.services.reading import Reading

FIRST_ROWS = 60
"""Rows read before anything else: more than the tallest terminal shows."""


class Errands(BatchErrands):
    """The backend as one screen uses it: one method per thing that a person can ask for.

    Args:
        backend: Runs them.
        reply_to: Who gets the answers.
        mild_every: After how many of the riskiest comments a mild one is listed; 0 for never.
    """

    def __init__(self, backend: Backend, reply_to: Mailbox, *, mild_every: int = 0) -> None:
        super().__init__(backend, reply_to)
        self._mild_every = mild_every

    # Reading -----------------------------------------------------------------------------------------------------

    def open_queue(self, query: QueueQuery) -> None:
        """Reads the first rows and the first card, then the whole list."""

        def first(services: Services) -> Message:
            self._backend.news.any(services.review)
            rows = present_rows(services, services.review.first_rows(query, FIRST_ROWS))
            return FirstPage(query, rows, present_comment(services, rows[0].id) if rows else None)

        self._read(first, Rank.CARD, "reading the queue", key="first")
        self.read_counts()
        self.read_list(query)

    def read_list(self, query: QueueQuery) -> None:
        """Reads all ids of a queue."""

        def every(services: Services) -> Message:
            started = time.perf_counter()
            ids = services.review.ids(query)
            if query.order is Order.RISK:
                ids = interleaved(ids, self._mild_every)
            return ListLoaded(query, ids, time.perf_counter() - started)

        self._read(every, Rank.LIST, "reading the queue", key="list")

    def read_rows(self, ids: Sequence[int], key: str | None = None) -> None:
        """Reads some rows."""
        wanted = list(ids)
        if wanted:
            self._read(
                lambda services: RowsLoaded(present_rows(services, services.review.rows(wanted))),
                Rank.ROWS,
                "reading rows of the queue",
                key=key,
            )

    def read_card(self, comment_id: int, *, ahead: bool = False) -> None:
        """Reads one comment with everything around it; `ahead` of the cursor, when nothing more urgent is left."""
        self._backend.submit(
            lambda services: CardLoaded(present_comment(services, comment_id)),
            self._reply_to,
            rank=Rank.ROWS if ahead else Rank.CARD,
            doing="reading a comment",
            failed=lambda problem: ReadFailed(problem, comment_id),
            key=f"ahead {comment_id}" if ahead else "card",
        )

    def read_counts(self) -> None:
        """Counts how many comments stand where."""
        self._read(
            lambda services: CountsLoaded(services.review.status_counts()), Rank.POLL, "counting comments", key="counts"
        )

    def read_finality(self) -> None:
        """Reads what sites won't take back."""

        def read(services: Services) -> Message:
            warnings = services.delivery.finality.warnings()
            return FinalityLoaded(
                {
                    visible_line(source): {action: visible_line(words) for action, words in said.items()}
                    for source, said in warnings.items()
                }
            )

        self._read(read, Rank.LIST, "reading about sites")

    def poll(self) -> None:
        """Asks whether somebody else wrote; says nothing where nobody did."""

        def look(services: Services) -> Message | None:
            review = services.review
            return QueueChanged(review.status_counts()) if self._backend.news.any(review) else None

        self._read(look, Rank.POLL, "looking for new comments", key="poll")

    # Deciding ----------------------------------------------------------------------------------------------------

    def decide(self, intent: Intent) -> None:
        """Writes a decision."""
        self._backend.submit(
            lambda services: DecisionSaved(self._write(services, lambda: services.review.decide(intent))),
            self._reply_to,
            rank=Rank.WRITE,
            doing="saving a decision",
            failed=lambda problem: DecisionFailed(intent, problem),
            patient=True,
        )

    def undo(self, seq: int) -> None:
        """Takes back one decision, whoever made it."""

        def take_back(services: Services) -> Message:
            review = services.review
            outcome = self._write(services, lambda: review.undo_decision(seq))
            rows = present_rows(services, review.rows([outcome.decision.comment_id]))
            return Undone(outcome, rows[0] if rows else None)

        self._backend.submit(take_back, self._reply_to, rank=Rank.WRITE, doing="undoing a decision", failed=UndoFailed)

    # Leases ------------------------------------------------------------------------------------------------------

    def lease(self, comment_id: int) -> None:
        """Says that this comment is open here; the answer says who has it where somebody else does."""

        def take(services: Services) -> Message:
            holder = self._write(services, lambda: services.review.lease(comment_id))
            return LeaseAnswered(comment_id, None if holder is None else visible_line(holder, 60))

        self._backend.submit(take, self._reply_to, rank=Rank.LEASE, doing="reserving a comment", key="lease")

    def release(self, comment_id: int) -> None:
        """Says that this comment is free again."""
        self._backend.submit(
            lambda services: self._write(services, lambda: services.review.release(comment_id)),
            self._reply_to,
            rank=Rank.LEASE,
            doing="releasing a comment",
        )


def glimpse(look: Look, open_reading: Callable[[], AbstractContextManager[Reading]]) -> FirstPage:
    """The top of the queue before the settings are checked: no thresholds, no card. Masks go by the scores alone."""
    query = first_query(look)
    with open_reading() as reading:
        rows = reading.first_rows(query, FIRST_ROWS)
        score_sets = reading.score_sets([row.id for row in rows])
    return FirstPage(query, tuple(present_row(row, score_sets.get(row.id, ()), {}) for row in rows), None)


def first_query(look: Look) -> QueueQuery:
    """What the queue shows first. A filter that can't be understood was refused before the desk opened."""
    order = Order(look.order) if look.order in set(Order) else Order.RISK
    try:
        return parse_filter(look.queue, order)
    except ConfigError:
        return QueueQuery(order=order)
