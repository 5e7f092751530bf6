"""Lays gated text into terminal cells: exact widths, no half of a wide letter, no cut inside a joined emoji."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.content import Content
from textual.strip import Strip


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly `width` cells: padded, or cut with an ellipsis.

    Args:
        text: One line of gated text.
        width: Cells, 0 or more.
        right: Put the padding in front.
    """
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return Content(text).truncate(width, ellipsis=True, pad=True).plain
    gap = " " * (width - length)
    return gap + text if right else text + gap


def lay(parts: Iterable[tuple[str, Style]], width: int, rest: Style) -> Strip:
    """One line of a widget from pieces that are laid already.

    Args:
        parts: Pieces with their styles, left to right. What doesn't fit is cut.
        width: Cells of the line.
        rest: Style of what is left over.
    """
    segments: list[Segment] = []
    left = width
    for text, style in parts:
        if left <= 0:
            break
        length = cell_len(text)
        if length > left:
            text = fit(text, left)  # noqa: PLW2901 - the cut piece takes the place of the whole one
            length = left
        segments.append(Segment(text, style))
        left -= length
    if left > 0:
        segments.append(Segment(" " * left, rest))
    return Strip(segments, width)


def columns(rows: Iterable[tuple[str, str]], width: int) -> Table:
    """Names and what they stand for, side by side: a long sentence goes on beneath its own beginning.

    Args:
        rows: Our own words or gated text.
        width: Cells of the names' column.
    """
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=width, no_wrap=True, style="bold")
    table.add_column(ratio=1)
    for name, text in rows:
        table.add_row(Text(name), Text(text))
    return table


def spread(left: Iterable[tuple[str, Style]], right: Iterable[tuple[str, Style]], width: int, rest: Style) -> Strip:
    """One line with pieces at both ends. The right end gives way where both don't fit."""
    left, right = list(left), list(right)
    taken = sum(cell_len(text) for text, _ in left)
    needed = sum(cell_len(text) for text, _ in right)
    gap = width - taken - needed
    if gap < 1:
        return lay(left, width, rest)
    return lay([*left, (" " * gap, rest), *right], width, rest)
