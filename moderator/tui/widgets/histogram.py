"""How many comments have which score, as bars over 0 to 1, with the two handles of a band beneath."""

from __future__ import annotations

import math
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.strip import Strip

from moderator.tui.band import STEPS, Band
from moderator.tui.batch_messages import ScorePicked
from moderator.tui.widgets.cells import lay
from moderator.tui.widgets.painted import Painted
from moderator.tui.wording import number

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SIDE = 7
"""Cells left of the bars, for the highest count."""


class Histogram(Painted):
    """Bars whose heights grow with the logarithm: what is rare is seen beside what is common."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"band--inside", "band--outside", "band--handle", "band--muted"}

    def __init__(self, band: Band, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._band = band

    def paint_line(self, y: int, width: int) -> Strip:
        """Bars from the top, then the axis, then the handles."""
        room = max(width - _SIDE - 1, 1)
        height = max(self.size.height - 3, 1)
        muted = self.style("band--muted")
        if self._band.scored is None:
            return lay([("  reading scores…" if y == 0 else "", muted)], width, self.base)
        counts = self._band.scored.histogram(room)
        if y < height:
            side = number(max(counts)) if y == 0 else ""
            return lay([(f"{side:>{_SIDE - 1}} ", muted), *self._bars(counts, height - y, height)], width, self.base)
        if y == height:
            axis = "".join("┴" if at % max(room // 10, 1) == 0 else "─" for at in range(room))
            return lay([(" " * _SIDE, muted), (axis, muted)], width, self.base)
        return self._handles(room, width) if y == height + 1 else self._numbers(room, width)

    def _bars(self, counts: list[int], level: int, height: int) -> list[tuple[str, Style]]:
        """One line of the bars: full blocks inside the band, a lighter shade outside, so that no colour is needed."""
        tallest = math.log1p(max(counts)) or 1.0
        parts: list[tuple[str, Style]] = []
        for at, count in enumerate(counts):
            eighths = round(math.log1p(count) / tallest * height * 8)
            if count and not eighths:
                eighths = 1
            fill = max(0, min(eighths - (level - 1) * 8, 8))
            inside = self._inside(at, len(counts))
            glyph = _EIGHTHS[fill] if inside or not fill else "░"
            parts.append((glyph, self.style("band--inside" if inside else "band--outside")))
        return parts

    def _inside(self, at: int, room: int) -> bool:
        return self._band.low / STEPS <= (at + 0.5) / room < self._band.high / STEPS

    def _handles(self, room: int, width: int) -> Strip:
        low, high = self._cell(self._band.low, room), self._cell(self._band.high, room)
        line = [" "] * room
        line[low : high + 1] = "━" * (high + 1 - low)
        line[low], line[high] = ("▲", "△") if not self._band.at_high else ("△", "▲")
        return lay([(" " * _SIDE, self.base), ("".join(line), self.style("band--handle"))], width, self.base)

    def _numbers(self, room: int, width: int) -> Strip:
        low, high = f"{self._band.low / STEPS:.2f}", f"{self._band.high / STEPS:.2f}"
        start = max(min(self._cell(self._band.low, room) - 1, room - 10), 0)
        gap = max(self._cell(self._band.high, room) - 2 - start - len(low), 1)
        said = f"{' ' * start}{low}{' ' * min(gap, max(room - start - 8, 1))}{high}"
        return lay([(" " * _SIDE, self.base), (said, self.style("band--handle"))], width, self.base)

    def _cell(self, step: int, room: int) -> int:
        return min(step * room // STEPS, room - 1)

    def on_click(self, event: events.Click) -> None:
        """A click takes the nearer handle there."""
        room = max(self.size.width - _SIDE - 1, 1)
        if event.x >= _SIDE:
            self.post_message(ScorePicked(min((event.x - _SIDE) / room, 1.0)))
