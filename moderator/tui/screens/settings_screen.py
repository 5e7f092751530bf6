"""The desk while its settings change: taken over whole, or refused whole with the reason, and never in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import App

from moderator.text.visible import Visible, visible, visible_line
from moderator.tui import messages as told
from moderator.tui.backend import Rank
from moderator.tui.modes import Desktop
from moderator.tui.screens.desk_screen import DeskScreen
from moderator.tui.settings_errands import SettingsFollower, SettingsRefused, SettingsTaken

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

_LOOK_S = 0.4
_SHOWN_S = 12.0


class SettingsScreen(DeskScreen):
    """The part of the review screen that follows the settings' files."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._follows = desktop.follows_settings
        self._follower = SettingsFollower()

    def on_mount(self) -> None:
        """Looks at the files from now on."""
        if self._follows:
            self.set_interval(_LOOK_S, self.look_at_settings)

    def look_at_settings(self) -> None:
        """Has the files looked at; a change that is at rest is taken over."""
        self.backend.submit(
            self._follower.look,
            self,
            rank=Rank.POLL,
            doing="reading the changed settings",
            failed=SettingsRefused,
            key="settings",
        )

    def on_settings_taken(self, message: SettingsTaken) -> None:
        """Other settings are in force: what is shown is read again under them."""
        # Textual leaves open what the app returns.
        app = cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]
        if message.theme in app.available_themes:
            app.theme = message.theme
        self._tell("The settings have changed", "\n".join(message.lines), problem=False)
        self.say(((f" {message.summary}", "strong"),))
        if message.reroutes:
            self.backend.submit(self._reroute, self, rank=Rank.POLL, doing="putting comments in their new places")
            self.desk.others_wrote(*self.queue.visible_range())

    def _reroute(self, services: Services) -> None:
        self.scoring.reroute(services)

    def on_settings_refused(self, message: SettingsRefused) -> None:
        """The settings can't be taken over: those from before stay in force, and so does everything else."""
        problem: told.Problem = message.problem
        said = f"{problem.text}\n{problem.hint}" if problem.hint else problem.text
        self._tell("The changed settings can't be used; those from before stay", said, problem=True)
        self.say(((" The changed settings can't be used; those from before stay.", "strong"),))

    def _tell(self, title: str, text: str, *, problem: bool) -> None:
        severity = "warning" if problem else "information"
        shown: Visible = visible(text)
        self.notify(shown, title=visible_line(title), severity=severity, markup=False, timeout=_SHOWN_S)
