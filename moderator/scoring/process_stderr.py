"""What a scorer's process writes to stderr: kept for error sentences and the log, never with a comment's text in it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from typing import BinaryIO

from moderator.text.visible import visible_line

_log = logging.getLogger(__name__)

_KEPT_LINES = 6
_LOGGED_LINES = 200
_LINE_CHARS = 200
_QUOTE_CHARS = 8
WITHHELD = "(a line is withheld: it may quote a comment)"


class ErrorLines:
    """Reads a pipe to its end in a thread, so that the child never blocks on it.

    Args:
        pipe: The child's stderr.
        name: The scorer's name, for the log.
    """

    def __init__(self, pipe: BinaryIO, name: str) -> None:
        self._pipe = pipe
        self._name = name
        self._tail: deque[str] = deque(maxlen=_KEPT_LINES)
        # The child may still be writing about the batch before: its lines reach us after its answer.
        self._batches: deque[str] = deque(maxlen=2)
        self._thread = threading.Thread(target=self._read, name=f"stderr of {name}", daemon=True)
        self._thread.start()

    def in_flight(self, texts: Iterable[str]) -> None:
        """Says which texts the child has from now on: no line that shares words with them is kept."""
        self._batches.append("\n".join(texts).casefold())

    def tail(self, wait_s: float = 0.5) -> str:
        """The last lines, as one, for an error sentence; empty where there are none.

        Args:
            wait_s: How long to wait for the end of the pipe, where the child has just ended.
        """
        self._thread.join(wait_s)
        return " | ".join(list(self._tail)[-3:])

    def close(self) -> None:
        """Waits for the thread, whose pipe ended with the child, and closes the pipe."""
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._pipe.close()

    def _read(self) -> None:
        logged = 0
        while raw := self._pipe.readline(4096):
            line = raw.decode("utf-8", "replace").strip()
            if not line:
                continue
            shown = WITHHELD if self._may_quote(line) else visible_line(line, _LINE_CHARS)
            self._tail.append(shown)
            logged += 1
            if logged <= _LOGGED_LINES:
                _log.info("scorer %s wrote: %s", self._name, shown)
            elif logged == _LOGGED_LINES + 1:
                _log.info("scorer %s writes on; no more of it is logged", self._name)

    def _may_quote(self, line: str) -> bool:
        """Whether a line shares eight characters in a row with a text in flight, or hides letters behind escapes."""
        if not any(self._batches):
            return False
        if "\\u" in line or "\\x" in line:
            return True
        folded = line.casefold()
        pieces = {folded[start : start + _QUOTE_CHARS] for start in range(max(1, len(folded) - _QUOTE_CHARS + 1))}
        return any(piece in batch for batch in list(self._batches) for piece in pieces)
