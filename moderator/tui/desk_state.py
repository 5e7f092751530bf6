"""What a review screen draws: the session, what was read so far, and the errands to read more.

It knows no widget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from moderator.domain.comment import Copies
from moderator.domain.queue import QueueQuery
from moderator.text.visible import Visible, visible_line
from moderator.tui.errands import Errands
from moderator.tui.freshness import Freshness
from moderator.tui.known import Known
from moderator.tui.leases import LeaseKeeper
from moderator.tui.listing import Move
from moderator.tui.messages import FirstPage, ListLoaded
from moderator.tui.name_question import NameQuestion
from moderator.tui.session import Mode, Session
from moderator.tui.views import CardView, RowView
from moderator.tui.widgets.queue_list import Line, RowState

_AHEAD = 2
_MOST_REREAD = 200


class DeskState:
    """Where a moderator is and what is known, kept true with what comes in."""

    def __init__(
        self,
        query: QueueQuery,
        errands: Errands,
        leases: LeaseKeeper,
        mask: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = Session(query, masked=mask)
        self.known = Known()
        self.names = NameQuestion()
        self._errands = errands
        self._leases = leases
        self._mask = mask
        self._clock = clock
        self._freshness = Freshness()

    # What to draw ------------------------------------------------------------------------------------------------

    @property
    def row(self) -> RowView | None:
        """The row under the cursor, as far as it's known."""
        return self.known.row(self.session.current)

    @property
    def card(self) -> CardView | None:
        """The whole comment under the cursor, if it's read already."""
        return self.known.card(self.session.current)

    def line_at(self, index: int) -> Line:
        """A row of the queue as it stands now."""
        session = self.session
        comment_id = session.ids[index]
        state, note = RowState.OPEN, None
        if comment_id in session.pending:
            state = RowState.SAVING
        elif comment_id in session.failures:
            state, note = RowState.FAILED, visible_line(session.failures[comment_id])
        elif comment_id in session.closed:
            state = RowState.CLOSED
        elif comment_id in session.skipped:
            state = RowState.SKIPPED
        shown = not self._mask or (session.showing and index == session.cursor)
        return Line(self.known.row(comment_id), state, note, comment_id in session.marks, shown)

    def settle(self) -> None:
        """Reads what is under the cursor and what comes next, and reserves it. For when the key was answered."""
        current = self.session.current
        if current is None:
            self._leases.rest_on(None)
            return
        if self.known.card(current) is None:
            self._errands.read_card(current)
        elif self.known.copies(current) is None and self.session.mode is Mode.BROWSE:
            self._errands.read_copies(current)
        for comment_id in self.session.open_after(_AHEAD):
            if self.known.card(comment_id) is None:
                self._errands.read_card(comment_id, ahead=True)
        self._leases.rest_on(current if self.session.is_open(current) else None)

    def read_rows(self, first: int, last: int) -> None:
        """Reads the rows of a stretch that aren't known yet."""
        self._errands.read_rows(self.known.rows.missing(self.session.ids, first, last))

    def _went(self, move: Move | None) -> Move | None:
        self._freshness.touch(self._clock())
        if move is not None:
            self.known.edited.clear()
        return move

    # What was read -----------------------------------------------------------------------------------------------

    def ask(self, query: QueueQuery) -> None:
        """Shows another filter or order, from its top."""
        self.session.ask(query)
        self._leases.rest_on(None)
        self._errands.open_queue(query)

    def take_first(self, message: FirstPage) -> Move | None:
        """The top of a queue. `None` for one nobody asks for any more."""
        if message.query != self.session.query or self.session.complete:
            return None
        self.take_rows(message.rows)
        if message.card is not None:
            self.take_card(message.card)
        move = self.session.take_list([row.id for row in message.rows], self._clock(), complete=False)
        return move or Move(0, 0)

    def take_list(self, message: ListLoaded) -> Move | None:
        """The whole list. `None` for one nobody asks for any more."""
        if message.query != self.session.query:
            return None
        self._freshness.was_read(self._clock(), message.took_s)
        move = self.session.take_list(message.ids, self._clock(), complete=True)
        return move or Move(0, 0)

    def take_rows(self, rows: Iterable[RowView]) -> None:
        """Rows as they stand now."""
        rows = list(rows)
        self.known.take_rows(rows)
        for row in rows:
            self.session.note_status(row.id, row.status)

    def take_card(self, card: CardView) -> bool:
        """A whole comment. Returns whether it's the one under the cursor."""
        here = card.row.id == self.session.current
        self.known.take_card(card, on_screen=here)
        self.session.note_status(card.row.id, card.row.status)
        return here

    def take_copies(self, comment_id: int, copies: Copies) -> bool:
        """What says nearly the same as a comment. Returns whether that's the one under the cursor."""
        self.known.take_copies(comment_id, copies)
        return comment_id == self.session.current

    def take_lease(self, comment_id: int, holder: Visible | None) -> None:
        """Whether a comment is ours to decide now."""
        self.known.take_holder(comment_id, holder)
        if holder is not None:
            self._leases.refused(comment_id)

    # Others ------------------------------------------------------------------------------------------------------

    def others_wrote(self, first: int, last: int) -> None:
        """Somebody else wrote: what is on screen is read again at once, the whole list when there's time for it."""
        current = self.session.current
        self.known.forget_cards_but(current)
        self._errands.read_rows(list(self.session.ids[first : last + 1]), key="refresh")
        if current is not None and current not in self.session.pending:
            self._errands.read_card(current)
            self._errands.read_copies(current)
        self._freshness.spoil(self._clock())

    def come_back(self, first: int, last: int) -> None:
        """Back from another screen: as if somebody else had written, and without waiting."""
        if self.session.ids:
            self.others_wrote(first, last)
            self._freshness.hurry()

    def tick(self) -> None:
        """Once a second: looks for news, and reads the list again if it's stale and the hands are still."""
        self._errands.poll()
        if self.session.mode is not Mode.REASON and self._freshness.is_due(self._clock()):
            self._errands.read_list(self.session.query)
