"""Where comments come from and where decisions go: when, how many, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.getters import query_one

from moderator.domain.source_state import SourceState
from moderator.tui import messages as told
from moderator.tui.mode_messages import SourcesLoaded
from moderator.tui.modes import Desktop
from moderator.tui.screens.mode_screen import ModeScreen
from moderator.tui.widgets.sources_pane import SourcesPane
from moderator.tui.wording import number, plural

if TYPE_CHECKING:  # bootstrap reaches everything
    from moderator.bootstrap import Services

_AGAIN_S = 5.0


class SourcesScreen(ModeScreen):
    """How it stands with each source, read anew every few seconds while somebody looks."""

    CSS_PATH: ClassVar[Any] = ["modes.tcss", "sources.tcss"]
    AUTO_FOCUS = ""
    MODE = "sources"
    KEYS: ClassVar[Mapping[str, str]] = {
        "next": "down",
        "previous": "up",
        "page_down": "page(1)",
        "page_up": "page(-1)",
        "first": "page(-1000)",
        "last": "page(1000)",
    }

    OWN_KEYS: ClassVar[Mapping[str, str]] = {"r,ctrl+r": "read"}

    pane = query_one("#sources", SourcesPane)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.overview: tuple[SourceState, ...] | None = None

    def hints(self) -> list[tuple[str, str]]:
        """What can be done here."""
        return [("r", "read again"), ("j k", "scroll")]

    def compose_body(self) -> ComposeResult:
        """One pane."""
        yield SourcesPane(self.desktop.look.clock, id="sources")

    def on_mount(self) -> None:
        """Looks again and again."""
        self.set_interval(_AGAIN_S, self._look_again)

    def on_screen_resume(self) -> None:
        """Looks at once."""
        self.action_read()

    def _look_again(self) -> None:
        if self.is_current:
            self.action_read()

    def action_read(self) -> None:
        """Reads how they stand."""

        def read(services: Services) -> SourcesLoaded:
            return SourcesLoaded(services.figures.source_states.read())

        self.desktop.reports.ask("sources", read, self, doing="reading the sources", failed=told.ReadFailed)

    def on_sources_loaded(self, message: SourcesLoaded) -> None:
        """How they stand now."""
        self.overview = message.sources
        self.pane.show(message.sources)
        to_send = sum(source.to_send for source in message.sources)
        dead = sum(source.dead for source in message.sources)
        said = f" {number(to_send)} to send, {number(dead)} given up" if to_send or dead else ""
        self.top.show(((f" {plural(len(message.sources), 'source')}", "strong"), (said, "muted")))
        failing = [source for source in message.sources if source.problem or source.send_problem or source.dead]
        self.note(f"{plural(len(failing), 'source')} can't be reached as it should." if failing else "")

    def action_down(self) -> None:
        """Down."""
        self.pane.scroll_lines(2)

    def action_up(self) -> None:
        """Up."""
        self.pane.scroll_lines(-2)

    def action_page(self, pages: int) -> None:
        """Whole screenfuls."""
        self.pane.scroll_lines(pages * max(self.pane.size.height - 1, 1))
