"""Keeps the comment on screen reserved, so that two people never decide the same one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

_AGAIN_S = 3.0
_SETTLE_S = 0.15
"""How long the cursor has to rest: scrolling past a comment doesn't reserve it."""


class _Desk(Protocol):
    def lease(self, comment_id: int) -> None: ...

    def release(self, comment_id: int) -> None: ...


class _Timer(Protocol):
    def stop(self) -> None: ...


class LeaseKeeper:
    """Follows the cursor: reserves where it rests, renews, frees what it left.

    Args:
        desk: Who talks to the database.
        wake_after: Calls a function after some seconds, in the event loop.
        lease_s: How long a lease lasts without a sign of life, in seconds.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        desk: _Desk,
        wake_after: Callable[[float, Callable[[], None]], _Timer],
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._wake_after = wake_after
        self._renew_s = lease_s / 3
        self._clock = clock
        self._wanted: int | None = None
        self._leased: int | None = None
        self._due_s = 0.0
        self._timer: _Timer | None = None
        self._fires_s = 0.0

    def rest_on(self, comment_id: int | None) -> None:
        """The cursor is on a comment now, or on none; it is reserved if it stays there."""
        if comment_id == self._wanted:
            return
        self._free()
        self._wanted = comment_id
        self._due_s = self._clock() + _SETTLE_S
        # While the cursor runs, one timer is enough: it looks again when it fires.
        if comment_id is not None and (self._timer is None or self._fires_s > self._due_s):
            self._arm(_SETTLE_S)

    def refused(self, comment_id: int) -> None:
        """Somebody else has it: asks again before long, for as long as the cursor stays."""
        if self._leased == comment_id:
            self._leased = None
        if self._wanted == comment_id:
            self._due_s = self._clock() + _AGAIN_S
            self._arm(_AGAIN_S)

    def decided(self, comment_id: int) -> None:
        """A decision was made: it frees the comment by itself."""
        if self._leased == comment_id:
            self._leased = None
        if self._wanted == comment_id:
            self._wanted = None

    def _arm(self, after_s: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._fires_s = self._clock() + after_s
        self._timer = self._wake_after(after_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._wanted is None:
            return
        left = self._due_s - self._clock()
        if left > 0.005:  # noqa: PLR2004 - five milliseconds early is on time
            self._arm(left)
            return
        self._leased = self._wanted
        self._desk.lease(self._wanted)
        self._due_s = self._clock() + self._renew_s
        self._arm(self._renew_s)

    def _free(self) -> None:
        if self._leased is not None:
            self._desk.release(self._leased)
            self._leased = None
