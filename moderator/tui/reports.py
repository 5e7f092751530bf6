"""Long readings beside the backend: figures over a million comments, while decisions go on being written.

The backend's thread keeps its promise to the keys only as long as nothing in it takes seconds. What does runs here:
each kind of reading in a thread that lives as long as there's something of that kind to read, so that a quick one
doesn't wait for a slow one. The database gives each thread a connection of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from moderator.tui.backend import Backend, Mailbox, Rank, post
from moderator.tui.messages import Problem, describe

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

log = logging.getLogger(__name__)

Errand = Callable[["Services"], Message | None]


class _Job(NamedTuple):
    errand: Errand
    reply_to: Mailbox
    doing: str
    failed: Callable[[Problem], Message]


class Reports:
    """Readings that may take seconds. Safe to ask from any thread.

    Args:
        backend: Has the services.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._waiting: dict[str, _Job] = {}
        self._running: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether something is being read, or waits to be."""
        with self._lock:
            return bool(self._running)

    def ask(
        self, key: str, errand: Errand, reply_to: Mailbox, *, doing: str, failed: Callable[[Problem], Message]
    ) -> None:
        """Has something read.

        Args:
            key: The kind of reading. One that hasn't begun gives way to a later one of the same kind.
            errand: What to read. Its message goes to `reply_to`.
            reply_to: Who gets the answer.
            doing: What it is, to follow "while" in an error's sentence.
            failed: Makes the message for a failure.
        """
        with self._lock:
            self._waiting[key] = _Job(errand, reply_to, doing, failed)
            if key in self._running:
                return
            self._running.add(key)

        def start(services: Services) -> None:
            name = f"moderator-reports-{key}"
            threading.Thread(target=self._run, args=(key, services), name=name, daemon=True).start()

        self._backend.submit(start, reply_to, rank=Rank.POLL, doing=f"starting {doing}")

    def _run(self, key: str, services: Services) -> None:
        while True:
            with self._lock:
                job = self._waiting.pop(key, None)
                if job is None:
                    self._running.discard(key)
                    return
            try:
                answer = job.errand(services)
            except Exception as error:
                log.warning("failed while %s", job.doing, exc_info=error)
                answer = job.failed(describe(error, job.doing))
            if answer is not None:
                post(job.reply_to, answer)
