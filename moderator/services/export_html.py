"""An export as one HTML file that needs nothing else: the rows, then counts with bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from moderator.domain.clock import system_clock
from moderator.services.report_page import END, bars, begin, escaped
from moderator.services.tabular import Batch, Column, Kind, size, to_cells, to_iso

_COUNTED = ("action", "reason_code", "status", "route", "section", "content_language", "language", "moderator_alias")


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
    out.write(
        f'{begin(title)}<p>Written {to_iso(system_clock())}. <a href="#counts">Counts</a> stand at the end.</p>\n'
        "<table><thead><tr>"
    )
    out.write("".join(f'<th scope="col">{escaped(column.name)}</th>' for column in columns))
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
        out.write(bars(column, dict(seen.most_common())))
    out.write(END)
    return count


def _cells(column: Column, values: Sequence[Any]) -> list[str]:
    shown = values if column.kind is Kind.TEXT else to_cells(column, values)
    kind = ' class="n"' if column.kind in {Kind.INTEGER, Kind.REAL} else ""
    return [f"<td{kind}>{escaped('' if value is None else str(value))}</td>" for value in shown]
