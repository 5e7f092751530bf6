"""Charts in the desk's own colours. Series differ by their marks too, never by colour alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.color import Color
from textual_plotext import PlotextPlot

from moderator.domain.decision import Action
from moderator.text.visible import Visible

_MOST_TICKS = 5

STACKED_MARKS = ("█", "▒", "·")
"""Rejected, approved, passed on."""


class Chart(PlotextPlot):
    """One chart with a title.

    Names in it are the desk's own words: plotext counts characters where a terminal counts cells.

    Args:
        title: What it shows.
    """

    def __init__(self, title: Visible, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._title = title
        self._draw: Callable[[Any], None] | None = None

    def on_mount(self) -> None:
        """Draws anew in each theme: what is drawn has its colours in it."""
        # Textual leaves open what the app returns, here and below.
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())  # pyright: ignore[reportUnknownMemberType]

    def lines(self, begins: str, series: Mapping[str, Sequence[int]]) -> None:
        """Draws counts over time.

        Args:
            begins: Words for the left end of the axis; the right end is now.
            series: At most two, by name, of one length.
        """

        def draw(plot: Any) -> None:
            marks = (("dot", "desk-muted"), ("braille", "desk-calm"))
            for (name, values), (marker, colour) in zip(series.items(), marks, strict=False):
                plot.plot(range(len(values)), values, marker=marker, color=self._rgb(colour), label=name)
            last = max((len(values) for values in series.values()), default=1) - 1
            plot.xticks([0, max(last, 1)], [begins, "now"])
            highest = max((max(values, default=0) for values in series.values()), default=0)
            self._whole_numbers(plot.yticks, plot.ylim, highest)

        self._show(draw)

    def bars(self, counts: Mapping[str, int]) -> None:
        """Draws one bar per name."""

        def draw(plot: Any) -> None:
            plot.bar(list(counts), list(counts.values()), color=self._rgb("desk-calm"), width=0.6)
            self._whole_numbers(plot.yticks, plot.ylim, max(counts.values(), default=0))

        self._show(draw)

    def stacked(self, table: Mapping[str, Mapping[str, int]]) -> None:
        """Draws one bar of decisions per name, in parts: rejected, approved, and the rest, as `STACKED_MARKS`."""
        rows = list(table.items())[::-1]
        rejected = [found.get(Action.REJECT.value, 0) for _, found in rows]
        approved = [found.get(Action.APPROVE.value, 0) for _, found in rows]
        passed_on = [
            sum(found.values()) - no - yes for (_, found), no, yes in zip(rows, rejected, approved, strict=True)
        ]

        def draw(plot: Any) -> None:
            plot.stacked_bar(
                [name for name, _ in rows],
                [rejected, approved, passed_on],
                # No labels: plotext would lay their box over the bars.
                labels=[None, None, None],
                marker=list(STACKED_MARKS),
                color=[self._rgb(name) for name in ("desk-priority", "desk-calm", "desk-muted")],
                orientation="horizontal",
                width=0.6,
            )
            self._whole_numbers(plot.xticks, plot.xlim, max((sum(found.values()) for _, found in rows), default=0))

        self._show(draw)

    def _show(self, draw: Callable[[Any], None]) -> None:
        self._draw = draw
        self._redraw()

    def _redraw(self) -> None:
        if self._draw is None:
            return
        plot: Any = self.plt
        plot.clear_figure()
        plot.title(self._title)
        self._draw(plot)
        self.refresh()

    def _whole_numbers(self, set_ticks: Any, set_limits: Any, highest: int) -> None:
        # Half a comment says nothing.
        step = max(-(-highest // (_MOST_TICKS - 1)), 1)
        ticks = list(range(0, highest + 1, step))
        set_ticks(ticks, [f"{tick:,}" for tick in ticks])
        set_limits(0, max(highest, 1))

    def _rgb(self, name: str) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables[name]).rgb  # pyright: ignore[reportUnknownMemberType]
