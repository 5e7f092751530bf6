"""What a person sees once, when the desk is opened for the first time."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from moderator.tui.keys import Keymap
from moderator.tui.widgets.cells import columns

_NAME = 10


class WelcomeScreen(ModalScreen[None]):
    """A few lines over the desk, gone with the first key or click, which does nothing else: nobody decides by accident.

    Args:
        keymap: The keys in force.
    """

    CSS_PATH: ClassVar[Any] = ["help.tcss"]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """What this is, the first keys, and what it promises."""
        shown = self._keymap.shown
        first = (
            ("approve", "approve; the next comment is there at once"),
            ("reject", "reject, then one key for the reason"),
            ("undo", "undo, as far back as you like"),
            ("reveal", "show masked words; they are masked again when you go on"),
            ("help", "all keys"),
            ("palette", "everything by name, and other colours"),
        )
        with Vertical(id="help"):
            yield Static(Content("Welcome to the desk"), classes="title")
            yield Static(
                Content("The riskiest comment is on top, with the scores that put it there. They advise, you decide."),
                classes="group",
            )
            yield Static(
                columns(((shown(action), text) for action, text in first), _NAME), classes="keys", markup=False
            )
            yield Static(
                Content("Nothing leaves this machine unless a site is connected. Every decision can be taken back."),
                classes="group",
            )
            yield Static(Content("Any key begins. This is shown once."), classes="foot")

    def on_key(self, event: events.Key) -> None:
        """Any key begins."""
        event.stop()
        event.prevent_default()
        self.dismiss(None)

    def on_click(self) -> None:
        """So does a click."""
        self.dismiss(None)
