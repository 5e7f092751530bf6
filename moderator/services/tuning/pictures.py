"""Charts as PNG or SVG, by matplotlib, which is an extra."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moderator.errors import ConfigError
from moderator.services.tuning.charts import Chart, Series

SUFFIXES = (".png", ".svg")

_COLUMNS = 3
_WIDTH_IN, _HEIGHT_IN = 4.2, 3.3
_COLOURS = ("#0072b2", "#d55e00")
"""Blue and vermilion, which colour-blind people tell apart. Source: Okabe & Ito 2008."""


def check_picture(path: Path) -> None:
    """Refuses a picture that can't be drawn, before anything is measured for it.

    Raises:
        ConfigError: Another ending than `SUFFIXES`, or matplotlib isn't installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        hint = f"Let the name end in {' or '.join(SUFFIXES)}."
        raise ConfigError("--plot: a picture is a PNG or an SVG", code="tune.plot", hint=hint)
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        raise ConfigError(
            "pictures need matplotlib, which isn't installed",
            code="tune.no_matplotlib",
            hint='Install it with: pip install "moderator[plots]"; --html and the terminal need nothing.',
        ) from error


def write_picture(path: Path, rows: Mapping[str, Sequence[Chart]]) -> None:
    """Draws charts into one picture.

    Args:
        path: `.png` or `.svg`.
        rows: Headings with the charts under each.

    Raises:
        ConfigError: See `check_picture`.
        OSError: It can't be written.
    """
    check_picture(path)
    # An optional package; its own types leave most of it open.
    figure_of: Any = importlib.import_module("matplotlib.figure").Figure
    context: Any = importlib.import_module("matplotlib").rc_context
    lines = sum(math.ceil(len(charts) / _COLUMNS) for charts in rows.values())
    # Letters stay letters, so that an SVG can be read and searched; the salt makes two runs write the same file.
    with context({"svg.fonttype": "none", "svg.hashsalt": "moderator", "font.size": 9}):
        size = (_COLUMNS * _WIDTH_IN, max(lines, 1) * _HEIGHT_IN + 0.4)
        figure = figure_of(figsize=size, layout="constrained")
        groups = figure.subfigures(max(len(rows), 1), 1, squeeze=False, height_ratios=_heights(rows))
        for part, (title, charts) in zip(groups[:, 0], rows.items(), strict=True):
            part.suptitle(title, fontweight="bold")
            axes = part.subplots(math.ceil(len(charts) / _COLUMNS), _COLUMNS, squeeze=False).ravel()
            for ax, chart in zip(axes, charts, strict=False):
                _draw(ax, chart)
            for ax in axes[len(charts) :]:
                ax.set_axis_off()
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None, dpi=120)


def _heights(rows: Mapping[str, Sequence[Chart]]) -> list[int]:
    return [math.ceil(len(charts) / _COLUMNS) for charts in rows.values()] or [1]


def _draw(ax: Any, chart: Chart) -> None:
    for at, series in enumerate(one for one in chart.series if not one.aside):
        _line(ax, series, _COLOURS[at % len(_COLOURS)])
    for series in chart.series:
        if series.aside:
            ax.plot(series.x, series.y, color="0.6", linestyle=":", label=series.name)
    if chart.mark is not None:
        ax.axvline(chart.mark[0], color="0.4", linestyle="--", linewidth=1, label=f"{chart.mark[1]} {chart.mark[0]:g}")
    ax.set(title=chart.title, xlabel=chart.x_title, ylabel=chart.y_title)
    ax.set_xlim(0, chart.x_end)
    ax.set_ylim(0, chart.y_end * 1.02 or 1)
    ax.grid(alpha=0.25)
    ax.legend(fontsize=7, framealpha=0.8)


def _line(ax: Any, series: Series, colour: str) -> None:
    ax.plot(series.x, series.y, color=colour, label=series.name, marker="o" if series.points else None, markersize=3)
    if series.low is not None and series.high is not None:
        ax.fill_between(series.x, series.low, series.high, color=colour, alpha=0.18, linewidth=0)
