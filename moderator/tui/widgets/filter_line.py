"""A line to type into: filter, note, number. While it's open no single key is a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from moderator.text.visible import Visible
from moderator.tui.messages import LineEntered
from moderator.tui.wording import joined

_MOST_WAYS = 6


class EntryLine(Vertical):
    """A prompt, an input and a line of help beneath it. Enter accepts; its screen knows how to give up.

    Args:
        prompt: What is asked for, in a word.
        value: What to start with.
        hint: A line of help.
        completer: Gives what the line may go on as, whole lines, the likeliest first. Tab takes the first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", show=False, priority=True)]

    def __init__(
        self,
        prompt: Visible,
        value: str,
        hint: Visible,
        completer: Callable[[str], list[str]] | None = None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.entry = Input(value, placeholder=prompt, compact=True, select_on_focus=False)
        self._hint = hint
        self._completer = completer

    def compose(self) -> ComposeResult:
        """Prompt and input, then the hint."""
        yield self.entry
        yield Static(self._hint, markup=False, classes="hint")

    def complain(self, text: Visible, at: int | None = None) -> None:
        """Says what is wrong with the line, beneath it, and puts the cursor where it is."""
        self._say(text, problem=True)
        if at is not None:
            self.entry.cursor_position = at

    def _say(self, text: Visible, *, problem: bool = False) -> None:
        hint = self.query_one(".hint", Static)
        hint.update(text)
        hint.set_class(problem, "-problem")

    def action_complete(self) -> None:
        """Takes the likeliest way the line may go on."""
        lines = self._completer(self.entry.value) if self._completer is not None else []
        if lines:
            self.entry.value = lines[0]
            self.entry.cursor_position = len(lines[0])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Shows how the line may go on."""
        event.stop()
        if self._completer is None or not self.is_mounted:
            return
        ways = self._completer(event.value)[:_MOST_WAYS]
        last = max(event.value.rfind(" ") + 1, 0)
        said = joined("tab completes", *(way[last:] for way in ways)) if ways else self._hint
        self._say(said)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(LineEntered(event.value))
