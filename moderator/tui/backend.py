"""The one thread in which every service runs, in order, so that no key ever waits for the database.

A screen hands in an errand and gets a message back, whether it went well or not. Decisions overtake reading, and
reading that nobody waits for any more (the card of a row already left) is dropped before it starts.
"""

from __future__ import annotations

import gc
import heapq
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from moderator.tui.messages import Connected, ConnectFailed, Problem, describe
from moderator.tui.news import News

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

log = logging.getLogger(__name__)

_SWITCH_S = 0.0005


class Mailbox(Protocol):
    """Whoever takes the answers: a screen or the app. Must be callable from any thread."""

    def post_message(self, message: Message) -> bool:
        """Queues a message; `False` where the receiver is gone."""
        ...


class Rank(IntEnum):
    """Who goes first. Within a rank it's first come, first served."""

    WRITE = 0
    CARD = 1
    ROWS = 2
    LEASE = 3
    POLL = 4
    LIST = 5


@dataclass(order=True)
class _Job:
    rank: Rank
    number: int
    key: str | None = field(compare=False)
    doing: str = field(compare=False)
    errand: Callable[[Services], Message | None] = field(compare=False)
    failed: Callable[[Problem], Message] | None = field(compare=False)
    reply_to: Mailbox = field(compare=False)


class Backend:
    """Runs errands on the services, one after another, in a thread of its own.

    Args:
        connect: Opens the services. Called in the thread, so it may import and wait.
        glimpse: Gives something to show until the services are open. What it raises is only logged.
    """

    def __init__(self, connect: Callable[[], Services], glimpse: Callable[[], Message] | None = None) -> None:
        self._connect = connect
        self._glimpse = glimpse
        self._jobs: list[_Job] = []
        self._latest: dict[str, int] = {}
        self._numbers = count()
        self._wake = threading.Condition()
        self._closing = False
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self.news = News()
        self._waiting: list[Mailbox] = []
        self._told: list[Message] = []

    def start(self) -> None:
        """Starts the thread, which opens the services."""
        self._thread = threading.Thread(target=self._run, name="moderator-backend", daemon=True)
        self._thread.start()

    def tell_when_open(self, reply_to: Mailbox) -> None:
        """`reply_to` hears the glimpse, then `Connected` or `ConnectFailed`: at once what is known already."""
        with self._wake:
            self._waiting.append(reply_to)
            told = list(self._told)
        for message in told:
            post(reply_to, message)

    def submit(
        self,
        errand: Callable[[Services], Message | None],
        reply_to: Mailbox,
        *,
        rank: Rank,
        doing: str,
        failed: Callable[[Problem], Message] | None = None,
        key: str | None = None,
        patient: bool = False,
    ) -> None:
        """Queues an errand.

        Args:
            errand: What to do. Its message, if any, goes to `reply_to`.
            reply_to: Who gets the answer.
            rank: Who goes first.
            doing: What it is, to follow "while" in an error's sentence.
            failed: Makes the message for a failure. Without it a failure is only logged.
            key: A later errand with the same key makes this one pointless.
            patient: It may wait for `nudge` or for the next errand, so that the key which asked for it is answered
                first. It isn't lost if neither comes: closing runs what is queued.
        """
        with self._wake:
            if self._closing:
                return
            number = next(self._numbers)
            if key is not None:
                self._latest[key] = number
            heapq.heappush(self._jobs, _Job(rank, number, key, doing, errand, failed, reply_to))
            if not patient:
                self._wake.notify()

    def nudge(self) -> None:
        """The screen has been drawn: whatever was queued patiently may start."""
        with self._wake:
            self._wake.notify()

    def close(self, timeout_s: float) -> bool:
        """Writes the decisions that are still queued, drops the reading, frees the leases and ends the thread.

        Safe to call twice and from any thread.

        Returns:
            Whether it was done in time.
        """
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is None:
            return True
        return self._closed.wait(timeout_s)

    def _run(self) -> None:
        try:
            self._look_ahead()
            services = self._open()
            _end_start_up()
            if services is None:
                return
            while (job := self._take()) is not None:
                self._perform(job, services)
            try:
                services.review.release_all()
            except Exception as error:
                log.warning("failed while freeing leases", exc_info=error)
        finally:
            with self._wake:
                self._closing = True
            self._closed.set()

    def _open(self) -> Services | None:
        try:
            services = self._connect()
            services.review  # noqa: B018  # parts are made at first use: a database that can't be opened says so here
        except Exception as error:
            log.warning("failed while %s", "opening the database", exc_info=error)
            self._tell(ConnectFailed(describe(error, "opening the database", folders=True)))
            return None
        self._tell(Connected())
        return services

    def _look_ahead(self) -> None:
        if self._glimpse is None:
            return
        try:
            self._tell(self._glimpse())
        except Exception as error:
            log.info("no glimpse of the queue", exc_info=error)

    def _tell(self, message: Message) -> None:
        with self._wake:
            self._told.append(message)
            waiting = list(self._waiting)
        for reply_to in waiting:
            post(reply_to, message)

    def _take(self) -> _Job | None:
        with self._wake:
            while True:
                while not self._jobs:
                    if self._closing:
                        return None
                    self._wake.wait()
                job = heapq.heappop(self._jobs)
                if self._closing and job.rank is not Rank.WRITE:
                    continue
                if job.key is None or self._latest.get(job.key) == job.number:
                    return job

    def _perform(self, job: _Job, services: Services) -> None:
        try:
            answer = job.errand(services)
        except Exception as error:
            log.warning("failed while %s", job.doing, exc_info=error)
            answer = job.failed(describe(error, job.doing)) if job.failed is not None else None
        if answer is not None:
            post(job.reply_to, answer)


def _end_start_up() -> None:
    """Turns the collector on again, which `app.run` turned off; nothing where it's on, as in a test."""
    if gc.isenabled():
        return
    # What was imported stays: without this, each full collection would walk through it and hold up a key.
    gc.freeze()
    gc.enable()
    # From now on a key waits at most this long for the backend's thread, not Python's usual five milliseconds.
    sys.setswitchinterval(_SWITCH_S)


def post(reply_to: Mailbox, message: Message) -> None:
    """Hands a message over, from any thread; one for a desk that's closed is dropped."""
    try:
        reply_to.post_message(message)
    except RuntimeError:
        # The event loop ended between the errand and its answer: nobody is left to tell.
        log.debug("answer not delivered: the desk is closed")
