"""What goes on beside the moderators: pulling from sites and delivering to them, on a timer, in one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from moderator.errors import ModeratorError
from moderator.services.delivery import Delivery, DeliverySummary
from moderator.services.sources import Pull, Sources
from moderator.text.visible import visible_line

_LOG = logging.getLogger(__name__)
_TICK_S = 1.0
_AFTER_A_FAILURE_S = 30.0


@dataclass(frozen=True, slots=True)
class UpkeepNews:
    """What one round did, where it did anything.

    Attributes:
        pulls: Sources that were read or couldn't be.
        delivered: What became of decisions; `None` where none was due.
        problem: Why the round as a whole failed, in words, fit to be shown.
    """

    pulls: tuple[Pull, ...] = ()
    delivered: DeliverySummary | None = None
    problem: str = ""

    @property
    def added(self) -> int:
        """Comments that are new or were edited: there's something to score."""
        return sum(pull.summary.added + pull.summary.revised for pull in self.pulls if pull.summary)


class Upkeep:
    """Runs both until it's told to stop.

    Args:
        sources: What is pulled.
        delivery: What is sent.
    """

    def __init__(self, sources: Sources, delivery: Delivery) -> None:
        self._sources = sources
        self._delivery = delivery

    def round(self, should_stop: Callable[[], bool] = lambda: False) -> UpkeepNews:
        """Sends what may be sent, then pulls what is due.

        Raises:
            StorageError: The database failed.
        """
        delivered = self._delivery.run(should_stop=should_stop) if self._delivery.sources else None
        pulls = tuple(self._sources.pull_due(should_stop))
        return UpkeepNews(pulls, delivered if delivered and delivered.moved else None)

    def start(self) -> Callable[[float], None]:
        """Goes on in a thread of its own, which never keeps the process from ending: it may be killed at any moment.

        Returns:
            Stops it, after the decision or the page at hand, and waits for that at most so many seconds.
        """
        stop = threading.Event()

        def go_on() -> None:
            try:
                self.run(stop, lambda _news: None)
            except Exception as error:  # noqa: BLE001  # a defect in here must not print on the desk's screen
                _LOG.warning("upkeep stopped", exc_info=error)

        thread = threading.Thread(target=go_on, name="moderator-sites", daemon=True)
        thread.start()

        def end(timeout_s: float) -> None:
            stop.set()
            thread.join(timeout_s)

        return end

    def run(self, stop: threading.Event, tell: Callable[[UpkeepNews], None]) -> None:
        """Goes on until `stop` is set. Call it in a thread of its own.

        Args:
            stop: Ends it, after the decision or the page at hand.
            tell: Hears of each round that did something. Called in the thread.
        """
        while not stop.is_set():
            pause_s = _TICK_S
            try:
                news = self.round(stop.is_set)
            except ModeratorError as error:
                _LOG.warning("upkeep failed", exc_info=error)
                news, pause_s = UpkeepNews(problem=visible_line(error.message)), _AFTER_A_FAILURE_S
            if news != UpkeepNews():
                tell(news)
            stop.wait(pause_s)
