"""Charts in the terminal, in plain characters: no colour says what a sign doesn't."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderator.cli.output import Output
    from moderator.services.tuning.charts import Chart, Series

_WIDEST, _HEIGHT = 100, 18
_MARKS = ("●", "○")
_BAND, _ASIDE = "·", "˙"
_TICKS = 5


def print_charts(out: Output, charts: Iterable[Chart]) -> None:
    """Prints charts below each other, as wide as the terminal, at most 100 columns."""
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    for chart in charts:
        out.say(drawn(chart, width))
        out.say()


def drawn(chart: Chart, width: int) -> str:
    """A chart as lines of text, with a legend of its signs below."""
    # No types of its own, and one figure for the whole module.
    plot: Any = importlib.import_module("plotext")
    plot.clear_figure()
    plot.theme("clear")
    plot.plotsize(width, _HEIGHT)
    plot.title(chart.title)
    plot.xlabel(chart.x_title)
    legend: list[str] = []
    for series in chart.series:
        if series.aside:
            plot.plot(series.x.tolist(), series.y.tolist(), marker=_ASIDE)
            legend.append(f"{_ASIDE} {series.name}")
    for at, series in enumerate(one for one in chart.series if not one.aside):
        mark = _MARKS[at % len(_MARKS)]
        _draw(plot, series, mark)
        legend.append(f"{mark} {series.name}{f' ({_BAND})' if series.low is not None else ''}")
    if chart.mark is not None:
        plot.plot([chart.mark[0]] * 2, [0, chart.y_end], marker="│")
        legend.append(f"│ {chart.mark[1]} {chart.mark[0]:g}")
    for limits, ticks, end in ((plot.xlim, plot.xticks, chart.x_end), (plot.ylim, plot.yticks, chart.y_end)):
        limits(0, end or 1)
        places = [(end or 1) * at / _TICKS for at in range(_TICKS + 1)]
        ticks(places, [_tick(place) for place in places])
    lines = str(plot.uncolorize(plot.build())).rstrip("\n").split("\n")
    # Above the axis rather than along it: sideways letters are hard to read.
    return "\n".join([*(line.rstrip() for line in lines), f"up: {chart.y_title}   {'   '.join(legend)}"])


def _draw(plot: Any, series: Series, mark: str) -> None:
    x = series.x.tolist()
    if series.low is not None and series.high is not None:
        for band in (series.low, series.high):
            plot.scatter(x, band.tolist(), marker=_BAND)
    if series.points:
        plot.scatter(x, series.y.tolist(), marker=mark)
    else:
        plot.plot(x, series.y.tolist(), marker=mark)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - from there on digits behind say nothing
