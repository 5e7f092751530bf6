"""The desk's colours, none of which carries meaning alone.

By night and by day, for eyes that need contrast, for eyes that mix up red and green, and one without any red for long
hours. A test holds every text to WCAG AA on whatever it may stand on.
"""

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
    "desk-muted": "#959fad",
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
            "desk-good": "#256b30",
            "desk-problem": "#a63d2f",
            "desk-muted": "#5b6168",
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
    # Source of the hues: Okabe and Ito, Color Universal Design (2008), lightened for a dark background.
    Theme(
        name="colour-blind",
        primary="#56b4e9",
        secondary="#4fc3a1",
        accent="#56b4e9",
        warning="#e69f00",
        error="#e0a3c4",
        success="#4fc3a1",
        foreground="#dde2e8",
        background="#101418",
        surface="#161b21",
        panel="#1e242c",
        dark=True,
        variables={
            "desk-priority": "#f0a830",
            "desk-review": "#f0e442",
            "desk-calm": "#56b4e9",
            "desk-good": "#3dba96",
            "desk-problem": "#f4c2de",
            "desk-muted": "#94a0ae",
            "desk-cursor": "#22303f",
            "desk-line": "#2b343e",
            "desk-track": "#3c4650",
            "desk-group": "#8fcdf2",
            "desk-quantifier": "#f0e442",
            "desk-predicate": "#f4c2de",
            "scrollbar": "#3c4650",
            "scrollbar-background": "#101418",
        },
    ),
    Theme(
        name="calm",
        primary="#8fb0c4",
        secondary="#93b5a7",
        accent="#8fb0c4",
        warning="#b9b3dc",
        error="#c3b0dd",
        success="#93b5a7",
        foreground="#c9d1d6",
        background="#171d22",
        surface="#1b2228",
        panel="#212a31",
        dark=True,
        variables={
            "desk-priority": "#b9b3dc",
            "desk-review": "#a5c0c9",
            "desk-calm": "#8fb0c4",
            "desk-good": "#93b5a7",
            "desk-problem": "#c3b0dd",
            "desk-muted": "#919ea8",
            "desk-cursor": "#27343d",
            "desk-line": "#2a353d",
            "desk-track": "#36424b",
            "desk-group": "#9dc0da",
            "desk-quantifier": "#b9b3dc",
            "desk-predicate": "#a9c7b6",
            "scrollbar": "#36424b",
            "scrollbar-background": "#171d22",
        },
    ),
)
"""Themes that the desk brings along, the default first."""
