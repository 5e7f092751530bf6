"""Several comments at once: marks, ranges, numbers before a key, and everything that says the same."""

from __future__ import annotations

from dataclasses import replace

from moderator.domain.queue import QueueQuery
from moderator.tui import batch_messages as many
from moderator.tui import captions
from moderator.tui import messages as told
from moderator.tui.listing import Move
from moderator.tui.marks import MOST_AT_ONCE
from moderator.tui.screens.naming import NamingScreen


class MarkingScreen(NamingScreen):
    """The desk with the keys that gather comments before one decision is made on all of them."""

    _mark_when_read: QueueQuery | None = None

    def action_digit(self, digit: int) -> None:
        """A digit of a number before a key."""
        self.desk.session.type_digit(digit)
        self.say(captions.times(self.desk.session.times))

    def action_mark(self) -> None:
        """Marks or unmarks the comment under the cursor; after a number, so many from here on."""
        session = self.desk.session
        times = session.take_times()
        if times > 1:
            session.mark_stretch(session.cursor, session.cursor + times - 1)
            self._marked(self.desk.move_to(session.cursor + times))
            return
        session.toggle_mark()
        self._marked(None)

    def action_mark_range(self) -> None:
        """Marks from the comment that was marked last to this one."""
        session = self.desk.session
        start = None if session.marks.anchor is None else session.index_of(session.marks.anchor)
        session.mark_stretch(session.cursor if start is None else start, session.cursor)
        self._marked(None)

    def action_mark_all(self) -> None:
        """Marks everything listed that waits; unmarks everything where anything is marked."""
        if self.desk.session.marks:
            self.desk.session.marks.clear()
        else:
            self._mark_everything()
        self._marked(None)

    def _mark_everything(self) -> None:
        session = self.desk.session
        session.mark_stretch(0, len(session.ids) - 1)
        if len(session.marks) == MOST_AT_ONCE:
            self.say(((f" At most {MOST_AT_ONCE:,} comments can be marked: a filter narrows the queue.", "text"),))

    def _marked(self, move: Move | None) -> None:
        """Draws marks: they may be anywhere on the screen."""
        self.queue.refresh()
        self.say(captions.marked(self.desk, self.keymap))
        self.draw_move(move)

    def unmark(self) -> bool:
        """Gives up the marks. Returns whether there were any."""
        had = bool(self.desk.session.marks)
        self.desk.session.marks.clear()
        if had:
            self._marked(None)
        return had

    # Copies ------------------------------------------------------------------------------------------------------

    def action_copies(self) -> None:
        """Lists what says nearly the same as this comment, all of it marked; again, and the queue is back."""
        session = self.desk.session
        if session.query.like is not None:
            self.go_back()
            return
        if session.current is None:
            return
        known = self.desk.known.copies(session.current)
        if known is not None and not known.ids:
            self.say(((" Nothing else says nearly the same.", "muted"),))
            return
        session.before = session.query
        query = replace(QueueQuery(order=session.query.order), like=session.current)
        self._mark_when_read = query
        self.ask(query)

    def go_back(self) -> bool:
        """Back from the copies to the queue before. Returns whether there was one."""
        before, self.desk.session.before = self.desk.session.before, None
        if before is not None:
            self.ask(before)
        return before is not None

    def on_list_loaded(self, message: told.ListLoaded) -> None:
        """The whole queue; copies are marked as soon as they're all there."""
        super().on_list_loaded(message)
        if self._mark_when_read is not None and message.query == self._mark_when_read == self.desk.session.query:
            self._mark_when_read = None
            self._mark_everything()
            self._marked(None)

    def on_copies_loaded(self, message: many.CopiesLoaded) -> None:
        """How many say the same as the comment under the cursor."""
        if self.desk.take_copies(message.comment_id, message.copies):
            self.draw_here()
