"""The queue: one line per comment where the terminal is narrow, two where it's wide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from moderator.domain.comment import ScoringState
from moderator.domain.policy import Route
from moderator.text.visible import Visible
from moderator.tui.views import RowView
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.virtual_rows import VirtualRows
from moderator.tui.wording import LABELS, STATUS_GLYPHS, joined, short_age

Parts = list[tuple[str, Style]]

_LABEL_WIDTH = 17
_AGE_WIDTH = 6
_MINUTE_MS = 60_000
_MOST_DRAWN = 4_096


_ROUTES = {Route.PRIORITY: ("▲", "priority"), Route.REVIEW: ("●", "review"), Route.APPROVE: ("·", "calm")}
_UNSCORED = {ScoringState.WAITING: "not scored", ScoringState.FAILED: "can't be scored"}


class RowState(StrEnum):
    """What this desk knows of a row beyond what the database says."""

    OPEN = "open"
    SAVING = "saving"
    FAILED = "failed"
    CLOSED = "closed"
    SKIPPED = "skipped"


_STATES = {RowState.SAVING: ("…", "muted"), RowState.FAILED: ("!", "problem"), RowState.SKIPPED: ("»", "muted")}
_STATE_WORDS = {RowState.SAVING: "saving…", RowState.FAILED: "came back"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands now.

    Attributes:
        row: What to draw, `None` while it's being read.
        note: What to say in place of the comment's words: why a decision came back.
        shown: Whether its severe words are shown.
    """

    row: RowView | None
    state: RowState = RowState.OPEN
    note: Visible | None = None
    marked: bool = False
    shown: bool = False


class QueueList(VirtualRows):
    """The queue as a virtual list.

    Args:
        line_at: The row at an index, as it stands now.
        now: UTC milliseconds, for ages.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue--muted",
        "queue--closed",
        "queue--cursor",
        "queue--priority",
        "queue--review",
        "queue--calm",
        "queue--problem",
    }

    def __init__(self, line_at: Callable[[int], Line], now: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._line_at = line_at
        self._now = now
        self._drawn: dict[tuple[object, ...], Strip] = {}

    def on_resize(self) -> None:
        """Two lines per comment where the queue is a tall column of its own, one where it lies above the comment."""
        self.row_height = 2 if self.size.height >= 16 and self.size.width < 76 else 1  # noqa: PLR2004 - the two layouts
        super().on_resize()

    def draw_row(self, index: int, part: int, width: int) -> Strip:
        """One line of one comment. Drawn once for each way it can look: scrolling draws only what comes in."""
        line = self._line_at(index)
        if line.row is None:
            self.want(index)
        here = index == self.cursor
        key = (line, part, here, width, self.row_height, self._now() // _MINUTE_MS)
        strip = self._drawn.get(key)
        if strip is None:
            if len(self._drawn) >= _MOST_DRAWN:
                self._drawn.clear()
            strip = self._drawn[key] = self._draw(line, part, width, here=here)
        return strip

    def _draw(self, line: Line, part: int, width: int, *, here: bool) -> Strip:
        over = self.over("queue--cursor") if here else Style.null()
        rest = self.base + over
        bar = ("▌" if here else " ", self.style("queue--calm") + over)
        if line.row is None:
            return lay([bar, ("" if part else "  …", self.style("queue--muted") + over)], width, rest)
        if self.row_height == 1:
            parts = self._one(line, line.row, width)
        elif part == 0:
            parts = self._upper(line, line.row, width)
        else:
            parts = self._lower(line, line.row, width)
        return lay([bar, *((text, style + over) for text, style in parts)], width, rest)

    def notify_style_update(self) -> None:
        """Another theme: everything is drawn anew."""
        super().notify_style_update()
        self._drawn.clear()

    def _one(self, line: Line, row: RowView, width: int) -> Parts:
        glyph, tone = self._glyph(line, row)
        said, score = self._said(line, row)
        room = width - 3 - _LABEL_WIDTH - 6 - _AGE_WIDTH - 2
        return [
            (f"{glyph} ", tone),
            (fit(said, _LABEL_WIDTH), tone),
            (f"{score:>4}  ", tone),
            (fit(_words(line, row), room), self._ink(line)),
            self._age(row),
        ]

    def _upper(self, line: Line, row: RowView, width: int) -> Parts:
        glyph, tone = self._glyph(line, row)
        return [(f"{glyph} ", tone), (fit(_words(line, row), width - 4), self._ink(line))]

    def _lower(self, line: Line, row: RowView, width: int) -> Parts:
        _, tone = self._glyph(line, row)
        said, score = self._said(line, row)
        lead = f"{said} {score}".strip()
        room = width - 3 - _AGE_WIDTH - 1
        muted = self.style("queue--muted")
        whose = fit(f"  {joined(row.author or 'no name', row.section)}", room - cell_len(lead))
        return [("  ", muted), (lead, tone), (whose, muted), self._age(row)]

    def _age(self, row: RowView) -> tuple[str, Style]:
        return fit(short_age(row.posted_at_ms, self._now()), _AGE_WIDTH, right=True), self.style("queue--muted")

    def _glyph(self, line: Line, row: RowView) -> tuple[str, Style]:
        """The one sign in front, and the tone of what is said of the row."""
        if line.state is RowState.CLOSED:
            return STATUS_GLYPHS[row.status], self.style("queue--closed")
        glyph, tone = _STATES.get(line.state, ("", "muted"))
        if line.marked:
            glyph, tone = "*", "review"
        elif row.held_by and not glyph:
            glyph = "◆"
        elif row.scoring is not ScoringState.SCORED and not glyph:
            glyph = "?"
        elif not glyph:
            glyph, tone = _ROUTES[Route(row.route)]
        return glyph, self.style(f"queue--{tone}")

    def _said(self, line: Line, row: RowView) -> tuple[str, str]:
        """The words in the label's place, and the score beside them."""
        if line.state in _STATE_WORDS:
            said, score = _STATE_WORDS[line.state], ""
        elif line.state is RowState.CLOSED:
            said, score = row.status.value, ""
        elif row.held_by:
            said, score = f"with {row.held_by}", ""
        elif row.scoring is not ScoringState.SCORED:
            said, score = _UNSCORED[row.scoring], ""
        elif row.lead is None or row.lead_score is None:
            said, score = "word list" if row.listed else "not judged", ""
        else:
            said, score = LABELS[row.lead], f"{row.lead_score:.2f}"
        return said, score

    def _ink(self, line: Line) -> Style:
        if line.state is RowState.FAILED:
            return self.style("queue--problem")
        quiet = line.state in {RowState.CLOSED, RowState.SAVING, RowState.SKIPPED}
        return self.style("queue--closed") if quiet else self.base


def _words(line: Line, row: RowView) -> str:
    if line.note is not None:
        return line.note
    words = row.excerpt if line.shown else row.masked
    return f"↳ {words}" if row.is_reply else words
