"""Panes: columns of text that lay themselves out, so that another comment never makes the screen lay out anew."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from moderator.tui.widgets.cells import lay
from moderator.tui.widgets.painted import Painted
from moderator.tui.wording import plural


class Pane(Painted):
    """A column of wrapped text that scrolls without scrollbars. Subclasses compose the lines."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._lines: list[Strip] | None = None
        self._shown: list[Strip] = []
        self._laid_width = 0
        self._top = 0

    def compose_lines(self, width: int) -> list[Strip]:
        """All lines of the pane.

        Args:
            width: Cells to fill, exactly.
        """
        raise NotImplementedError

    def draw_more(self, below: int, width: int) -> Strip:
        """The line that says how many lines are below, and how to get there."""
        return lay([(f"▼ {plural(below, 'more line')} · J reads on", self.base)], width, self.base)

    def redraw(self, *, from_top: bool = False) -> None:
        """Lays out anew, and has those lines painted that changed."""
        self._lines = None
        if from_top:
            self._top = 0
        self._paint_changes()

    def scroll_lines(self, count: int) -> None:
        """Reads on, or back with a negative count."""
        self._top += count
        self._paint_changes()

    def paint_line(self, y: int, width: int) -> Strip:
        """One line of the viewport."""
        if self._lines is None or len(self._shown) != self.outer_size.height:
            self._lay_out()
        return self._shown[y] if y < len(self._shown) else self.blank(width)

    def _paint_changes(self) -> None:
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        """Puts the visible part together: margins, lines, and the line that says what is below."""
        width, height = self.outer_size
        margin = self.styles.padding
        inner = max(width - margin.width, 1)
        if self._lines is None:
            self._lines = self.compose_lines(inner)
            self._laid_width = width
        room = max(height - margin.height, 0)
        self._top = max(0, min(self._top, len(self._lines) - room))
        lines = self._lines[self._top : self._top + room]
        below = len(self._lines) - self._top - room
        if below > 0:
            lines[-1:] = [self.draw_more(below + 1, inner)]
        left, right = self.blank(margin.left), self.blank(margin.right)
        empty = self.blank(width)
        framed = [Strip.join([left, line, right]) if margin.width else line for line in lines]
        shown = [*([empty] * margin.top), *framed]
        self._shown = [*shown, *([empty] * (height - len(shown)))][:height]

    def wrapped(self, content: Content, width: int, *, first: Content | None = None, indent: int = 0) -> list[Strip]:
        """Text wrapped to the pane's width.

        Args:
            content: Text with styles.
            width: Cells of the pane.
            first: What stands in the indent of the first line.
            indent: Cells left free in front of every line.
        """
        lines: list[Strip] = []
        base = self.visual_style
        for at, line in enumerate(content.wrap(max(width - indent, 1))):
            lead = first if at == 0 and first is not None else Content(" " * indent)
            segments = line.render_segments(base)
            if indent:
                segments = [*lead.truncate(indent, pad=True).render_segments(base), *segments]
            lines.append(Strip(segments).adjust_cell_length(width, self.base))
        return lines

    def look(self, name: str) -> Style:
        """A component style, to lay over the pane's own in a `Content`."""
        return self.get_visual_style(name, partial=True)

    def notify_style_update(self) -> None:
        """Another theme: every line has other colours now."""
        super().notify_style_update()
        self._lines = None

    def on_resize(self) -> None:
        """Another width breaks lines elsewhere; another height only shows more or fewer of them."""
        if self.outer_size.width != self._laid_width:
            self._lines = None
        self._shown = []

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel reads on."""
        event.stop()
        self.scroll_lines(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel reads back."""
        event.stop()
        self.scroll_lines(-2)
