"""The composition root: settings become a database, services and a scorer, each made when it is first asked for.

This is the one place that knows who needs whom. Importing it costs nothing: what a part needs is imported with it.
"""

# ruff: noqa: PLC0415  # what a part needs is imported when the part is made

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, cast

from moderator._version import __version__
from moderator.errors import StorageError

if TYPE_CHECKING:
    from moderator.config.settings import Settings
    from moderator.domain.policy import Policy
    from moderator.scoring.pool import ScorerPool
    from moderator.scoring.process import ProcessScorer
    from moderator.services.delivery import Delivery
    from moderator.services.figures import Figures
    from moderator.services.intake import Intake
    from moderator.services.name_swaps import NameSwaps
    from moderator.services.reading import Reading
    from moderator.services.review import Review
    from moderator.services.scoring import ScoringService
    from moderator.services.sources import Sources
    from moderator.storage.decisions import DecisionWriter
    from moderator.storage.engine import Database

T = TypeVar("T")

_BACKGROUND_NICE = 10
"""How much lower than the desk's the priority of its scorers is."""


class Services:
    """Everything a command or the desk works with. Parts are made at first use, from any thread, once.

    Args:
        settings: Checked settings.
        background: Scorers step back for whatever else runs: somebody works on a screen meanwhile. Otherwise somebody
            waits for them.
    """

    def __init__(self, settings: Settings, *, background: bool = False) -> None:
        self.settings = settings
        self._scorer_nice = _BACKGROUND_NICE if background else 0
        self._parts: dict[str, object] = {}
        self._making = threading.RLock()
        self._writers: list[DecisionWriter] = []

    @property
    def policy(self) -> Policy:
        """Thresholds in force."""
        return self._part("policy", self.settings.policy)

    @property
    def db(self) -> Database:
        """The database, made or migrated where needed.

        Raises:
            StorageError: It can't be opened.
        """
        return self._part("db", lambda: _open_database(self.settings))

    @property
    def review(self) -> Review:
        """Queue, cards, leases and decisions, signed by the configured moderator."""
        return self._part("review", self._make_review)

    @property
    def scorer(self) -> ProcessScorer:
        """The principal of `scorers`, in a process of its own that starts when it is first asked something."""
        return self.scorers[0]

    @property
    def scorers(self) -> tuple[ProcessScorer, ...]:
        """Who judges each text: `scorer` first, then the one for collective blame where it's there and turned on.

        Raises:
            ConfigError: No scorer has the configured name.
            ScoringError: Its files aren't there.
        """
        return self._scorer_pool.scorers("queue")

    @property
    def name_swaps(self) -> NameSwaps:
        """What a comment's scores owe to a group's name, by scorers of its own: who asks doesn't wait for the queue."""
        from moderator.services.name_swaps import NameSwaps

        return NameSwaps(self.review, self._scorer_pool.scorers("name swaps"), self.policy)

    @property
    def figures(self) -> Figures:
        """What is read beside the work: figures, thresholds tried out, how sources stand."""
        return self._part("figures", self._make_figures)

    @property
    def scoring(self) -> ScoringService:
        """Scores what waits."""
        return self._part("scoring", self._make_scoring)

    @property
    def intake(self) -> Intake:
        """Takes comments in."""
        return self._part("intake", self._make_intake)

    @property
    def sources(self) -> Sources:
        """The configured sites, to pull from."""
        return self._part("sources", self._make_sources)

    @property
    def delivery(self) -> Delivery:
        """Decisions on their way back to sites."""
        return self._part("delivery", self._make_delivery)

    def adopt(self, settings: Settings) -> None:
        """Takes changed settings (`config.watch.LIVE`) into force while everything runs: all of them, or none.

        What waits is put in its new place by `scoring.reroute(policy)`, which is for whoever scores.

        Raises:
            ConfigError, ScoringError: They can't be used, or a scorer's files aren't there. Nothing was changed.
        """
        from moderator.plugins import scorer_specs

        policy, review = settings.policy(), settings.values.review
        same_scorers = settings.values.scoring == self.settings.values.scoring
        if not same_scorers:
            scorer_specs(settings)
        with self._making:
            self.settings = settings
            self._parts["policy"] = policy
            self._parts.pop("figures", None)
            if "review" in self._parts:
                self.review.adopt(policy, undo_window_s=review.undo_window_s, defer_s=review.defer_s)
            for writer in self._writers:
                writer.adopt(policy, review.undo_window_s * 1000)
            if not same_scorers:
                self._scorer_pool.renew()
                self._parts.pop("scoring", None)

    def retire(self) -> None:
        """Ends the processes of scorers that changed settings have replaced. For when nobody asks them any more."""
        self._scorer_pool.retire()

    def close(self) -> None:
        """Ends the scorers' processes and closes the database. A second call does nothing.

        Leases are the desk's to free: a command that only reads must not write when it ends.
        """
        with self._making:
            parts, self._parts = self._parts, {}
        for name in ("scorer_pool", "sources", "delivery", "db"):
            if name in parts:
                cast("ScorerPool | Sources | Delivery | Database", parts[name]).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _part(self, name: str, make: Callable[[], T]) -> T:
        with self._making:
            if name not in self._parts:
                self._parts[name] = make()
            return cast("T", self._parts[name])

    @property
    def _scorer_pool(self) -> ScorerPool:
        return self._part("scorer_pool", lambda: _make_scorer_pool(lambda: self.settings, self._scorer_nice))

    def _make_review(self) -> Review:
        from moderator.services.blind_review import BlindReview

        review = self.settings.values.review
        return BlindReview(
            self.db,
            self.policy,
            moderator=self.settings.moderator,
            app_version=__version__,
            author_key=self.settings.author_key(),
            sinks=_delivering(self.settings),
            lease_s=review.lease_s,
            undo_window_s=review.undo_window_s,
            defer_s=review.defer_s,
            reasons=self.settings.reasons,
        ).sharing(self.settings.values.quality.double_share)

    def _make_scoring(self) -> ScoringService:
        from moderator.services.scoring import ScoringService

        decisions = self._decisions() if self.policy.auto_approve else None
        return ScoringService(self.db, self.scorers, self.policy, decisions=decisions)

    def _make_figures(self) -> Figures:
        from moderator.services.figures import Figures

        return Figures(self.db, self.policy)

    def _make_intake(self) -> Intake:
        from moderator.services.intake import Intake

        limit = self.settings.values.intake.max_text_chars
        return Intake(self.db, self._decisions(), max_text_chars=limit)

    def _make_sources(self) -> Sources:
        from moderator.sites import make_sources

        return make_sources(self.settings, self.db, self.intake)

    def _make_delivery(self) -> Delivery:
        from moderator.sites import make_delivery

        return make_delivery(self.settings, self.db, self._decisions())

    def _decisions(self) -> DecisionWriter:
        """Writes what no person decides: the auto-approve rule, and an edit that re-opens a decided comment."""
        from moderator.storage.decisions import DecisionWriter

        writer = DecisionWriter(
            policy=self.policy,
            app_version=__version__,
            author_key=self.settings.author_key(),
            sinks=_delivering(self.settings),
            undo_window_ms=self.settings.values.review.undo_window_s * 1000,
            reasons=self.settings.reasons,
        )
        self._writers.append(writer)
        return writer


