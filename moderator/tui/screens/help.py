"""The keys, as they are in force: made from the same table as the bindings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from moderator.domain.decision import Reason
from moderator.text.visible import visible_line
from moderator.tui.keys import KEYS, Keymap

_KEY_WIDTH = 14


class HelpScreen(ModalScreen[None]):
    """An overlay with every key, the reasons, and what the signs mean."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "close", "close", show=False),
        Binding("j,down", "down", show=False),
        Binding("k,up", "up", show=False),
    ]

    def __init__(self, keymap: Keymap, reasons: Sequence[Reason]) -> None:
        super().__init__()
        self._keymap = keymap
        self._reasons = reasons

    def compose(self) -> ComposeResult:
        """Columns of keys."""
        with VerticalScroll(id="help"):
            yield Static(Content("Keys"), classes="title")
            for group, keys in groupby(KEYS, key=attrgetter("group")):
                yield Static(Content(group), classes="group")
                for key in keys:
                    shown = " ".join(self._keymap.shown_all(key.id))
                    yield Static(Content.assemble((f"{shown:<{_KEY_WIDTH}}", "bold"), key.title))
            yield Static(Content("Reasons, after the key for rejecting"), classes="group")
            for reason in self._reasons:
                yield Static(Content.assemble((f"{reason.key:<{_KEY_WIDTH}}", "bold"), visible_line(reason.title)))
            yield Static(Content("A number before a key repeats it: 5 j, 3 Space, 12 G"), classes="group")
            yield Static(Content("Signs"), classes="group")
            for sign, meaning in _SIGNS:
                yield Static(Content.assemble((f"{sign:<{_KEY_WIDTH}}", "bold"), meaning))
            yield Static(
                Content("On a Russian or Ukrainian layout the same places on the keyboard work."), classes="group"
            )
            yield Static(Content("esc closes"), classes="foot")

    def action_close(self) -> None:
        """Back to the desk."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Reads on."""
        self.query_one(VerticalScroll).scroll_relative(y=3, animate=False)

    def action_up(self) -> None:
        """Reads back."""
        self.query_one(VerticalScroll).scroll_relative(y=-3, animate=False)


_SIGNS = (
    ("▲", "a score reached its upper threshold: look first"),
    ("●", "a score reached its threshold: look"),
    ("·", "nothing reached a threshold"),
    ("?", "not scored"),
    ("✓ ✗ ↑ ◷", "approved, rejected, escalated, deferred"),
    ("» * ◆", "skipped, marked, open with a colleague"),
    ("!", "a decision came back; its row says why"),
    ("≈", "others say nearly the same"),
    ("▰▱", "how long a decision is still held from its site"),
    ("┼ ╋", "where a threshold is on a score's bar"),
)
