"""A widget that only holds others."""

from __future__ import annotations

from textual.widget import Widget


class Box(Widget):
    """Holds others and shows nothing itself.

    Textual has containers for that, but each kind brings a style sheet to be parsed before the first comment is shown.
    """

    def render(self) -> str:
        """Nothing. A bare widget would show its own name."""
        return ""
