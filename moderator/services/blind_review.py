"""The desk's review, with comments among the waiting ones that others have settled: judged blindly, nothing changes.

What is drawn for a second opinion and golden items stand where they would stand if they waited, look like all the
others, and a key on them does what it does on all the others. Only what it writes is an opinion, not a decision.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Self

from sqlalchemy import Connection

from moderator.domain.comment import Card, QueueRow, Status
from moderator.domain.decision import RESULTING_STATUS, Action, Batch, Decision, Intent, Outcome, Refusal
from moderator.domain.quality import Offer
from moderator.domain.queue import QueueQuery
from moderator.errors import DecisionConflictError
from moderator.services.decidable import check_lease
from moderator.services.review import Review
from moderator.storage import chain as log
from moderator.storage import decision_rows, leases, quality_rows
from moderator.storage.blind_queue import places
from moderator.storage.decisions import lock_comment

_SETTLED = frozenset({Status.APPROVED, Status.REJECTED})
_WAITING = frozenset({Status.PENDING})
_MOST = 20
"""So many at once in one list."""
_EVERY = 10
"""One in so many of a list, at most."""
_APART = 5
"""One doesn't follow the other sooner."""
_GOLDEN_EVERY = 5
_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class _Given:
    """An opinion of this sitting: its number, and how far the log went then."""

    opinion_id: int
    comment_id: int
    after_seq: int
    batch_id: str | None


