"""Ends the desk when its terminal is gone or the system asks, within a second and whatever the event loop is doing.

Textual doesn't notice that its terminal went away: its input thread reads end-of-file for ever at full speed, or dies
of an error, while its output thread fails and the loop waits for it. So a thread of our own watches the terminal, lets
the last decisions be written and the leases be freed, and then ends the process without asking anybody.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_GRACE_S = 0.7
"""For a proper end. With the interpreter's own time it stays under a second."""

_LOOK_MS = 500
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
# Leave the alternate screen, show the cursor, end mouse, focus, paste and key reports: what a killed desk left on.
_RESTORE = b"\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[<u"


class Lifeline:
    """Watches terminal and signals while the desk is open. Use it as a context manager in the main thread.

    Args:
        ask_to_leave: Asks the desk to end by itself with an exit status; called in the watching thread.
        last_words: Writes what must not be lost, at most that many seconds; called in the watching thread.
        terminal: File descriptor of the terminal; `None` watches signals only.
    """

    def __init__(
        self, ask_to_leave: Callable[[int], object], last_words: Callable[[float], object], terminal: int | None
    ) -> None:
        self._ask_to_leave = ask_to_leave
        self._last_words = last_words
        self._terminal = terminal
        self._left = threading.Event()
        self._before: dict[signal.Signals, Any] = {}
        self._saved: list[Any] | None = None
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._ring, False)

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._on_signal)
        if self._terminal is not None:
            try:
                self._saved = termios.tcgetattr(self._terminal)
            except termios.error:
                self._saved = None
        threading.Thread(target=self._watch, name="moderator-lifeline", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # In a handler only this is sure to be allowed: the thread does the rest.
        os.write(self._ring, bytes([number]))

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if self._terminal is not None:
            poll.register(self._terminal, 0)
        while not self._left.is_set():
            for descriptor, event in poll.poll(_LOOK_MS):
                if descriptor == self._terminal and event & _GONE:
                    self._end(128 + signal.SIGHUP)
                elif descriptor == self._bell:
                    self._leave(128 + os.read(self._bell, 1)[0])

    def _leave(self, status: int) -> None:
        """Lets the desk go by itself, but not for long, and not at all if the terminal goes meanwhile."""
        self._ask_to_leave(status)
        waited_s = 0.0
        while waited_s < _GRACE_S and not self._terminal_gone():
            if self._left.wait(0.05):
                return
            waited_s += 0.05
        self._end(status)

    def _terminal_gone(self) -> bool:
        if self._terminal is None:
            return False
        poll = select.poll()
        poll.register(self._terminal, 0)
        return any(event & _GONE for _, event in poll.poll(0))

    def _end(self, status: int) -> None:
        if self._left.is_set():
            return
        words = threading.Thread(target=self._last_words, args=(_GRACE_S,), daemon=True)
        words.start()
        words.join(_GRACE_S)
        if not self._terminal_gone():
            self._restore()
        os._exit(status)

    def _restore(self) -> None:
        try:
            os.set_blocking(sys.__stderr__.fileno(), False)  # pyright: ignore[reportOptionalMemberAccess]
            os.write(2, _RESTORE)
            if self._terminal is not None and self._saved is not None:
                termios.tcsetattr(self._terminal, termios.TCSANOW, self._saved)
        except (OSError, termios.error):
            return
