"""Your session, over the desk: for your eyes, and for a stop of your own."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from moderator.tui.sitting import STEP_MIN, STEP_SEVERE, Sitting, SittingView
from moderator.tui.wording import duration, number, plural

_NAME = 26


class SittingScreen(ModalScreen[None]):
    """An overlay with the sitting's figures and keys for its wanted end.

    Args:
        sitting: Whose figures are shown.
    """

    CSS_PATH: ClassVar[Any] = ["help.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f7,enter", "close", show=False),
        Binding("plus,right,equals_sign", f"wish({STEP_MIN}, 0)", show=False),
        Binding("minus,left", f"wish({-STEP_MIN}, 0)", show=False),
        Binding("up", f"wish(0, {STEP_SEVERE})", show=False),
        Binding("down", f"wish(0, {-STEP_SEVERE})", show=False),
    ]

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self._sitting = sitting

    def compose(self) -> ComposeResult:
        """Figures, the wanted end, and whom they are for."""
        with Vertical(id="help"):
            yield Static(Content("Your session"), classes="title")
            yield Static(id="sitting", markup=False)
            yield Static(
                Content(
                    "+ and - (or ← →) set a stop by time, ↑ ↓ one by severe comments. It only reminds you: nothing is "
                    "locked. These figures stay in memory and end with the desk. Nobody else sees them."
                ),
                classes="group",
            )
            yield Static(Content("esc closes"), classes="foot")

    def on_mount(self) -> None:
        """Keeps the figures true while they are looked at."""
        self._draw()
        self.set_interval(1.0, self._draw)

    def _draw(self) -> None:
        self.query_one("#sitting", Static).update(said(self._sitting.look()))

    def action_wish(self, minutes: int, severe: int) -> None:
        """Moves a wanted end."""
        self._sitting.wish(minutes=minutes, severe=severe)
        self._draw()

    def action_close(self) -> None:
        """Back to the desk."""
        self.dismiss(None)


def said(view: SittingView) -> Content:
    """A sitting's figures, a line each."""
    rows = (
        ("at work", f"{duration(view.at_work_s)}, {duration(view.since_pause_s)} without a break"),
        ("decided", number(view.decided)),
        ("pace", "too early to say" if view.pace is None else f"{view.pace:.0f} an hour"),
        ("with severe words", f"{plural(view.severe, 'comment')}, {number(view.shown)} of them read unmasked"),
        ("stop after", f"{view.stop_after_min} minutes at work" if view.stop_after_min else "no time set"),
        ("", f"{view.stop_after_severe} severe comments" if view.stop_after_severe else "no number of severe ones set"),
    )
    lines = [Content.assemble((f"{name:<{_NAME}}", "bold"), text) for name, text in rows]
    if view.over:
        lines.append(Content.assemble(("You wanted to stop here.", "bold"), " The queue will wait; q leaves the desk."))
    return Content("\n").join(lines)
