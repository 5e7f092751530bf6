"""What the desk lays over any mode: the keys, everything by name, your session, the welcome. And the one reminder."""

# ruff: noqa: PLC0415  # what the first frame doesn't need is imported when it's needed

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from moderator.domain.decision import Reason
    from moderator.tui.batch_messages import ManyDecided
    from moderator.tui.keys import Keymap
    from moderator.tui.sitting import Sitting

log = logging.getLogger(__name__)

_REMIND_S = 15.0


class Overlays(App[None]):
    """The part of the app that opens overlays. They are the app's, because they may lie over every mode."""

    keymap: Keymap
    _reasons: tuple[Reason, ...] = ()
    _sitting: Sitting | None = None

    def begin_sitting(self, sitting: Sitting) -> None:
        """Counts from now on, and reminds once a wanted end is reached."""
        self._sitting = sitting
        self.set_interval(_REMIND_S, self.remind)

    def on_decision_saved(self) -> None:
        """A decision more."""
        if self._sitting is not None:
            self._sitting.decided()

    def on_many_decided(self, message: ManyDecided) -> None:
        """Many decisions at once."""
        if self._sitting is not None:
            self._sitting.decided(len(message.batch.outcomes))

    def remind(self) -> None:
        """Says that the wanted end is reached. It locks nothing."""
        if self._sitting is not None and self._sitting.is_time_to_say_so():
            said = f"You wanted to stop about now. {self.keymap.shown('quit')} leaves the desk; the queue will wait."
            self.notify(said, title="Your session", markup=False, timeout=20)

    def on_sitting_wanted(self) -> None:
        """Lays this person's session over everything."""
        if self._sitting is not None:
            from moderator.tui.screens.sitting import SittingScreen

            self.push_screen(SittingScreen(self._sitting))

    def on_palette_wanted(self) -> None:
        """Everything by name."""
        self.action_command_palette()

    def on_help_wanted(self) -> None:
        """Lays the list of keys over everything."""
        from moderator.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.keymap, self._reasons))

    def welcome(self, seen: Path | None) -> None:
        """Says once what this is and how to begin.

        Args:
            seen: A file that is there when it was said, and is made then; `None` says nothing.
        """
        if seen is None or seen.exists():
            return
        from moderator.tui.screens.welcome import WelcomeScreen

        try:
            seen.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            seen.touch(mode=0o600)
        except OSError as error:
            # It will be said again next time, which harms nobody.
            log.info("the welcome can't be noted as seen", exc_info=error)
        self.push_screen(WelcomeScreen(self.keymap))
