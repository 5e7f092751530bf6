"""A question with its answers, each behind one key, in line with the rest: no dialog on the way of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.messages import ChoicePicked
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.painted import Painted

_COLUMN = 26


class ChoiceLine(Painted):
    """Asks something, and shows the keys that answer. A click answers too.

    Args:
        question: What is asked.
        choices: Key and words of each answer.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"reason--ask", "reason--key", "reason--text"}

    def __init__(self, question: Visible, choices: Sequence[tuple[str, str]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._question = question
        self._cells = _cells(choices)

    def offer(self, question: Visible, choices: Sequence[tuple[str, str]]) -> None:
        """Asks something else."""
        cells = _cells(choices)
        if (question, cells) != (self._question, self._cells):
            self._question, self._cells = question, cells
            self.refresh(layout=True)

    def _columns(self, width: int) -> int:
        wide = max((len(title) for _, title in self._cells), default=0) + 5
        return max(width // max(wide, _COLUMN), 1)

    def _rows(self, width: int) -> int:
        return -(-len(self._cells) // self._columns(width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's own
        """One line to ask, and as many as the answers take."""
        return 1 + self._rows(width)

    def paint_line(self, y: int, width: int) -> Strip:
        """The question, then a row of answers."""
        ask, key, text = (self.style(f"reason--{name}") for name in ("ask", "key", "text"))
        if y == 0:
            return lay([(f" {self._question}", ask), ("   esc: never mind", text)], width, self.base)
        columns = self._columns(width)
        parts = [
            part
            for at in range(y - 1, len(self._cells), self._rows(width))
            for name, title in [self._cells[at]]
            for part in ((f"  {name} ", key), (fit(f" {title}", width // columns - 4), text))
        ]
        return lay(parts, width, self.base)

    def on_click(self, event: events.Click) -> None:
        """A click on an answer gives it."""
        width = self.size.width
        column = event.x // max(width // self._columns(width), 1)
        at = event.y - 1 + column * self._rows(width)
        if event.y > 0 and 0 <= at < len(self._cells):
            self.post_message(ChoicePicked(self._cells[at][0]))


def _cells(choices: Sequence[tuple[str, str]]) -> list[tuple[str, Visible]]:
    return [(key, visible_line(title, 40)) for key, title in choices]


REJECT_BECAUSE = literal("Reject because …")
