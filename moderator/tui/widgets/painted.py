"""Widgets that paint finished lines: styles are looked up once, and a line that stays the same costs nothing."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Painted(Widget):
    """Paints its own lines, over its whole width, and keeps what the style sheet said.

    Textual's way to a widget's line goes through borders, padding, opacity and titles, for each line and each time.
    These widgets have none of them, and a key redraws many lines.
    """

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._inks: dict[str, Style] = {}
        self._paper: Color | None = None

    def paint_line(self, y: int, width: int) -> Strip:
        """One line of the viewport.

        Args:
            y: Which, from 0.
            width: Cells to fill, exactly.
        """
        raise NotImplementedError

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the viewport, as the compositor asks for them."""
        width, whole = self.paint_width, self.outer_size.width
        if self._paper is None:
            self._paper = self.background_colors[1]
        strips = [self.paint_line(y, width) for y in crop.line_range]
        # Textual leaves open what the app returns.
        for line_filter in self.app.get_line_filters():  # pyright: ignore[reportUnknownMemberType]
            strips = [strip.apply_filter(line_filter, self._paper) for strip in strips]
        if width < whole:
            strips = [strip.extend_cell_length(whole, self.base) for strip in strips]
        if crop.column_span != (0, whole):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line of the viewport, for whoever asks for single lines."""
        return self.paint_line(y, self.paint_width)

    @property
    def paint_width(self) -> int:
        """Cells that lines may fill; what is beyond belongs to a scrollbar."""
        return self.outer_size.width

    @property
    def base(self) -> Style:
        """The widget's own colours."""
        return self.style("")

    def style(self, name: str) -> Style:
        """A component style, ready for a segment."""
        ink = self._inks.get(name)
        if ink is None:
            ink = self._inks[name] = self.get_component_rich_style(name) if name else self.rich_style
        return ink

    def over(self, name: str) -> Style:
        """The background alone of a component style, to lay over any other."""
        return Style(bgcolor=self.style(name).bgcolor)

    def blank(self, width: int) -> Strip:
        """An empty line."""
        return Strip.blank(width, self.base)

    def notify_style_update(self) -> None:
        """Another theme: every line has other colours now."""
        super().notify_style_update()
        self._inks.clear()
        self._paper = None
