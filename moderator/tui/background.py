"""Scores waiting comments while people work, in a thread that mostly waits for the scorer's own process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from moderator.tui.backend import Mailbox
from moderator.tui.messages import ScoringFailed, ScoringMoved, describe

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

log = logging.getLogger(__name__)

_TELL_S = 0.5
"""A word on progress at most this often."""


class BackgroundScoring:
    """One thread that scores what waits, what is on screen first, and sleeps until it's told that there's more.

    Args:
        reply_to: Hears how it goes.
        on_screen: Comments to score first. Called in the thread.
    """

    def __init__(self, reply_to: Mailbox, on_screen: Callable[[], tuple[int, ...]]) -> None:
        self._reply_to = reply_to
        self._on_screen = on_screen
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._rerouting = threading.Event()
        self._thread: threading.Thread | None = None
        self._told_s = 0.0

    def start(self, services: Services) -> None:
        """Starts scoring; does nothing where it runs already."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, args=(services,), name="moderator-scoring", daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """There may be more to score."""
        self._wake.set()

    def reroute(self, services: Services) -> None:
        """The policy, or who scores, has changed: puts what waits in its new place after the batch at hand."""
        self._rerouting.set()
        self._wake.set()
        if self._thread is not None and not self._thread.is_alive():
            # It had given up; with other settings it may work again.
            self._thread = None
            self.start(services)

    def stop(self, timeout_s: float) -> None:
        """Stops after the batch at hand, or leaves the thread to die with the process."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, services: Services) -> None:
        while not self._stop.is_set():
            try:
                if self._rerouting.is_set():
                    self._reroute(services)
                done = services.scoring.run(
                    first_ids=self._on_screen, progress=self._progress, should_stop=self._interrupted
                )
            except Exception as error:
                log.warning("scoring stopped", exc_info=error)
                self._tell(ScoringFailed(describe(error, "scoring comments")))
                return
            if done.scored + done.failed:
                self._tell(ScoringMoved(done.scored + done.failed, 0, done.failed))
            if not self._rerouting.is_set():
                self._wake.wait()
                self._wake.clear()

    def _reroute(self, services: Services) -> None:
        self._rerouting.clear()
        services.retire()
        moved = services.scoring.reroute(services.policy, should_stop=self._interrupted)
        self._tell(ScoringMoved(moved, 0, 0))

    def _interrupted(self) -> bool:
        return self._stop.is_set() or self._rerouting.is_set()

    def _progress(self, done: int, total: int, _per_second: float) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            self._tell(ScoringMoved(done, max(total - done, 1), 0))

    def _tell(self, message: ScoringMoved | ScoringFailed) -> None:
        try:
            self._reply_to.post_message(message)
        except RuntimeError:
            # The event loop is gone, and with it everybody who could be told.
            self._stop.set()
