"""A report as one HTML page that needs nothing else: no script, no picture from outside, light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import numpy as np

from moderator.services.tuning.charts import Chart, Series
from moderator.text.visible import visible

_WIDTH, _HEIGHT = 400, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 34, 46
_TICKS = 5
_STYLE = """
:root{color-scheme:light dark;--one:#0072b2;--two:#c04e00;--grid:#8884}
@media (prefers-color-scheme:dark){:root{--one:#56b4e9;--two:#f08a4b}}
body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:80rem;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0}
th,td{border-bottom:1px solid var(--grid);padding:.2rem .7rem .2rem 0;text-align:right;vertical-align:top;
font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}
.charts{display:flex;flex-wrap:wrap;gap:1rem}.scroll{overflow-x:auto}
p.warn{border-left:4px solid var(--two);padding-left:.7rem}svg{max-width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:currentColor}svg .t{font-weight:600;font-size:13px}
.grid{stroke:var(--grid)}.s0{stroke:var(--one);fill:none;stroke-width:2}
.s1{stroke:var(--two);fill:none;stroke-width:2;stroke-dasharray:6 3}
.b0{fill:var(--one);opacity:.18}.b1{fill:var(--two);opacity:.18}.p0{fill:var(--one)}.p1{fill:var(--two)}
.aside{stroke:currentColor;fill:none;stroke-dasharray:2 4;opacity:.6}
.mark{stroke:currentColor;stroke-dasharray:5 3}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page.

    Args:
        title: Its heading.
        parts: What `heading`, `paragraph`, `table` and `figures` gave.
    """
    name = _escaped(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{name}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{name}</h1>\n{''.join(parts)}</body></html>\n"
    )


def heading(text: str, level: int = 2) -> str:
    """A heading, level 2 to 4."""
    return f"<h{level}>{_escaped(text)}</h{level}>\n"


def paragraph(text: str, *, warns: bool = False) -> str:
    """A paragraph; one that warns stands out."""
    look = ' class="warn"' if warns else ""
    return f"<p{look}>{_escaped(text)}</p>\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under headings; the first column is what the others are about."""
    head = "".join(f'<th scope="col">{_escaped(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n'


def figures(charts: Iterable[Chart]) -> str:
    """Charts side by side, as many as fit."""
    return f'<div class="charts">{"".join(drawn(chart) for chart in charts)}</div>\n'


def drawn(chart: Chart) -> str:
    """A chart as SVG."""
    parts = [*_axes(chart)]
    for at, series in enumerate(one for one in chart.series if not one.aside):
        parts += _series(chart, series, at % 2)
    parts += [f'<path class="aside" d="{_path(chart, one.x, one.y)}"/>' for one in chart.series if one.aside]
    if chart.mark is not None:
        x = _x(chart, chart.mark[0])
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
        end = ' text-anchor="end"' if x > _WIDTH / 2 else ""
        near = x - 4 if end else x + 4
        parts.append(
            f'<text x="{near:.1f}" y="{_TOP + 10}"{end}>{_escaped(f"{chart.mark[1]} {chart.mark[0]:g}")}</text>'
        )
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    name = _escaped(chart.title)
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{name}" {size}>{"".join(parts)}</svg>\n'


def _axes(chart: Chart) -> Iterable[str]:
    yield f'<text class="t" x="4" y="14">{_escaped(chart.title)}</text>'
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for at in range(_TICKS + 1):
        x, y = chart.x_end * at / _TICKS, chart.y_end * at / _TICKS
        across, down = _x(chart, x), _y(chart, y)
        yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{down:.1f}" y2="{down:.1f}"/>'
        yield f'<text x="{_LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{_tick(y)}</text>'
        yield f'<text x="{across:.1f}" y="{bottom + 15}" text-anchor="middle">{_tick(x)}</text>'
    middle = (_LEFT + right) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 17}" text-anchor="middle">{_escaped(chart.x_title)}</text>'
    yield f'<text x="{_LEFT}" y="{_TOP - 7}">{_escaped(chart.y_title)}</text>'
    x = float(_LEFT)
    for at, series in enumerate(one for one in chart.series if not one.aside):
        yield f'<line class="s{at % 2}" x1="{x:.0f}" x2="{x + 18:.0f}" y1="{_HEIGHT - 6}" y2="{_HEIGHT - 6}"/>'
        yield f'<text x="{x + 22:.0f}" y="{_HEIGHT - 2}">{_escaped(series.name)}</text>'
        x += 36 + 6 * len(series.name)


def _series(chart: Chart, series: Series, look: int) -> Iterable[str]:
    if series.low is not None and series.high is not None and len(series.x):
        x = np.concatenate((series.x, series.x[::-1]))
        y = np.concatenate((series.high, series.low[::-1]))
        yield f'<path class="b{look}" d="{_path(chart, x, y)}Z"/>'
    yield f'<path class="s{look}" d="{_path(chart, series.x, series.y)}"/>'
    if series.points:
        for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True):
            yield f'<circle class="p{look}" cx="{_x(chart, x):.1f}" cy="{_y(chart, y):.1f}" r="3"/>'


def _path(chart: Chart, xs: np.ndarray, ys: np.ndarray) -> str:
    points = (f"{_x(chart, x):.1f},{_y(chart, y):.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))
    return "M" + " ".join(points) if len(xs) else "M0,0"


def _x(chart: Chart, value: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / (chart.x_end or 1.0)


def _y(chart: Chart, value: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / (chart.y_end or 1.0)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - from there on digits behind say nothing


def _escaped(text: str) -> str:
    return html.escape(visible(text))
