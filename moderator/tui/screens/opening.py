"""The first frame: the desk's outline, drawn before anything that takes time is even imported."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.screen import Screen

from moderator.tui.keys import Keymap, with_twins
from moderator.tui.widgets.status_line import HintLine, StatusLine, TopLine


class OpeningScreen(Screen[None]):
    """Title and keys; the review screen takes its place a moment later and looks the same."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._bindings = BindingsMap([Binding(with_twins(keymap.keys["quit"]), "app.quit", show=False)])

    def compose(self) -> ComposeResult:
        """The line above, the two below."""
        yield TopLine(((" moderator", "strong"),), id="top")
        yield StatusLine(((" Opening the database…", "muted"),), id="status")
        yield HintLine(self._keymap.hints(), id="hints")