class BlindReview(Review):
    """A moderator at the queue who is asked for second opinions without knowing. See `Review`."""

    _share = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mixing = False
        self._offers: dict[int, Offer] = {}
        self._listed: set[int] = set()
        self._judged: dict[int, Status] = {}
        self._given: list[_Given] = []

    def sharing(self, share: float) -> Self:
        """Sets the share of all approvals and rejections that get a second opinion, 0..1, and gives this back."""
        self._share = share
        return self

    # Reading -----------------------------------------------------------------------------------------------------

    def ids(self, query: QueueQuery) -> array[int]:
        """Numbers of a queue in its order; among those that wait, some that only seem to.

        A list of anything else shows every comment as it stands.
        """
        found = super().ids(query)
        self._mixing = query.statuses == _WAITING and query.id is None and query.like is None
        self._listed = set()
        if not self._mixing:
            return found
        with self._db.read() as conn:
            drawn, golden = quality_rows.offered(conn, self._share, self.moderator, _CANDIDATES)
            offers = {offer.comment_id: offer for offer in chain(golden, drawn)}
            if not offers:
                return found
            where = places(conn, query, found, list(offers), self._clock())
        most = min(_MOST, 1 + len(found) // _EVERY)
        chosen = set(_in_turn([number for _, number in where], offers, self._offers)[:most])
        self._offers |= {number: offers[number] for number in chosen}
        self._listed = chosen
        return _mixed(found, [(at, number) for at, number in where if number in chosen])

    def rows(self, ids: Iterable[int]) -> list[QueueRow]:
        """Rows of these comments, in this order; unknown numbers are left out."""
        return [self._disguised(row) for row in super().rows(ids)]

    def card(self, comment_id: int) -> Card:
        """One comment with all there is to know, but what others have made of it where it's to be judged blindly."""
        card = super().card(comment_id)
        row = self._disguised(card.row)
        if row is card.row:
            return card
        counts = dict(card.author.counts)
        counts[card.row.status] = max(counts.get(card.row.status, 0) - 1, 0)
        counts[row.status] = counts.get(row.status, 0) + 1
        return replace(card, row=row, author=replace(card.author, counts=counts))

    def status_counts(self) -> dict[Status, int]:
        """How many comments stand where; what seems to wait is counted as waiting."""
        counts = super().status_counts()
        counts[Status.PENDING] += len(self._listed - self._judged.keys())
        return counts

    def _disguised(self, row: QueueRow) -> QueueRow:
        if not self._mixing or row.id not in self._offers or row.status not in _SETTLED:
            return row
        return replace(row, status=self._judged.get(row.id, Status.PENDING))

    # Deciding ----------------------------------------------------------------------------------------------------

    def decide(self, intent: Intent) -> Outcome:
        """Decides on a comment, or takes an opinion, durably. Raises as `Review.decide` does."""
        outcome = super().decide(intent)
        self._remember([outcome])
        return outcome

    def decide_many(self, intents: Sequence[Intent]) -> Batch:
        """Decides on several comments in one transaction. Raises as `Review.decide_many` does."""
        batch = super().decide_many(intents)
        self._remember(batch.outcomes)
        return batch

    def _decide(self, conn: Connection, intent: Intent) -> Outcome:
        offer = self._offers.get(intent.comment_id) if self._mixing else None
        if offer is None:
            return super()._decide(conn, intent)
        status, revision = lock_comment(conn, offer.comment_id)
        first = decision_rows.last_standing(conn, offer.comment_id)
        if status not in _SETTLED or first is None:
            return super()._decide(conn, intent)  # it waits indeed by now
        now_ms = self._clock()
        check_lease(conn, offer.comment_id, self._view(now_ms))
        if revision != offer.revision or intent.revision not in {None, revision}:
            raise DecisionConflictError(
                "The text was edited since it was shown: read it again.", code="conflict.revision"
            )
        if quality_rows.has_judged(conn, offer, self.moderator):
            raise DecisionConflictError("You have decided on this comment already.", code="conflict.decided")
        code = intent.reason_code
        number = quality_rows.add_opinion(
            conn, offer, moderator=self.moderator, action=intent.action, reason_code=code, now_ms=now_ms
        )
        leases.release(conn, offer.comment_id, holder=self._holder)
        said = replace(
            self._as_if(first, number, now_ms, intent.action),
            reason_code=code,
            new_status=RESULTING_STATUS[intent.action],
            batch_id=intent.batch_id,
        )
        return Outcome(said, said.new_status, self._writer.held_until_ms(said))

    def _as_if(self, first: Decision, opinion_id: int, now_ms: int, action: Action) -> Decision:
        """An opinion as the desk hears of it: like a row of the log, with a number that no row has."""
        return replace(
            first,
            seq=-opinion_id,
            moderator=self.moderator,
            decided_at_ms=now_ms,
            action=action,
            previous_status=Status.PENDING,
        )

    def _remember(self, outcomes: Sequence[Outcome]) -> None:
        opinions = [outcome.decision for outcome in outcomes if outcome.decision.seq < 0]
        if not opinions:
            return
        with self._db.read() as conn:
            after_seq, _ = log.head(conn)
        for said in opinions:
            self._judged[said.comment_id] = said.new_status
            self._given.append(_Given(-said.seq, said.comment_id, after_seq, said.batch_id))

    # Taking back -------------------------------------------------------------------------------------------------

    def undoable(self, skip: Collection[int] = ()) -> list[int]:
        """Numbers of what the next undo takes back, opinions of this sitting as negative ones."""
        seqs = super().undoable(skip)
        given = [one for one in reversed(self._given) if -one.opinion_id not in skip]
        if not given:
            return seqs
        last, together = given[0], list[int]()
        if last.batch_id:
            with self._db.read() as conn:
                together = decision_rows.taken_together(conn, last.batch_id)
        if seqs and seqs[0] > last.after_seq and seqs[0] not in together:
            return seqs
        same = [one for one in given if one is last or (last.batch_id and one.batch_id == last.batch_id)]
        return [-one.opinion_id for one in same] + [seq for seq in together if seq not in skip]

    def undo_many(self, seqs: Sequence[int]) -> Batch:
        """Takes several decisions and opinions back. Raises as `Review.undo_many` does."""
        opinions = {-seq for seq in seqs if seq < 0}
        decisions = [seq for seq in seqs if seq > 0]
        taken = self._withdraw([one for one in self._given if one.opinion_id in opinions]) if opinions else Batch()
        rest = super().undo_many(decisions) if decisions else Batch()
        return Batch(taken.outcomes + rest.outcomes, taken.refused + rest.refused)

    def _withdraw(self, given: Sequence[_Given]) -> Batch:
        outcomes: list[Outcome] = []
        refused: list[Refusal] = []
        with self._db.write(durable=True) as conn:
            for one in given:
                first = decision_rows.last_standing(conn, one.comment_id)
                if first is None or not quality_rows.take_back(conn, one.opinion_id):
                    why = "That decision was taken back already."
                    refused.append(Refusal(one.comment_id, why, -one.opinion_id))
                    continue
                undone = self._as_if(first, one.opinion_id, self._clock(), Action.UNDO)
                before = self._judged.get(one.comment_id, Status.PENDING)
                undone = replace(undone, previous_status=before, new_status=Status.PENDING)
                outcomes.append(Outcome(undone, Status.PENDING))
        for one in given:
            self._judged.pop(one.comment_id, None)
            self._given.remove(one)
        return Batch(tuple(outcomes), tuple(refused))


def _in_turn(numbers: Sequence[int], offers: dict[int, Offer], before: Collection[int]) -> list[int]:
    """Offers in the order in which they are taken: those that were shown before, then a golden one after every four."""
    drawn = deque(number for number in numbers if number not in before and offers[number].decision_seq is not None)
    golden = deque(number for number in numbers if number not in before and offers[number].decision_seq is None)
    turns = [number for number in numbers if number in before]
    while drawn or golden:
        for_golden = golden and (not drawn or len(turns) % _GOLDEN_EVERY == _GOLDEN_EVERY - 1)
        turns.append((golden if for_golden else drawn).popleft())
    return turns


def _mixed(ids: array[int], places: Sequence[tuple[int, int]]) -> array[int]:
    """A list with others put in where they belong, a few places on where they'd stand side by side."""
    mixed, at, least = array("q"), 0, 0
    for place, number in places:
        to = min(max(place, least), len(ids))
        mixed += ids[at:to]
        mixed.append(number)
        at, least = to, to + _APART
    return mixed + ids[at:]
