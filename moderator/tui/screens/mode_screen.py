"""The frame of the modes beside the review: the modes above, what happened and the keys below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.getters import query_one
from textual.widget import Widget

from moderator.text.visible import visible_line
from moderator.tui import messages as told
from moderator.tui.bindings import bind_actions
from moderator.tui.keys import split_keys, with_twins
from moderator.tui.modes import NAMES, Desktop
from moderator.tui.screens.mode_actions import ModeActions
from moderator.tui.widgets.mode_line import ModeLine
from moderator.tui.widgets.status_line import HintLine, StatusLine, TopLine

EVERYWHERE = (*NAMES, "sitting", "help", "palette")
"""Keys that work in every mode."""


class ModeScreen(ModeActions):
    """A mode beside the review: the modes above, its name and state, its own part, what happened, the keys.

    Args:
        desktop: What every mode is made with.
    """

    CSS_PATH: ClassVar[Any] = ["modes.tcss"]
    MODE: ClassVar[str]
    """Its name, one of `modes.NAMES`."""
    KEYS: ClassVar[Mapping[str, str]] = {}
    """Keys of the keymap that mean something here: name in the keymap to the action that it runs."""
    OWN_KEYS: ClassVar[Mapping[str, str]] = {}
    """Further keys: comma-separated keys to the action. Each has one that isn't a single character."""

    top = query_one("#top", TopLine)
    status = query_one("#status", StatusLine)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self.desktop = desktop
        keymap = desktop.keymap
        # The key that leads here leads back, and so do those that leave the desk elsewhere.
        shared = {name: name for name in EVERYWHERE} | {self.MODE: "leave", "quit": "leave"}
        keys = bind_actions(keymap, {**shared, **self.KEYS})
        own = [
            Binding(key, action, show=False, priority=True)
            for given, action in self.OWN_KEYS.items()
            for key in split_keys(with_twins(given))
            if keymap.single_keys or len(key) > 1
        ]
        self._bindings = BindingsMap.merge([keys, BindingsMap([*own, _ESCAPE])])

    def compose(self) -> ComposeResult:
        """Its part, between two lines above and two below."""
        yield ModeLine(self.MODE, self.desktop.keymap, id="modes")
        yield TopLine(id="top")
        yield from self.compose_body()
        yield StatusLine(id="status")
        yield HintLine([*self.hints(), ("esc", "back to the queue")], id="hints")

    def compose_body(self) -> ComposeResult:
        """What stands between the lines."""
        yield Widget()

    def hints(self) -> list[tuple[str, str]]:
        """Keys and words for the bottom line."""
        return []

    def complain(self, message: told.ReadFailed) -> None:
        """Says on the status line what couldn't be read, and what to do."""
        self.status.show(((f" ! {message.problem.text}", "problem"), (f" {message.problem.hint}", "muted")))

    def note(self, text: str) -> None:
        """Says something on the status line."""
        self.status.show(((f" {visible_line(text, 300)}", "muted"),))

    def on_read_failed(self, message: told.ReadFailed) -> None:
        """Something couldn't be read."""
        self.complain(message)

    async def action_never_mind(self) -> None:
        """Gives up what was begun, or goes back to the queue."""
        self.action_leave()

    def action_leave(self) -> None:
        """Back to the queue."""
        self._go("review")


_ESCAPE = Binding("escape", "never_mind", show=False)
