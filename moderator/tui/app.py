"""The terminal UI's wiring: the first frame, then the desk, and how it all ends."""

# ruff: noqa: PLC0415  # what the first frame doesn't need is imported when it's needed

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.screen import Screen

from moderator.errors import ConfigError
from moderator.tui.keys import resolve
from moderator.tui.lifeline import Lifeline
from moderator.tui.look import Look
from moderator.tui.overlays import Overlays
from moderator.tui.screens.opening import OpeningScreen
from moderator.tui.themes import DEFAULT, THEMES, VARIABLE_DEFAULTS

# Nothing here may import what the first frame doesn't need: the rest comes with `_furnish`.
if TYPE_CHECKING:
    from textual.command import Provider

    from moderator.bootstrap import Services
    from moderator.services.reading import Reading
    from moderator.tui.backend import Backend
    from moderator.tui.messages import ConnectFailed, LeaveWanted, ModeWanted

    OpenReading = Callable[[], AbstractContextManager[Reading]]

log = logging.getLogger(__name__)

_CLOSE_S = 5.0
"""At a proper end: long enough for any decision that is still on its way."""

_CRASHED = (
    "The desk stopped because of a defect in moderator. Every decision it had confirmed is saved. "
    "The log file says where it happened; please report it."
)


def _desk_commands() -> type[Provider]:
    from moderator.tui.commands import DeskCommands

    return DeskCommands


class DeskApp(Overlays):
    """The desk as a Textual app.

    Args:
        connect: Opens the services; called in the backend's thread after the first paint.
        look: Settings of the desk.
        open_reading: See `run`.
        follows_settings: See `run`.
    """

    TITLE = "moderator"
    CSS_PATH: ClassVar[Any] = ["screens/frame.tcss", "screens/review.tcss"]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_desk_commands}
    ALLOW_SELECT = False
    NOTIFICATION_TIMEOUT = 6

    def __init__(
        self,
        connect: Callable[[], Services],
        look: Look,
        open_reading: OpenReading | None = None,
        *,
        follows_settings: bool = False,
    ) -> None:
        self.look = look
        self._follows_settings = follows_settings
        self._open_reading = open_reading
        self.keymap = resolve(look.keys, single_keys=look.single_keys)
        self.backend: Backend | None = None
        self.fatal_status = 0
        self._connect = connect
        self._problems = [self.keymap.problem] if self.keymap.problem else []
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        if look.theme not in self.available_themes:
            self._problems.append(f"There's no theme '{look.theme}', so the desk is {DEFAULT}.")
        self._start_with(look.theme if look.theme in self.available_themes else DEFAULT)

    def _start_with(self, theme: str) -> None:
        # Nothing is drawn yet. Setting the theme the usual way would have every style sheet parsed a second time.
        self.set_reactive(DeskApp.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)

    def get_default_screen(self) -> Screen[None]:
        """The first frame."""
        return OpeningScreen(self.keymap)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The desk's own colours, for themes that don't have them."""
        return dict(VARIABLE_DEFAULTS)

    def on_mount(self) -> None:
        """Draws first, and does everything else then."""
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Starts opening the database in its thread, and puts the desk in place of its outline meanwhile."""
        from moderator.tui.backend import Backend
        from moderator.tui.errands import glimpse

        look, keymap = self.look, self.keymap
        open_reading = self._open_reading
        backend = self.backend = Backend(self._connect, open_reading and (lambda: glimpse(look, open_reading)))
        backend.start()
        from moderator.text.visible import visible_line
        from moderator.tui.modes import Desktop, screens
        from moderator.tui.reasons import pick_reasons
        from moderator.tui.reports import Reports
        from moderator.tui.sitting import Sitting

        reasons, problem = pick_reasons(look.reasons)
        sitting = Sitting(look.stop_after_min)
        self.begin_sitting(sitting)
        desktop = self.desktop = Desktop(
            look, reasons, keymap, backend, Reports(backend), sitting, self._follows_settings
        )
        for name, make in screens(desktop, self).items():
            # Textual leaves open what a mode's screen returns.
            self.add_mode(name, make)  # pyright: ignore[reportUnknownMemberType]
        self._reasons = reasons
        await self.switch_mode("review")
        for text in (*self._problems, problem):
            if text:
                self.notify(visible_line(text), severity="warning", markup=False, timeout=12)
        self.welcome(look.welcome)

    def on_connect_failed(self, message: ConnectFailed) -> None:
        """There's nothing to do but leave; the exit status says why."""
        self.fatal_status = message.problem.exit_status

    def on_mode_wanted(self, message: ModeWanted) -> None:
        """Goes to another mode."""
        self.switch_mode(message.mode)

    def on_leave_wanted(self, message: LeaveWanted) -> None:
        """Closes the desk."""
        self.exit(return_code=message.status)

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002 - what Textual would print may quote comments
        """Ends the desk after a defect with one sentence. Never a traceback: its values may be people's words."""
        self._return_code = 1
        super().panic(Text(_CRASHED))

    def _fatal_error(self) -> None:
        # Textual's own prints a traceback with all local variables: comments, names, settings.
        log.critical("the desk stopped because of a defect", exc_info=self._exception)
        self.panic()

    def close_backend(self, timeout_s: float) -> None:
        """Lets the decisions under way be written and the leases be freed, at most that many seconds."""
        if self.backend is not None:
            self.backend.close(timeout_s)


def run(
    connect: Callable[[], Services],
    look: Look,
    open_reading: OpenReading | None = None,
    *,
    follows_settings: bool = False,
) -> int:
    """Opens the desk and stays until the moderator leaves, or the terminal does.

    Args:
        connect: Opens the services. Called in a thread, after the first paint.
        look: Settings of the desk.
        open_reading: Opens the queue for reading alone, without the settings that take long to check: the first comment
            is on screen while `connect` is still at it. Called in a thread; what it raises is left to `connect` to say.

        follows_settings: Takes settings over that change meanwhile.

    Returns:
        Exit status: 0 after leaving, the status of the error if the database couldn't be opened, 1 after a defect.

    Raises:
        ConfigError: There's no terminal to draw on.
    """
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if not in_browser and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            "the desk needs a terminal, and there is none",
            code="config.no_terminal",
            hint="Start it in a terminal, or use `moderator queue` and `moderator decide` in scripts.",
        )
    # What comes next is imports, which make no garbage: the backend turns this on again when they are done.
    gc.disable()
    app = DeskApp(connect, look, open_reading, follows_settings=follows_settings)

    def ask_to_leave(status: int) -> None:
        from moderator.tui.messages import LeaveWanted

        # Never waits for the event loop: it may be what hangs.
        app.post_message(LeaveWanted(status))

    with Lifeline(ask_to_leave, app.close_backend, sys.stdin.fileno()):
        try:
            app.run()
        finally:
            app.close_backend(_CLOSE_S)
            gc.enable()
    # The process is about to end: looking for garbage in all of SQLAlchemy once more would take most of a second.
    gc.freeze()
    return app.return_code or app.fatal_status
