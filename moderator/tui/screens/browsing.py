"""Moving through the queue and looking closer at a comment."""

from __future__ import annotations

from moderator.tui import messages as told
from moderator.tui.screens.settings_screen import SettingsScreen
from moderator.tui.session import Mode


class BrowsingScreen(SettingsScreen):
    """The desk with the keys that change nothing."""

    def leave_reasons(self) -> None:
        """No longer asks why a comment is rejected, or which queue is meant; a number that was typed is forgotten."""
        self.desk.session.take_times()
        if self.desk.session.mode in {Mode.REASON, Mode.QUEUES}:
            self.desk.session.mode = Mode.BROWSE
            self.draw_here()

    def move_to(self, index: int) -> None:
        """Puts the cursor on a row."""
        self.leave_reasons()
        self.draw_move(self.desk.move_to(index))

    def on_row_picked(self, message: told.RowPicked) -> None:
        """A row was clicked."""
        self.move_to(message.index)

    def action_next(self) -> None:
        """The next comment."""
        self.move_to(self.desk.session.cursor + (self.desk.session.take_times() or 1))

    def action_previous(self) -> None:
        """The one before."""
        self.move_to(self.desk.session.cursor - (self.desk.session.take_times() or 1))

    def action_page_down(self) -> None:
        """A screenful on."""
        self.move_to(self.desk.session.cursor + self.queue.rows_per_page * (self.desk.session.take_times() or 1))

    def action_page_up(self) -> None:
        """A screenful back."""
        self.move_to(self.desk.session.cursor - self.queue.rows_per_page * (self.desk.session.take_times() or 1))

    def action_first(self) -> None:
        """The first comment, or the one at the place that was typed."""
        self.move_to((self.desk.session.take_times() or 1) - 1)

    def action_last(self) -> None:
        """The last one, or the one at the place that was typed."""
        self.move_to((self.desk.session.take_times() or len(self.desk.session.ids)) - 1)

    def action_scroll_down(self) -> None:
        """Reads on in a long comment, and in its scores."""
        for pane in (self.comment, self.scores):
            pane.scroll_lines(max(pane.size.height - 2, 1))

    def action_scroll_up(self) -> None:
        """Reads back."""
        for pane in (self.comment, self.scores):
            pane.scroll_lines(-max(pane.size.height - 2, 1))

    def action_reveal(self) -> None:
        """Shows or masks severe words."""
        self.desk.session.take_times()
        card = self.desk.card
        if card is None or not (card.has_masked or card.masks_around):
            self.say(((" No words are masked here.", "muted"),))
            return
        self.desk.session.toggle_reveal()
        self.queue.redraw_row(self.queue.cursor)
        self.draw_here()

    def action_thread(self) -> None:
        """Unfolds or folds parent and replies."""
        self.desk.session.take_times()
        self.desk.session.thread_open = not self.desk.session.thread_open
        self.draw_here()

    def action_author(self) -> None:
        """Unfolds or folds the author's latest comments."""
        self.desk.session.take_times()
        self.desk.session.author_open = not self.desk.session.author_open
        self.draw_here()