def _open_database(settings: Settings) -> Database:
    from moderator.storage.engine import Database

    make_folder(settings)
    return Database.open(settings.database_url)


def _make_scorer_pool(settings: Callable[[], Settings], nice: int) -> ScorerPool:
    from moderator.plugins import scorer_specs
    from moderator.scoring.pool import ScorerPool

    return ScorerPool(lambda: scorer_specs(settings()), nice=nice)


def _delivering(settings: Settings) -> frozenset[str]:
    from moderator.sites import delivering

    return delivering(settings) if settings.values.sources else frozenset()


def make_folder(settings: Settings) -> None:
    """Makes the folder of a database that is a file, for its owner alone: it will hold readers' texts.

    Raises:
        StorageError: It can't be made.
    """
    file = settings.database_file
    try:
        if file is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        hint = "Name another place with --data-dir or --database."
        raise StorageError(f"{error.filename}: {error.strerror}", code="storage.folder", hint=hint) from error


def open_services(settings: Settings, *, background: bool = False) -> Services:
    """The services for these settings, as a context manager. Each part is opened when it's first asked for.

    Args:
        settings: Checked settings.
        background: Scorers step back for whatever else runs.
    """
    return Services(settings, background=background)


@contextmanager
def open_reading(file: Path) -> Generator[Reading]:
    """The queue in an SQLite file, for reading alone: no settings, so no thresholds. It writes and migrates nothing.

    Raises:
        StorageError: It can't be opened, or has another schema.
    """
    from moderator.domain.policy import Policy
    from moderator.services.reading import Reading
    from moderator.storage.engine import Database

    with Database.open(f"sqlite:///{file}", migrate=False) as db:
        yield Reading(db, Policy({}, required=frozenset()))
