"""The three single lines around the desk: what is open above, what happened and which keys there are below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.strip import Strip

from moderator.tui.widgets.cells import lay, spread
from moderator.tui.widgets.painted import Painted

Parts = tuple[tuple[str, str], ...]
"""Pieces of a line: gated text and the component that gives its style, without the widget's prefix."""


class Line(Painted):
    """One line with pieces at both ends."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--text", "line--muted", "line--strong", "line--good", "line--problem"}

    def __init__(self, left: Parts = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._left = left
        self._right: Parts = ()

    def show(self, left: Parts, right: Parts = ()) -> None:
        """Shows other pieces."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    @property
    def text(self) -> str:
        """What the line says, without its styles."""
        return " ".join(text for text, _ in (*self._left, *self._right))

    def paint_line(self, y: int, width: int) -> Strip:  # noqa: ARG002 - there's only one line
        """The line."""
        left = [(text, self.style(f"line--{name}")) for text, name in self._left]
        right = [(text, self.style(f"line--{name}")) for text, name in self._right]
        return spread(left, right, width, self.base)


class StatusLine(Line):
    """What happened last and how to take it back; what goes on in the background at the other end."""


class TopLine(Line):
    """How much is waiting, in which order and under which filter, and who sits here."""


class HintLine(Painted):
    """The keys that are used most, as many as the width takes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"hint--key", "hint--text"}

    def __init__(self, hints: Sequence[tuple[str, str]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._hints = list(hints)

    def paint_line(self, y: int, width: int) -> Strip:  # noqa: ARG002 - there's only one line
        """Key and word, key and word; the last hint is always there."""
        key, text = self.style("hint--key"), self.style("hint--text")
        shown = [self._hints[at] for at in self._fitting(width)]
        parts = [part for name, word in shown for part in ((f" {name}", key), (f" {word} ", text))]
        return lay(parts, width, self.base)

    def _fitting(self, width: int) -> list[int]:
        """Places of the hints that the width takes."""
        last = len(self._hints) - 1
        needed = _length(self._hints[last])
        shown: list[int] = []
        for at, hint in enumerate(self._hints[:-1]):
            if needed + _length(hint) > width:
                break
            needed += _length(hint)
            shown.append(at)
        return [*shown, last]

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it."""
        from moderator.tui.messages import HintPicked  # noqa: PLC0415 - the first frame does without

        end = 0
        for at in self._fitting(self.size.width):
            end += _length(self._hints[at])
            if event.x < end:
                self.post_message(HintPicked(at))
                return


def _length(hint: tuple[str, str]) -> int:
    return cell_len(hint[0]) + cell_len(hint[1]) + 3
