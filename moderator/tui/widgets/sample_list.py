"""A few comments of a band, picked at random: what one act would decide, to be read before."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip

from moderator.text.visible import literal, visible_line
from moderator.tui.views import RowView
from moderator.tui.widgets.cells import lay
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import joined

_INDENT = 6


class SampleList(Pane):
    """Rows with their scores, severe words masked.

    Args:
        score_of: A comment's score.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"band--handle", "band--muted"}

    def __init__(self, score_of: Callable[[int], float | None], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._score_of = score_of
        self._rows: tuple[RowView, ...] = ()

    def show(self, rows: tuple[RowView, ...]) -> None:
        """Shows another sample."""
        self._rows = rows
        self.redraw(from_top=True)

    def compose_lines(self, width: int) -> list[Strip]:
        """Score and words of each, its place beneath."""
        muted = self.style("band--muted")
        if not self._rows:
            return [lay([(literal("  nothing lies in this band"), muted)], width, self.base)]
        lines: list[Strip] = []
        for row in self._rows:
            score = self._score_of(row.id)
            lead = Content.styled(visible_line("  ?   " if score is None else f" {score:.2f} "), "bold")
            lines += self.wrapped(Content(row.masked), width, first=lead, indent=_INDENT)[:2]
            whose = joined(row.author or "no name", row.section, row.title)
            lines.append(lay([(" " * _INDENT, muted), (whose, muted)], width, self.base))
        return lines
