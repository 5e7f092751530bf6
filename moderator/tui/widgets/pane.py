"""Panes and lines: widgets that lay out their own text, so that another comment never makes the screen lay out anew."""

from __future__ import annotations

from rich.style import Style as RichStyle
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from moderator.tui.widgets.cells import lay


class Pane(Widget):
    """A column of wrapped text that scrolls without scrollbars. Subclasses compose the lines."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._lines: list[Strip] = []
        self._laid_width = -1
        self._top = 0

    def compose_lines(self, width: int) -> list[Strip]:
        """All lines of the pane.

        Args:
            width: Cells to fill, exactly.
        """
        raise NotImplementedError

    def redraw(self, *, from_top: bool = False) -> None:
        """Lays out anew."""
        self._laid_width = -1
        if from_top:
            self._top = 0
        self.refresh()

    def scroll_lines(self, count: int) -> None:
        """Reads on, or back with a negative count."""
        top = max(0, min(self._top + count, len(self._lines) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the viewport; the last one says how much is below."""
        width, height = self.size
        if self._laid_width != width:
            self._lines = self.compose_lines(width)
            self._laid_width = width
            self._top = max(0, min(self._top, len(self._lines) - height))
        below = len(self._lines) - self._top - height
        if below > 0 and y == height - 1:
            return self.draw_more(below + 1, width)
        at = self._top + y
        return self._lines[at] if at < len(self._lines) else Strip.blank(width, self.rich_style)

    def draw_more(self, below: int, width: int) -> Strip:
        """The line that says how many lines are below."""
        return lay([(f"▼ {below} more lines", self.rich_style)], width, self.rich_style)

    def wrapped(self, content: Content, width: int, *, first: Content | None = None, indent: int = 0) -> list[Strip]:
        """Text wrapped to the pane's width.

        Args:
            content: Text with styles.
            width: Cells of the pane.
            first: What stands in the indent of the first line.
            indent: Cells left free in front of every line.
        """
        lines: list[Strip] = []
        rest = self.rich_style
        base = self.visual_style
        for at, line in enumerate(content.wrap(max(width - indent, 1))):
            lead = first if at == 0 and first is not None else Content(" " * indent)
            segments = [*lead.truncate(indent, pad=True).render_segments(base), *line.render_segments(base)]
            strip = Strip(segments)
            lines.append(strip.adjust_cell_length(width, rest))
        return lines

    def blank(self, width: int) -> Strip:
        """An empty line."""
        return Strip.blank(width, self.rich_style)

    def look(self, name: str) -> Style:
        """A component style, to lay over the pane's own in a `Content`."""
        return self.get_visual_style(name, partial=True)

    def style(self, *names: str) -> RichStyle:
        """A component style, ready for a segment."""
        return self.get_component_rich_style(*names)

    def notify_style_update(self) -> None:
        """Another theme: every line has other colours now."""
        super().notify_style_update()
        self._laid_width = -1

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel reads on."""
        event.stop()
        self.scroll_lines(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel reads back."""
        event.stop()
        self.scroll_lines(-2)
