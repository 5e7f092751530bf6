"""A line to type into, for the filter and for notes. While it's open no single key is a command."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from moderator.text.visible import Visible
from moderator.tui.messages import LineEntered


class EntryLine(Vertical):
    """A prompt, an input and a line of help beneath it. Enter accepts; its screen knows how to give up.

    Args:
        prompt: What is asked for, in a word.
        value: What to start with.
        hint: A line of help.
    """

    def __init__(self, prompt: Visible, value: str, hint: Visible, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.entry = Input(value, placeholder=prompt, compact=True, select_on_focus=False)
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Prompt and input, then the hint."""
        yield self.entry
        yield Static(self._hint, markup=False, classes="hint")

    def complain(self, text: Visible) -> None:
        """Says what is wrong with the line, beneath it."""
        hint = self.query_one(".hint", Static)
        hint.update(text)
        hint.add_class("-problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(LineEntered(event.value))
