"""Parts of a report in one HTML file that needs nothing else: no script, and a browser is told to load nothing for it.

Whatever a reader or a moderator wrote passes the gate and is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from moderator.text.visible import visible

END = "</body></html>\n"
MOST_BARS = 12
"""Bars of one chart; the rest is counted below it."""

_BAR_WIDTH, _BAR_STEP = 240, 22
_SERIES_WIDTH, _SERIES_HEIGHT = 560, 120
_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top}
th{position:sticky;top:0;background:Canvas}
td{white-space:pre-wrap;overflow-wrap:anywhere;max-width:32rem}td.n{text-align:right;font-variant-numeric:tabular-nums}
svg text{font:13px system-ui,sans-serif;fill:currentColor}rect{fill:#4a7ab5}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def begin(title: str) -> str:
    """What stands before the content."""
    name = escaped(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{name}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{name}</h1>\n"
    )


def bars(title: str, counts: Mapping[str, int]) -> str:
    """The first counts as bars, with their figures as text; nothing where there are none."""
    shown = list(counts.items())[:MOST_BARS]
    if not shown:
        return ""
    largest = max(1, *(number for _, number in shown))
    drawn = "".join(
        f'<text x="0" y="{place * _BAR_STEP + 15}">{escaped((name or "(none)")[:40])}</text>'
        f'<rect x="200" y="{place * _BAR_STEP + 4}" width="{_width(number, largest)}" height="14"/>'
        f'<text x="{210 + _width(number, largest)}" y="{place * _BAR_STEP + 15}">{number:,}</text>'
        for place, (name, number) in enumerate(shown)
    )
    more = f"<p>and {len(counts) - len(shown):,} more</p>" if len(counts) > len(shown) else ""
    return _chart(title, drawn, _SERIES_WIDTH, len(shown) * _BAR_STEP) + more


def series(title: str, values: Sequence[int], first: str, last: str) -> str:
    """Counts of equal stretches of time as columns.

    Args:
        title: Heading.
        values: One for each stretch.
        first: What stands under the first.
        last: What stands under the last.
    """
    largest, step = max(1, *values), _SERIES_WIDTH / max(1, len(values))
    drawn = "".join(
        f'<rect x="{at * step:.1f}" y="{_SERIES_HEIGHT - value * (_SERIES_HEIGHT - 16) / largest:.1f}"'
        f' width="{max(1.0, step - 1):.1f}" height="{value * (_SERIES_HEIGHT - 16) / largest:.1f}">'
        f"<title>{value:,}</title></rect>"
        for at, value in enumerate(values)
    )
    under = _SERIES_HEIGHT + 16
    marks = (
        f'<text x="0" y="12">{largest:,} at most</text><text x="0" y="{under}">{escaped(first)}</text>'
        f'<text x="{_SERIES_WIDTH}" y="{under}" text-anchor="end">{escaped(last)}</text>'
    )
    return _chart(title, drawn + marks, _SERIES_WIDTH, under + 6)


def facts(rows: Mapping[str, str]) -> str:
    """Figures as a table of two columns."""
    cells = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td class="n">{escaped(said)}</td></tr>'
        for name, said in rows.items()
    )
    return f"<table>{cells}</table>\n"


def escaped(text: str) -> str:
    """Text for HTML, through the gate."""
    return html.escape(visible(text))


def _chart(title: str, drawn: str, width: int, height: int) -> str:
    label = escaped(title)
    return f'<h3>{label}</h3><svg role="img" aria-label="{label}" width="{width}" height="{height}">{drawn}</svg>\n'


def _width(number: int, largest: int) -> int:
    return max(1 if number else 0, _BAR_WIDTH * number // largest)
