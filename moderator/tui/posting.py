"""How a screen hands errands to the backend: what every group of errands is built on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.domain.comment import QueueRow
from moderator.domain.policy import Policy, Route, lot
from moderator.domain.score import ScoreSet, merge_scores
from moderator.tui.backend import Backend, Mailbox, Rank
from moderator.tui.messages import Problem, ReadFailed
from moderator.tui.news import Answer
from moderator.tui.views import CardView, RowView, beside, present_card, present_row

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services


class Posting:
    """The backend and who gets its answers."""

    def __init__(self, backend: Backend, reply_to: Mailbox) -> None:
        self._backend = backend
        self._reply_to = reply_to

    def _write(self, services: Services, write: Callable[[], Answer]) -> Answer:
        return self._backend.news.quietly(services.review, write)

    def _read(
        self, errand: Callable[[Services], Message | None], rank: Rank, doing: str, key: str | None = None
    ) -> None:
        self._backend.submit(errand, self._reply_to, rank=rank, doing=doing, failed=ReadFailed, key=key)

    def _change(
        self,
        errand: Callable[[Services], Message | None],
        doing: str,
        failed: Callable[[Problem], Message],
        *,
        patient: bool = False,
    ) -> None:
        self._backend.submit(errand, self._reply_to, rank=Rank.WRITE, doing=doing, failed=failed, patient=patient)


def present_rows(services: Services, rows: Sequence[QueueRow]) -> tuple[RowView, ...]:
    """Rows for the screen, by the policy in force."""
    score_sets = services.review.score_sets([row.id for row in rows])
    policy = services.policy
    return tuple(
        replace(
            present_row(row, score_sets.get(row.id, ()), policy.in_force(row.section, row.source, row.language)),
            listed=_is_listed(row, score_sets.get(row.id, ()), policy),
        )
        for row in rows
    )


def _is_listed(row: QueueRow, score_sets: tuple[ScoreSet, ...], policy: Policy) -> bool:
    """Whether a word list put a row where it is: no label leads, all that must be judged is, and it wasn't drawn."""
    if row.lead_label is not None or not policy.lists:
        return False
    scores = merge_scores(score_sets)
    drawn = lot(row.id) < policy.audit_share and row.route != Route.PRIORITY
    return not drawn and all(scores.get(label) is not None for label in policy.required)


def present_comment(services: Services, comment_id: int) -> CardView:
    """A whole comment for the screen, by the policy in force."""
    review = services.review
    card = review.card(comment_id)
    thresholds = services.policy.in_force(card.row.section, card.source, card.row.language)
    return present_card(card, review.routing(card), thresholds, review.score_sets(beside(card)))
