"""The desk's colours. Calm by day and by night; one for eyes that need contrast. None carries meaning alone."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DEFAULT = "dark"

_DARK = {
    "desk-priority": "#e6a65c",
    "desk-review": "#d7c97e",
    "desk-calm": "#7fa8c9",
    "desk-good": "#8fbf94",
    "desk-problem": "#e08d79",
    "desk-muted": "#8b95a3",
    "desk-cursor": "#2a3442",
    "desk-line": "#2b323c",
    "desk-track": "#3a424d",
    "desk-group": "#9fc5e8",
    "desk-quantifier": "#c9b6e4",
    "desk-predicate": "#e3b7a0",
}

VARIABLE_DEFAULTS: Mapping[str, str] = _DARK
"""The desk's own variables, for themes that don't know them."""

_DIM_SCROLLBAR = {
    "scrollbar": "#3a424d",
    "scrollbar-hover": "#4a5563",
    "scrollbar-active": "#5a6677",
    "scrollbar-background": "#14181d",
    "scrollbar-background-hover": "#14181d",
    "scrollbar-background-active": "#14181d",
}

THEMES: tuple[Theme, ...] = (
    Theme(
        name="dark",
        primary="#7fa8c9",
        secondary="#8fbf94",
        accent="#7fa8c9",
        warning="#e6a65c",
        error="#e08d79",
        success="#8fbf94",
        foreground="#d5dae1",
        background="#14181d",
        surface="#191e25",
        panel="#20262f",
        dark=True,
        variables={**_DARK, **_DIM_SCROLLBAR},
    ),
    Theme(
        name="light",
        primary="#2f6690",
        secondary="#3a7d44",
        accent="#2f6690",
        warning="#9a5b00",
        error="#a63d2f",
        success="#2f7d3b",
        foreground="#22272e",
        background="#f4f2ec",
        surface="#fbfaf6",
        panel="#e9e6de",
        dark=False,
        variables={
            "desk-priority": "#9a4f00",
            "desk-review": "#6f6200",
            "desk-calm": "#2f6690",
            "desk-good": "#2f7d3b",
            "desk-problem": "#a63d2f",
            "desk-muted": "#676d75",
            "desk-cursor": "#dfe7ee",
            "desk-line": "#dcd8ce",
            "desk-track": "#cfcabd",
            "desk-group": "#1f5f99",
            "desk-quantifier": "#6a4a9c",
            "desk-predicate": "#8a4b28",
            "scrollbar": "#cfcabd",
            "scrollbar-background": "#f4f2ec",
        },
    ),
    Theme(
        name="high-contrast",
        primary="#6cc5ff",
        secondary="#7dff9a",
        accent="#ffff66",
        warning="#ffc04d",
        error="#ff9d8a",
        success="#7dff9a",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1c1c1c",
        dark=True,
        variables={
            "desk-priority": "#ffc04d",
            "desk-review": "#ffff66",
            "desk-calm": "#6cc5ff",
            "desk-good": "#7dff9a",
            "desk-problem": "#ff9d8a",
            "desk-muted": "#c8c8c8",
            "desk-cursor": "#0b3d66",
            "desk-line": "#6a6a6a",
            "desk-track": "#6a6a6a",
            "desk-group": "#8fd3ff",
            "desk-quantifier": "#e0b3ff",
            "desk-predicate": "#ffc9a8",
            "scrollbar": "#c8c8c8",
            "scrollbar-background": "#000000",
        },
    ),
)
"""Themes that the desk brings along, the default first."""
