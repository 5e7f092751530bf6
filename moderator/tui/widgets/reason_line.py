"""The reasons for a rejection, each behind one key, in line with the rest: no dialog on the way of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.geometry import Size
from textual.strip import Strip

from moderator.domain.decision import Reason
from moderator.text.visible import visible_line
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.painted import Painted

_COLUMN = 26


class ReasonLine(Painted):
    """Asks why, and shows the keys.

    Args:
        reasons: What to offer.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"reason--ask", "reason--key", "reason--text"}

    def __init__(self, reasons: Sequence[Reason], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._cells = [(reason.key, visible_line(reason.title, 40)) for reason in reasons]
        self._wide = max((len(title) for _, title in self._cells), default=0) + 5

    def _columns(self, width: int) -> int:
        return max(width // max(self._wide, _COLUMN), 1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's own
        """One line to ask, and as many as the reasons take."""
        return 1 - (-len(self._cells) // self._columns(width))

    def paint_line(self, y: int, width: int) -> Strip:
        """The question, then a row of reasons."""
        ask, key, text = (self.style(f"reason--{name}") for name in ("ask", "key", "text"))
        if y == 0:
            return lay([(" Reject because …", ask), ("   esc: never mind", text)], width, self.base)
        columns = self._columns(width)
        rows = -(-len(self._cells) // columns)
        parts = [
            part
            for at in range(y - 1, len(self._cells), rows)
            for name, title in [self._cells[at]]
            for part in ((f"  {name} ", key), (fit(f" {title}", width // columns - 4), text))
        ]
        return lay(parts, width, self.base)
