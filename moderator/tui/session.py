"""What the moderator is doing, as plain state: where the cursor is, what is on its way, what is being typed.

Nothing here knows a widget, a thread or a database, so all of it can be tested as values. The review screen asks it
what a key means, draws what it says, and tells it what became of the decisions it sent off.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum, auto
from itertools import islice

from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.tui.handling import Handling
from moderator.tui.listing import Move

_ORDERS = tuple(Order)
_MOST_KEPT = 20


class Mode(Enum):
    """What the next key is for."""

    BROWSE = auto()
    REASON = auto()
    NOTE = auto()
    FILTER = auto()
    JUMP = auto()
    QUEUES = auto()
    CONFIRM = auto()


class Session(Handling):
    """One moderator's sitting over one queue.

    Attributes:
        query: What is shown, in which order.
        masked: Whether severe words are masked until asked for, as decisions keep it.
        mode: What the next key is for.
        note: A note waiting for the next decision.
        pending: Decisions sent off and not yet answered, by comment.
        failures: Why a decision came back, as a sentence, by comment.
        skipped: Comments passed over on purpose.
        last: The last decision and its reason: what repeating means.
        kept: Decisions that couldn't be taken back: undo passes over them from now on.
        before: The queue from which copies were looked at, to go back to.
        decided: Decisions saved in this sitting and not undone.
    """

    def __init__(self, query: QueueQuery, *, masked: bool | None = None) -> None:
        super().__init__()
        self.query = query
        self.masked = masked
        self.mode = Mode.BROWSE
        self.note: str | None = None
        self.pending: dict[int, Intent] = {}
        self.failures: dict[int, str] = {}
        self.skipped: set[int] = set()
        self.last: tuple[Action, str | None] | None = None
        self.kept: set[int] = set()
        self.before: QueueQuery | None = None
        self.decided = 0
        self._opened_s = 0.0

    # Moving ------------------------------------------------------------------------------------------------------

    def move_to(self, index: int, now_s: float) -> Move | None:
        """Puts the cursor on a row, clamped to the list. Returns `None` where it's there already."""
        target = max(0, min(index, len(self.ids) - 1))
        if target == self.cursor or not self.ids:
            return None
        move, self.cursor = Move(self.cursor, target), target
        self.arrive(now_s)
        return move

    def arrive(self, now_s: float) -> None:
        """Starts the clock for the comment under the cursor and masks again what was shown."""
        if self.mode is Mode.REASON:
            self.mode = Mode.BROWSE
        self.showing = False
        self._opened_s = now_s

    def advance(self, now_s: float) -> Move | None:
        """Goes on to the next waiting comment; at the end back to the first one that was left."""
        at = self.next_open()
        return None if at is None else self.move_to(at, now_s)

    def skip(self, now_s: float) -> Move | None:
        """Leaves the comment undecided and goes on."""
        if self.current is not None and self.current not in self.closed:
            self.skipped.add(self.current)
        return self.advance(now_s) if self.cursor + 1 < len(self.ids) else None

    # Deciding ----------------------------------------------------------------------------------------------------

    def decide(self, action: Action, revision: int, now_s: float, reason: str | None = None) -> Intent | None:
        """Takes a decision on the comment under the cursor and remembers that it's on its way.

        Args:
            action: What was decided.
            revision: The revision that is on screen.
            now_s: Monotonic seconds.
            reason: Reason code, for a rejection.

        Returns:
            What to send to the service, or `None` where there's nothing to decide: an empty queue, or a comment that
            is decided already.
        """
        comment_id = self.current
        if comment_id is None or comment_id in self.closed:
            return None
        intent = Intent(
            comment_id=comment_id,
            revision=revision,
            action=action,
            reason_code=reason,
            note=self.note,
            seconds_open=round(max(now_s - self._opened_s, 0.0), 3),
            revealed=comment_id in self.revealed,
            masked=self.masked,
        )
        self.note = None
        return self._sent(intent)

    def decide_many(
        self, action: Action, revisions: Mapping[int, int | None], reason: str | None, batch_id: str
    ) -> list[Intent]:
        """Takes one decision on several comments, those of them that still wait, and unmarks everything.

        Args:
            action: What was decided.
            revisions: The comments, each with the revision that was shown or scored, `None` where neither.
            reason: Reason code, for a rejection.
            batch_id: The same for all.
        """
        one = Intent(comment_id=0, revision=None, action=action, reason_code=reason, note=self.note, batch_id=batch_id)
        intents = [
            self._sent(replace(one, comment_id=comment_id, revision=revision, revealed=comment_id in self.revealed))
            for comment_id, revision in revisions.items()
            if comment_id not in self.closed
        ]
        self.marks.clear()
        self.note = None
        return intents

    def _sent(self, intent: Intent) -> Intent:
        """One decision on its way."""
        self.pending[intent.comment_id] = intent
        self.closed.add(intent.comment_id)
        self.failures.pop(intent.comment_id, None)
        self.skipped.discard(intent.comment_id)
        self.last = (intent.action, intent.reason_code)
        self.mode = Mode.BROWSE
        return intent

    def saved(self, comment_id: int) -> None:
        """A decision is in the database."""
        self.pending.pop(comment_id, None)
        self.decided += 1

    def failed(self, comment_id: int, why: str) -> None:
        """A decision was refused: the comment is back, with the reason. Its note isn't lost."""
        intent = self.pending.pop(comment_id, None)
        self.closed.discard(comment_id)
        self.failures[comment_id] = why
        if intent is not None and intent.note and self.note is None:
            self.note = intent.note

    def undone(self, comment_id: int, status: Status, now_s: float) -> Move | None:
        """A decision was taken back: the cursor returns to its comment, which is listed again if it had left."""
        self.decided = max(self.decided - 1, 0)
        self.failures.pop(comment_id, None)
        self.note_status(comment_id, status)
        at = self.index_of(comment_id)
        if at is None:
            self.ids.insert(self.cursor, comment_id)
            self.arrive(now_s)
            return Move(self.cursor, self.cursor)
        return self.move_to(at, now_s)

    def undone_many(self, stands: Mapping[int, Status], now_s: float) -> Move | None:
        """Decisions were taken back: the cursor goes to the first of their comments, if that's still listed."""
        self.decided = max(self.decided - len(stands), 0)
        for comment_id, status in stands.items():
            self.failures.pop(comment_id, None)
            self.note_status(comment_id, status)
        at = self.index_of(next(iter(stands))) if stands else None
        return None if at is None else self.move_to(at, now_s)

    def note_status(self, comment_id: int, status: Status) -> None:
        """Takes over what the database says of a comment, unless a decision of ours is still on its way there."""
        if comment_id in self.pending:
            return
        if status in self.query.statuses:
            self.closed.discard(comment_id)
        else:
            self.closed.add(comment_id)

    # The list ----------------------------------------------------------------------------------------------------

    def ask(self, query: QueueQuery) -> None:
        """Starts over with another filter or order."""
        self.query = query
        self.ids = array("q")
        self.cursor = 0
        self.complete = False
        self.closed = set(self.pending)
        self.failures.clear()
        self.skipped.clear()
        self.marks.clear()
        self.mode = Mode.BROWSE

    def next_order(self) -> QueueQuery:
        """The same filter in the next order."""
        at = _ORDERS.index(self.query.order)
        return replace(self.query, order=_ORDERS[(at + 1) % len(_ORDERS)])

    def take_list(self, ids: Iterable[int], now_s: float, *, complete: bool) -> Move | None:
        """Takes over a fresh list, `complete` or its first page; the cursor stays on its comment: see `replace`."""
        before = self.current
        came_back = [(at, one) for one in islice(self.failures, _MOST_KEPT) if (at := self.index_of(one)) is not None]
        move = self.replace(ids)
        # A decision that came back stays on the list, however its comment stands now: its row says what happened.
        left = sorted((at, one) for at, one in came_back if self.index_of(one) is None)
        for at, comment_id in left:
            self.insert(at, comment_id)
        self.complete = complete
        # The list was read after every decision that was answered, so it can only still hold those on their way.
        self.closed = {*self.pending, *(comment_id for _, comment_id in left)}
        if self.current != before:
            self.arrive(now_s)
        return None if move is None else replace(move, after=self.cursor)
