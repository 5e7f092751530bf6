"""Thresholds as sliders: a line per label with its two handles, and how many waiting comments reach each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from moderator.domain.score import Label
from moderator.tui.sliders import Handle, Sliders
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.virtual_rows import VirtualRows
from moderator.tui.wording import LABELS, number

_NAME, _VALUE, _COUNTS = 19, 6, 20


class ThresholdList(VirtualRows):
    """One row per label.

    Args:
        sliders: Where the thresholds stand; the screen moves them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tuning--muted",
        "tuning--cursor",
        "tuning--review",
        "tuning--priority",
        "tuning--track",
        "tuning--handle",
    }

    @dataclass(eq=False, repr=False)
    class Picked(Message):
        """A label was clicked, perhaps at a place on its line: 0..1, `None` beside the line."""

        index: int
        value: float | None

    def __init__(self, sliders: Sliders, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._sliders = sliders
        self._reached: dict[Label, tuple[int, int]] = {}

    def take(self, reached: dict[Label, tuple[int, int]]) -> None:
        """How many comments reach each label's thresholds: `review`, and `priority`."""
        self._reached = reached
        self.refresh()

    def draw_row(self, index: int, part: int, width: int) -> Strip:  # noqa: ARG002 - rows have one line
        """A label, its thresholds as numbers and as handles on a line, and how many comments reach them."""
        sliders, label = self._sliders, self._sliders.labels[index]
        here = index == sliders.cursor
        over = self.over("tuning--cursor") if here else Style.null()
        wanted, before = sliders.wanted[label], sliders.in_force[label]
        text, muted = self.base + over, self.style("tuning--muted") + over
        at_hand = self.style("tuning--handle")
        moved = {Handle.REVIEW: wanted.review != before.review, Handle.PRIORITY: wanted.priority != before.priority}
        values = {Handle.REVIEW: wanted.review, Handle.PRIORITY: wanted.priority}
        parts: list[tuple[str, Style]] = [("▌" if here else " ", text), (fit(LABELS[label], _NAME - 1), text)]
        for handle, value in values.items():
            glyph = "●" if handle is Handle.REVIEW else "▲"
            tone = at_hand if here and handle is sliders.handle else self.style(f"tuning--{handle.value}") + over
            parts.append((f"{glyph}{value:.2f}{'*' if moved[handle] else ' '}", tone))
            parts.append((" ", text))
        parts += [(glyph, self._tone(glyph) + over) for glyph in self._line(index, self._room(width))]
        parts += [
            (f"{fit(number(count), room, right=True)} {glyph}", muted)
            for count, room, glyph in zip(self._reached.get(label, ()), (9, 7), "●▲", strict=False)
        ]
        return lay(parts, width, text)

    def on_click(self, event: events.Click) -> None:
        """Picks a label, and puts the nearer handle where the line was clicked."""
        index = self.scroll_offset.y + event.y
        if not 0 <= index < self.count:
            return
        at, room = event.x - self._left, self._room(self.paint_width)
        self.post_message(self.Picked(index, at / (room - 1) if 0 <= at < room else None))

    @property
    def _left(self) -> int:
        return _NAME + 2 * (_VALUE + 1)

    def _room(self, width: int) -> int:
        return max(width - self._left - _COUNTS - 1, 10)

    def _line(self, index: int, room: int) -> list[str]:
        wanted = self._sliders.wanted[self._sliders.labels[index]]
        line = ["─"] * room
        line[round(wanted.review * (room - 1))] = "●"
        line[round(wanted.priority * (room - 1))] = "▲"
        return line

    def _tone(self, glyph: str) -> Style:
        return self.style({"●": "tuning--review", "▲": "tuning--priority"}.get(glyph, "tuning--track"))
