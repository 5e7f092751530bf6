"""An export as one HTML file that needs nothing else: counts with bars, then the rows. No script, nothing from outside.

Whatever a reader or a moderator wrote passes the gate and is escaped.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from moderator.domain.clock import system_clock
from moderator.services.tabular import Batch, Column, Kind, size, to_cells, to_iso
from moderator.text.visible import visible

_COUNTED = ("action", "reason_code", "status", "route", "section", "content_language", "language", "moderator_alias")
_MOST_BARS = 12
_BAR_WIDTH = 240
_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top}
th{position:sticky;top:0;background:Canvas}
td{white-space:pre-wrap;overflow-wrap:anywhere;max-width:32rem}td.n{text-align:right;font-variant-numeric:tabular-nums}
svg text{font:13px system-ui,sans-serif;fill:currentColor}rect{fill:#4a7ab5}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_html(batches: Iterable[Batch], columns: Sequence[Column], out: TextIO, title: str) -> int:
    """Writes the report, a few rows in memory at a time; the counts stand at its end.

    Args:
        batches: Values by column name.
        columns: Which columns, in which order.
        out: Where to.
        title: Heading.

    Returns:
        How many rows were written.

    Raises:
        OSError: `out` can't be written.
    """
    name = _escaped(title)
    out.write(
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{name}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{name}</h1>\n<p>Written {to_iso(system_clock())}. "
        f'<a href="#counts">Counts</a> stand at the end.</p>\n<table><thead><tr>'
    )
    out.write("".join(f'<th scope="col">{_escaped(column.name)}</th>' for column in columns))
    out.write("</tr></thead>\n<tbody>\n")
    counts = {column.name: Counter[str]() for column in columns if column.name in _COUNTED}
    count = 0
    for batch in batches:
        cells = zip(*(_cells(column, batch[column.name]) for column in columns), strict=True)
        out.writelines(f"<tr>{''.join(row)}</tr>\n" for row in cells)
        for column, seen in counts.items():
            seen.update(str(value or "(none)") for value in batch[column])
        count += size(batch)
    out.write(f'</tbody></table>\n<h2 id="counts">{count:,} rows</h2>\n')
    for column, seen in counts.items():
        out.write(_bars(column, seen))
    out.write("</body></html>\n")
    return count


def _cells(column: Column, values: Sequence[Any]) -> list[str]:
    shown = values if column.kind is Kind.TEXT else to_cells(column, values)
    kind = ' class="n"' if column.kind in {Kind.INTEGER, Kind.REAL} else ""
    return [f"<td{kind}>{_escaped('' if value is None else str(value))}</td>" for value in shown]


def _bars(column: str, seen: Counter[str]) -> str:
    """The most frequent values as bars, with their figures as text."""
    most = seen.most_common(_MOST_BARS)
    if not most:
        return ""
    height, largest = 22, most[0][1]
    bars = "".join(
        f'<text x="0" y="{place * height + 15}">{_escaped(value[:40])}</text>'
        f'<rect x="200" y="{place * height + 4}" width="{max(1, _BAR_WIDTH * number // largest)}" height="14"/>'
        f'<text x="{210 + _BAR_WIDTH * number // largest}" y="{place * height + 15}">{number:,}</text>'
        for place, (value, number) in enumerate(most)
    )
    label = _escaped(column)
    size = f'width="560" height="{len(most) * height}"'
    return f'<h3>{label}</h3><svg role="img" aria-label="{label}" {size}>{bars}</svg>\n'


def _escaped(text: str) -> str:
    return html.escape(visible(text))
