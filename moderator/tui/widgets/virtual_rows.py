"""A list that draws only what is on screen: a million rows cost what forty do."""

from __future__ import annotations

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from moderator.tui.listing import Move
from moderator.tui.messages import RowPicked, RowsWanted
from moderator.tui.widgets.painted import Painted

_CONTEXT = 2
"""Rows kept in sight beyond the cursor, where the list is tall enough."""


class VirtualRows(Painted, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of one height, drawn on demand. Subclasses draw a row; a screen owns what is in them.

    Moving the cursor redraws two rows, never the list.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.row_height = 1
        self.cursor = 0
        self.count = 0
        self._wanted: tuple[int, int] | None = None

    def draw_row(self, index: int, part: int, width: int) -> Strip:
        """One line of one row.

        Args:
            index: Which row.
            part: Which of its lines, from 0.
            width: Cells to fill, exactly.
        """
        raise NotImplementedError

    # What screens call -------------------------------------------------------------------------------------------

    def set_rows(self, count: int, move: Move | None) -> None:
        """Takes over a fresh list; the row under the cursor stays where it is on the screen.

        Args:
            count: Rows there are now.
            move: The cursor's way from its old index to its new one.
        """
        if count != self.count:
            self.count = count
            self._fit_size()
        if move is not None:
            shift = (move.after - move.before) * self.row_height
            self.cursor = move.after
            if shift:
                self.scroll_to(y=self.scroll_offset.y + shift, animate=False)
        self._keep_in_sight()
        self.refresh()

    def move_cursor(self, move: Move) -> None:
        """Moves the cursor and redraws the two rows concerned."""
        self.cursor = move.after
        self.redraw_row(move.before)
        self.redraw_row(move.after)
        self._keep_in_sight()

    def redraw_row(self, index: int) -> None:
        """Redraws one row, if it's on screen."""
        top = index * self.row_height - self.scroll_offset.y
        self.refresh(Region(0, top, self.size.width, self.row_height))

    def visible_range(self) -> tuple[int, int]:
        """First and last row on screen, both included; last is -1 in an empty list."""
        first = self.scroll_offset.y // self.row_height
        last = (self.scroll_offset.y + max(self.size.height, 1) - 1) // self.row_height
        return first, min(last, self.count - 1)

    @property
    def rows_per_page(self) -> int:
        """How far a page key goes: a screenful less one row to keep one's place."""
        return max(self.size.height // self.row_height - 1, 1)

    def want(self, index: int) -> None:
        """Called while drawing: this row isn't known yet. The screen is asked once for all of them."""
        if self._wanted is None:
            self._wanted = (index, index)
            self.call_next(self._ask)
        else:
            self._wanted = (min(self._wanted[0], index), max(self._wanted[1], index))

    # Drawing -----------------------------------------------------------------------------------------------------

    def paint_line(self, y: int, width: int) -> Strip:
        """One line of the viewport."""
        index, part = divmod(self.scroll_offset.y + y, self.row_height)
        return self.draw_row(index, part, width) if index < self.count else self.blank(width)

    @property
    def paint_width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

    def _fit_size(self) -> None:
        self.virtual_size = Size(0, self.count * self.row_height)

    def _keep_in_sight(self) -> None:
        height = self.size.height
        if height <= 0 or self.count == 0:
            return
        context = min(_CONTEXT * self.row_height, max((height - self.row_height) // 2, 0))
        top, offset = self.cursor * self.row_height, self.scroll_offset.y
        if top - context < offset:
            self.scroll_to(y=max(top - context, 0), animate=False)
        elif top + self.row_height + context > offset + height:
            self.scroll_to(y=top + self.row_height + context - height, animate=False)

    def _ask(self) -> None:
        if self._wanted is not None:
            first, last = self._wanted
            self._wanted = None
            self.post_message(RowsWanted(first, last))

    # Events ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Another size may mean another row height: nothing on screen is where it was."""
        self._fit_size()
        self._keep_in_sight()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click picks a row."""
        index = (self.scroll_offset.y + event.y) // self.row_height
        if 0 <= index < self.count:
            self.post_message(RowPicked(index))
