"""One person's time at the desk: how long, how fast, how much of the hard kind, and when they wanted to stop.

It is theirs alone. It lives in memory, ends with the desk, and is written nowhere: not to the database, not to the log,
not into an export. There is nothing here by which one person could be held against another.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_PAUSE_S = 300.0
"""Without a sign of life for that long, somebody has been away: that isn't time at work."""

_PACE_S = 900.0
_AGAIN_S = 600.0
_MINUTE_S = 60.0
STEP_MIN = 15
STEP_SEVERE = 10


@dataclass(frozen=True, slots=True)
class SittingView:
    """A sitting at one moment.

    Attributes:
        open_s: Since the desk was opened.
        at_work_s: Of that, without pauses of five minutes and more.
        since_pause_s: Without such a pause.
        decided: Decisions saved.
        pace: Decisions an hour, over the last quarter of an hour at most; `None` in the first minute.
        severe: Comments with severe words that were on screen.
        shown: Of those, how many were read with their words shown.
        stop_after_min: Wanted end, in minutes at work; 0 for none.
        stop_after_severe: Wanted end, in comments with severe words; 0 for none.
    """

    open_s: float
    at_work_s: float
    since_pause_s: float
    decided: int
    pace: float | None
    severe: int
    shown: int
    stop_after_min: int
    stop_after_severe: int

    @property
    def over(self) -> bool:
        """Whether a wanted end is reached."""
        long = bool(self.stop_after_min) and self.at_work_s >= self.stop_after_min * _MINUTE_S
        return long or (bool(self.stop_after_severe) and self.severe >= self.stop_after_severe)


class Sitting:
    """Counts one sitting.

    Args:
        stop_after_min: Wanted end, in minutes at work; 0 for none.
        clock: Monotonic seconds.
    """

    def __init__(self, stop_after_min: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stop_after_min = stop_after_min
        self._stop_after_severe = 0
        self._opened_s = self._last_s = self._resumed_s = clock()
        self._at_work_s = 0.0
        self._decided = 0
        self._recent: deque[float] = deque()
        self._severe: set[int] = set()
        self._shown: set[int] = set()
        self._reminded_s: float | None = None

    def saw(self, comment_id: int, *, severe: bool, shown: bool) -> None:
        """A comment is on screen.

        Args:
            comment_id: Which.
            severe: It has words that are masked until asked for.
            shown: They are shown.
        """
        self._touch()
        if severe:
            self._severe.add(comment_id)
            if shown:
                self._shown.add(comment_id)

    def decided(self, count: int = 1) -> None:
        """Decisions were saved."""
        now_s = self._touch()
        self._decided += count
        self._recent.extend([now_s] * min(count, 1))

    def wish(self, *, minutes: int = 0, severe: int = 0) -> None:
        """Moves the wanted ends by so much; below one step there is none."""
        self._stop_after_min = max(self._stop_after_min + minutes, 0)
        self._stop_after_severe = max(self._stop_after_severe + severe, 0)
        self._reminded_s = None

    def look(self) -> SittingView:
        """How it stands now."""
        now_s = self._clock()
        while self._recent and now_s - self._recent[0] > _PACE_S:
            self._recent.popleft()
        idle_s = now_s - self._last_s
        at_work_s = self._at_work_s + (idle_s if idle_s < _PAUSE_S else 0.0)
        measured_s = min(at_work_s, _PACE_S)
        return SittingView(
            open_s=now_s - self._opened_s,
            at_work_s=at_work_s,
            since_pause_s=now_s - self._resumed_s if idle_s < _PAUSE_S else 0.0,
            decided=self._decided,
            pace=len(self._recent) * 3600 / measured_s if measured_s >= _MINUTE_S else None,
            severe=len(self._severe),
            shown=len(self._shown),
            stop_after_min=self._stop_after_min,
            stop_after_severe=self._stop_after_severe,
        )

    def is_time_to_say_so(self) -> bool:
        """Whether a wanted end is reached and it wasn't said in the last ten minutes. Says yes once."""
        now_s = self._clock()
        if not self.look().over or (self._reminded_s is not None and now_s - self._reminded_s < _AGAIN_S):
            return False
        self._reminded_s = now_s
        return True

    def _touch(self) -> float:
        now_s = self._clock()
        idle_s = now_s - self._last_s
        if idle_s < _PAUSE_S:
            self._at_work_s += idle_s
        else:
            self._resumed_s = now_s
        self._last_s = now_s
        return now_s
