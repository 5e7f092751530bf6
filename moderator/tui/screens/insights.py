"""How the queue stands and how the work goes, in figures and charts. Nobody is named or ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.widgets import Static

from moderator.domain.stats import DAY_S, StatsReport
from moderator.text.visible import literal
from moderator.tui import messages as told
from moderator.tui.figures import AGES, breakdowns, label_name, tiles
from moderator.tui.mode_messages import StatsLoaded
from moderator.tui.modes import Desktop
from moderator.tui.screens.mode_screen import ModeScreen
from moderator.tui.widgets.chart import Chart
from moderator.tui.widgets.history_list import local_time
from moderator.tui.wording import duration

if TYPE_CHECKING:  # bootstrap reaches everything
    from moderator.bootstrap import Services

_STALE_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Window:
    name: str
    days: int | None
    parts: int
    begins: str


_WINDOWS = (
    _Window("last 7 days", 7, 28, "7 days ago"),
    _Window("last 24 hours", 1, 24, "24 hours ago"),
    _Window("last 30 days", 30, 30, "30 days ago"),
    _Window("all decisions", None, 40, "the first one"),
)


class InsightsScreen(ModeScreen):
    """Figures and charts of one window at a time, read beside the work and kept with the time they were found."""

    CSS_PATH: ClassVar[Any] = ["modes.tcss", "insights.tcss"]
    HORIZONTAL_BREAKPOINTS: ClassVar[Any] = [(0, "-narrow"), (116, "-wide"), (180, "-roomy")]
    AUTO_FOCUS = "#figures"
    MODE = "insights"
    KEYS: ClassVar[Mapping[str, str]] = {
        name: name for name in ("next", "previous", "page_down", "page_up", "first", "last")
    }

    OWN_KEYS: ClassVar[Mapping[str, str]] = {"w,ctrl+t": "window", "r,ctrl+r": "read"}

    figures = query_one("#figures", VerticalScroll)
    tiles = query_one("#tiles", Static)
    charts = query_one("#charts", Container)
    throughput = query_one("#throughput", Chart)
    ages = query_one("#ages", Chart)
    labels = query_one("#labels", Chart)
    breakdowns = query_one("#breakdowns", Container)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._window = _WINDOWS[0]
        self.found: dict[str, StatsLoaded] = {}

    def hints(self) -> list[tuple[str, str]]:
        """What can be done here."""
        return [("w", "other days"), ("r", "read again"), ("j k", "scroll")]

    def compose_body(self) -> ComposeResult:
        """Figures, three charts, and what they are made of."""
        with VerticalScroll(id="figures"):
            yield Static(id="tiles", markup=False)
            with Container(id="charts"):
                yield Chart(literal("posted and decided"), id="throughput")
                yield Chart(literal("how long comments wait"), id="ages")
                yield Chart(literal("decided by label: █ rejected ▒ approved · passed on"), id="labels")
            yield Container(id="breakdowns")

    def on_mount(self) -> None:
        """Shows no empty axes before there are figures."""
        self.charts.display = False

    def on_screen_resume(self) -> None:
        """Reads the figures, unless those at hand are fresh."""
        known = self.found.get(self._window.name)
        if known is None or self.desktop.look.clock() - known.at_ms > _STALE_MS:
            self.action_read()

    # Answers -----------------------------------------------------------------------------------------------------

    async def on_stats_loaded(self, message: StatsLoaded) -> None:
        """Figures of a window; shown if it's still the one that is wanted."""
        self.found[message.window] = message
        if message.window == self._window.name:
            self.note("")
            await self._show(message)

    async def _show(self, found: StatsLoaded) -> None:
        report = found.report
        took = f"found {local_time(found.at_ms)} in {duration(report.took_s)}"
        self.top.show(((f" {self._window.name}", "strong"),), ((f"{took} ", "muted"),))
        self.tiles.update(tiles(report))
        self._draw(report)
        await self.breakdowns.remove_children()
        await self.breakdowns.mount_all(
            Static(Content.assemble((title, "bold"), "\n", rows), markup=False, classes="breakdown")
            for title, rows in breakdowns(report)
        )

    def _draw(self, report: StatsReport) -> None:
        decided = report.decisions
        self.charts.display = True
        self.throughput.lines(self._window.begins, {"posted": decided.posted, "decided": decided.series})
        self.ages.bars(dict(zip(AGES, report.queue.ages, strict=True)))
        self.labels.display = bool(decided.by_label)
        if decided.by_label:
            self.labels.stacked({label_name(label): found for label, found in decided.by_label.items()})

    # Keys --------------------------------------------------------------------------------------------------------

    def action_read(self) -> None:
        """Reads the figures anew; what is shown stays until they are there."""
        window, clock = self._window, self.desktop.look.clock

        def read(services: Services) -> StatsLoaded:
            now_ms = clock()
            since_ms = None if window.days is None else now_ms - window.days * DAY_S * 1000
            return StatsLoaded(window.name, services.figures.stats.report(since_ms, parts=window.parts), now_ms)

        self.top.show(((f" {window.name}", "strong"),))
        self.note("Reading the figures; you can go on working meanwhile.")
        self.desktop.reports.ask("stats", read, self, doing="reading the figures", failed=told.ReadFailed)

    async def action_window(self) -> None:
        """The next window."""
        self._window = _WINDOWS[(_WINDOWS.index(self._window) + 1) % len(_WINDOWS)]
        known = self.found.get(self._window.name)
        if known is not None:
            await self._show(known)
        if known is None or self.desktop.look.clock() - known.at_ms > _STALE_MS:
            self.action_read()

    def action_next(self) -> None:
        """Down."""
        self.figures.scroll_relative(y=2, animate=False)

    def action_previous(self) -> None:
        """Up."""
        self.figures.scroll_relative(y=-2, animate=False)

    def action_page_down(self) -> None:
        """A screenful down."""
        self.figures.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.figures.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the top."""
        self.figures.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        self.figures.scroll_end(animate=False)
