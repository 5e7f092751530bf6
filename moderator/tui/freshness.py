"""When a list that others changed is read again: soon, but never under somebody's fingers or again and again."""

from __future__ import annotations

_QUIET_S = 0.4
_PATIENCE_S = 30.0
_CALM = 20
"""A list that took a second to read isn't read again for this many seconds."""


class Freshness:
    """Knows since when the list is stale and whether now is the time. All times are monotonic seconds."""

    def __init__(self) -> None:
        self._stale_since_s: float | None = None
        self._next_s = 0.0
        self._touched_s = 0.0

    def touch(self, now_s: float) -> None:
        """A key was pressed: the list waits until the hands are still."""
        self._touched_s = now_s

    def spoil(self, now_s: float) -> None:
        """Somebody changed what is listed."""
        if self._stale_since_s is None:
            self._stale_since_s = now_s

    def hurry(self) -> None:
        """Whatever was said about waiting, the next look reads."""
        self._next_s = self._touched_s = 0.0

    def was_read(self, now_s: float, took_s: float) -> None:
        """The list was read, which took so long."""
        self._stale_since_s = None
        self._next_s = now_s + max(1.0, took_s * _CALM)

    def is_due(self, now_s: float) -> bool:
        """Whether to read the list now. Says yes once, then waits for `was_read` or runs out of patience."""
        if self._stale_since_s is None or now_s < self._next_s:
            return False
        if now_s - self._touched_s < _QUIET_S and now_s - self._stale_since_s < _PATIENCE_S:
            return False
        self._next_s = now_s + _PATIENCE_S
        return True
