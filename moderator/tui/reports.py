"""Long readings beside the backend: figures over a million comments, while decisions go on being written.

The backend's thread keeps its promise to the keys only as long as nothing in it takes seconds. What does runs here,
in a thread that lives as long as there's something to read; the database gives each thread a connection of its own.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.tui.backend import Backend, Mailbox, Rank, post
from moderator.tui.messages import Problem, describe

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

log = logging.getLogger(__name__)

Errand = Callable[["Services"], Message | None]


class Reports:
    """One thread for readings that may take seconds. Safe to ask from the event loop and from the backend.

    Args:
        backend: Has the services.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, tuple[Errand, Mailbox, Callable[[Problem], Message], str]] = OrderedDict()
        self._running = False

    @property
    def busy(self) -> bool:
        """Whether something is being read, or waits to be."""
        with self._lock:
            return self._running

    def ask(
        self, key: str, errand: Errand, reply_to: Mailbox, *, doing: str, failed: Callable[[Problem], Message]
    ) -> None:
        """Has something read, after what was asked for before.

        Args:
            key: A later reading with the same key takes the place of one that hasn't begun.
            errand: What to read. Its message goes to `reply_to`.
            reply_to: Who gets the answer.
            doing: What it is, to follow "while" in an error's sentence.
            failed: Makes the message for a failure.
        """
        with self._lock:
            self._waiting[key] = (errand, reply_to, failed, doing)
            if self._running:
                return
            self._running = True
        self._backend.submit(self._start, reply_to, rank=Rank.POLL, doing="starting to read figures")

    def _start(self, services: Services) -> None:
        threading.Thread(target=self._run, args=(services,), name="moderator-reports", daemon=True).start()

    def _run(self, services: Services) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                _, (errand, reply_to, failed, doing) = self._waiting.popitem(last=False)
            try:
                answer = errand(services)
            except Exception as error:
                log.warning("failed while %s", doing, exc_info=error)
                answer = failed(describe(error, doing))
            if answer is not None:
                post(reply_to, answer)
