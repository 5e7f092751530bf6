"""What a review screen works with: where the moderator is, what they decide, and what became of it.

It knows no widget. The screen tells it what happened and asks it what to draw.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from moderator.domain.decision import Action, Batch, Intent, Outcome, Refusal
from moderator.tui.batch_messages import ManyUndone
from moderator.tui.desk_state import DeskState
from moderator.tui.listing import Move
from moderator.tui.messages import DecisionFailed, Undone

_MOST_REREAD = 200


class Desk(DeskState):
    """One moderator's desk: where they are, what is known, what is under way.

    Attributes:
        undoing: Undos that aren't answered yet. Until they are, the comment under the cursor isn't the one that the
            next decision is meant for.
    """

    undoing = 0

    # Moving ------------------------------------------------------------------------------------------------------

    def move_to(self, index: int) -> Move | None:
        """Puts the cursor on a row."""
        return self._went(self.session.move_to(index, self._clock()))

    def skip(self) -> Move | None:
        """Leaves the comment undecided and goes on."""
        return self._went(self.session.skip(self._clock()))

    # Deciding ----------------------------------------------------------------------------------------------------

    def decide(self, action: Action, reason: str | None = None) -> tuple[Intent, Move | None] | None:
        """Sends a decision off and goes on to the next comment. `None` where there's nothing to decide."""
        shown = self.card.row if self.card is not None else self.row
        if shown is None:
            return None
        intent = self.session.decide(action, shown.revision, self._clock(), reason)
        if intent is None:
            return None
        self._leases.decided(intent.comment_id)
        self._errands.decide(intent)
        return intent, self._went(self.session.advance(self._clock()))

    def decide_marked(self, action: Action, reason: str | None = None) -> int:
        """Sends one decision off for all marked comments, as one act. Returns how many still waited."""
        shown = {comment_id: self._shown_revision(comment_id) for comment_id in self.session.marks}
        return self.decide_these(action, shown, reason)

    def decide_these(self, action: Action, revisions: Mapping[int, int | None], reason: str | None = None) -> int:
        """Sends one decision off for several comments, as one act.

        Args:
            action: What was decided.
            revisions: The comments, each with the revision that was shown or scored, `None` where neither.
            reason: Reason code, for a rejection.

        Returns:
            How many of them still waited.
        """
        intents = self.session.decide_many(action, revisions, reason, str(uuid.uuid4()))
        for intent in intents:
            self._leases.decided(intent.comment_id)
        self._errands.decide_many(intents)
        return len(intents)

    def advance(self) -> Move | None:
        """Goes on to the next comment that waits, unless the one under the cursor does."""
        current = self.session.current
        if current is not None and self.session.is_open(current):
            return None
        return self._went(self.session.advance(self._clock()))

    def _shown_revision(self, comment_id: int) -> int | None:
        row = self.known.row(comment_id)
        return None if row is None else row.revision

    def many_decided(self, batch: Batch) -> None:
        """A part of an act is durable; what was refused is back, with the reason."""
        for outcome in batch.outcomes:
            self._stands(outcome)
        for refusal in batch.refused:
            self.session.failed(refusal.comment_id, refusal.why)
            self.known.forget_card(refusal.comment_id)
        self._errands.read_rows([refusal.comment_id for refusal in batch.refused[:_MOST_REREAD]])

    def _stands(self, outcome: Outcome) -> None:
        decision = outcome.decision
        self.session.saved(decision.comment_id)
        self.known.count(decision.previous_status, outcome.status)
        self.known.set_status(decision.comment_id, outcome.status)
        self.session.note_status(decision.comment_id, outcome.status)

    def saved(self, outcome: Outcome) -> int | None:
        """A decision is durable. Returns the index of its row."""
        self._stands(outcome)
        return self.session.index_of(outcome.decision.comment_id)

    def failed(self, message: DecisionFailed) -> int | None:
        """A decision came back. Returns the index of its row."""
        comment_id = message.intent.comment_id
        self.session.failed(comment_id, message.problem.text)
        self.known.forget_card(comment_id)
        self._errands.read_rows([comment_id])
        return self.session.index_of(comment_id)

    def undo(self) -> None:
        """Takes back the last act: a decision, or all that were taken together."""
        self._freshness.touch(self._clock())
        self.undoing += 1
        self._errands.undo_latest(frozenset(self.session.kept))

    def undo_answered(self) -> None:
        """An undo was answered, whichever way."""
        self.undoing = max(self.undoing - 1, 0)

    def many_undone(self, message: ManyUndone) -> Move | None:
        """A part of an act was taken back: the cursor goes to the first of it that is listed, the list follows."""
        self.known.take_rows(message.rows)
        for outcome in message.batch.outcomes:
            decision = outcome.decision
            self.known.forget_card(decision.comment_id)
            self.known.count(decision.previous_status, outcome.status)
        for refusal in message.batch.refused:
            self.keep(refusal)
        stands = {outcome.decision.comment_id: outcome.status for outcome in message.batch.outcomes}
        # Finding each in a list of a million would hold up the next key.
        self._freshness.spoil(self._clock())
        return self._went(self.session.undone_many(stands, self._clock()))

    def keep(self, refusal: Refusal | None) -> int | None:
        """A decision can't be taken back: its row says why. Returns the row's index."""
        if refusal is None or refusal.seq is None:
            return None
        self.session.kept.add(refusal.seq)
        self.session.failures[refusal.comment_id] = refusal.why
        self._errands.read_rows([refusal.comment_id])
        return self.session.index_of(refusal.comment_id)

    def undone(self, message: Undone) -> Move | None:
        """A decision was taken back."""
        if message.outcome is None:
            return None
        decision = message.outcome.decision
        if message.row is not None:
            self.known.take_rows([message.row])
        self.known.forget_card(decision.comment_id)
        self.known.count(decision.previous_status, message.outcome.status)
        return self._went(self.session.undone(decision.comment_id, message.outcome.status, self._clock()))
