"""The keys that work in every mode."""

from __future__ import annotations

from textual.screen import Screen

from moderator.tui import messages as told
from moderator.tui.widgets.mode_line import ModeLine


class ModeActions(Screen[None]):
    """Keys that work in every mode: the other modes, the keys, the palette."""

    def _go(self, mode: str) -> None:
        self.post_message(told.ModeWanted(mode))

    def on_mode_line_picked(self, message: ModeLine.Picked) -> None:
        """A mode's name was clicked."""
        if message.mode == "sitting":
            self.action_sitting()
        else:
            self._go(message.mode)

    def action_review(self) -> None:
        """To the queue."""
        self._go("review")

    def action_history(self) -> None:
        """To the decisions made."""
        self._go("history")

    def action_insights(self) -> None:
        """To the figures."""
        self._go("insights")

    def action_tuning(self) -> None:
        """To the thresholds."""
        self._go("tuning")

    def action_sources(self) -> None:
        """To where comments come from."""
        self._go("sources")

    def action_sitting(self) -> None:
        """Opens this person's session."""
        self.post_message(told.SittingWanted())

    def action_palette(self) -> None:
        """Opens everything by name."""
        self.post_message(told.PaletteWanted())

    def action_help(self) -> None:
        """Opens the list of keys."""
        self.post_message(told.HelpWanted())
