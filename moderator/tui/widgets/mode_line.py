"""The names of the modes with their keys, the one at hand marked; a click goes to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from moderator.tui.keys import Keymap
from moderator.tui.modes import NAMES, REVIEW
from moderator.tui.widgets.cells import lay
from moderator.tui.widgets.painted import Painted
from moderator.tui.widgets.status_line import Parts

_SITTING = "sitting"


class ModeLine(Painted):
    """One line: every mode and its key, and your session, which lies over any of them.

    Args:
        mode: The one at hand.
        keymap: The keys in force.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"modes--key", "modes--name", "modes--here"}

    @dataclass(eq=False, repr=False)
    class Picked(Message):
        """A mode's name was clicked, or `sitting`."""

        mode: str

    def __init__(self, mode: str, keymap: Keymap, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._mode = mode
        self._keys = _keys(keymap)

    def paint_line(self, y: int, width: int) -> Strip:  # noqa: ARG002 - there's only one line
        """Key and name, key and name."""
        key, name, here = (self.style(f"modes--{part}") for part in ("key", "name", "here"))
        parts = [
            part
            for mode, pressed in self._keys.items()
            for part in (
                (f" {pressed}", here if mode == self._mode else key),
                (f"{_title(mode, self._mode)} ", here if mode == self._mode else name),
            )
        ]
        return lay(parts, width, self.base)

    def on_click(self, event: events.Click) -> None:
        """Goes to the mode under the pointer."""
        end = 0
        for mode, pressed in self._keys.items():
            end += cell_len(pressed) + cell_len(_title(mode, self._mode)) + 2
            if event.x < end:
                self.post_message(self.Picked(mode))
                return


def elsewhere(keymap: Keymap) -> Parts:
    """The same in words for the status line, where the terminal has no room for a line of its own."""
    return tuple(
        part
        for mode, pressed in _keys(keymap).items()
        if mode != REVIEW and pressed
        for part in ((f" {pressed}", "strong"), (f" {_name(mode)} ", "muted"))
    )


def _keys(keymap: Keymap) -> dict[str, str]:
    """The last key of each: a function key means the same in every mode."""
    return {name: next(reversed(keymap.shown_all(name)), "").upper() for name in (*NAMES, _SITTING)}


def _name(mode: str) -> str:
    return "session" if mode == _SITTING else mode


def _title(mode: str, here: str) -> str:
    # The brackets say it without colour.
    return f"[{_name(mode)}]" if mode == here else f" {_name(mode)} "
