"""What time it is, as a value that is handed in: so that a test can hold it still."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the time now, UTC milliseconds since 1970."""


def system_clock() -> int:
    """The machine's time, UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000
