"""A mode that is a list with a cursor: the keys that move it."""

from __future__ import annotations

from moderator.tui import messages as told
from moderator.tui.screens.mode_screen import ModeScreen
from moderator.tui.widgets.virtual_rows import VirtualRows

MOVES = ("next", "previous", "page_down", "page_up", "first", "last")
"""Their names in the keymap."""


class ListingScreen(ModeScreen):
    """A mode with a cursor. Subclasses say which list it is in, and what happens when it moves."""

    @property
    def rows(self) -> VirtualRows:
        """The list."""
        raise NotImplementedError

    def go_to(self, index: int) -> None:
        """Puts the cursor on a row, clamped to the list."""
        raise NotImplementedError

    def on_row_picked(self, message: told.RowPicked) -> None:
        """A row was clicked."""
        self.go_to(message.index)

    def action_next(self) -> None:
        """One down."""
        self.go_to(self.rows.cursor + 1)

    def action_previous(self) -> None:
        """One up."""
        self.go_to(self.rows.cursor - 1)

    def action_page_down(self) -> None:
        """A screenful down."""
        self.go_to(self.rows.cursor + self.rows.rows_per_page)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.go_to(self.rows.cursor - self.rows.rows_per_page)

    def action_first(self) -> None:
        """The first row."""
        self.go_to(0)

    def action_last(self) -> None:
        """The last one."""
        self.go_to(self.rows.count - 1)
