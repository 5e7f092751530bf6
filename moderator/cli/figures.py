"""Figures as people and programs get them."""

from __future__ import annotations

import math


def number(value: float | None) -> float | None:
    """A figure as JSON has it: rounded, and `None` where it isn't defined."""
    return None if value is None or not math.isfinite(value) else round(value, 6)


def figure(value: float | None, digits: int = 3) -> str:
    """A figure for people; a dash where it isn't defined."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
