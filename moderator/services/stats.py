"""Figures: how the queue stands and how the work goes. `moderator stats` and the desk's Insights come from here."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import Connection

from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import ScoringState, Status
from moderator.domain.decision import Action, ActorKind
from moderator.domain.policy import Route
from moderator.domain.stats import (
    NO_LABEL,
    NOT_JUDGED,
    DecisionFigures,
    QueueFigures,
    Rate,
    StatsReport,
    Window,
    agreement,
)
from moderator.storage import queue, stats_rows
from moderator.storage.engine import Database
from moderator.storage.rows import Viewpoint
from moderator.storage.stats_rows import Tally, Waiting

Counted = TypeVar("Counted", Waiting, Tally)

_BY_HAND = frozenset({Action.APPROVE.value, Action.REJECT.value, Action.ESCALATE.value, Action.DEFER.value})
_AGAINST = {Action.APPROVE.value: Route.PRIORITY.value, Action.REJECT.value: Route.APPROVE.value}
"""Which suggestion each decision contradicts. `review` suggests nothing but to look."""


class Stats:
    """Finds the figures. Any thread may ask; each report is one moment of the database.

    Args:
        db: The database; closed by who opened it.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, clock: Clock = system_clock) -> None:
        self._db = db
        self._clock = clock

    def report(self, since_ms: int | None = None, until_ms: int | None = None, parts: int = 24) -> StatsReport:
        """All figures: the queue as it is now, and the decisions of a window.

        Args:
            since_ms: Start of the window, UTC milliseconds; without it, the first decision.
            until_ms: Its end, exclusive; now by default.
            parts: How many parts its series have.

        Raises:
            ValueError: The window ends before it starts.
            StorageError: The database failed.
        """
        begun_s = time.perf_counter()
        now_ms = self._clock()
        with self._db.read() as conn:
            until = now_ms + 1 if until_ms is None else until_ms
            since = _start(conn, until) if since_ms is None else since_ms
            window = Window(since, until, parts)
            waiting = self._waiting(conn, now_ms)
            decided = self._decided(conn, window)
        return StatsReport(window, waiting, decided, time.perf_counter() - begun_s)

    def _waiting(self, conn: Connection, now_ms: int) -> QueueFigures:
        standing = queue.status_counts(conn, Viewpoint(now_ms))
        rows = stats_rows.waiting(conn, now_ms)
        spread, oldest_s, ages = stats_rows.waiting_ages(conn, now_ms)
        return QueueFigures(
            standing=standing,
            waiting=standing[Status.PENDING],
            unscored=sum(row.number for row in rows if row.scoring != ScoringState.SCORED.value),
            by_route=_count(rows, lambda row: row.route),
            by_label=_count(rows, lambda row: row.label or NO_LABEL),
            by_section=_count(rows, lambda row: row.section),
            by_source=_count(rows, lambda row: row.source),
            by_language=_count(rows, lambda row: row.language),
            age_s=spread,
            oldest_s=oldest_s,
            ages=ages,
        )

    def _decided(self, conn: Connection, window: Window) -> DecisionFigures:
        rows = list(stats_rows.tallies(conn, window))
        people = [row for row in rows if row.actor == ActorKind.HUMAN.value]
        decided = [row for row in people if row.action in _BY_HAND]
        standing = [row for row in decided if not row.undone]
        rejected = [row for row in decided if row.action == Action.REJECT.value]
        total = sum(row.number for row in decided)
        return DecisionFigures(
            decided=total,
            by_actor=_count(rows, lambda row: row.actor),
            by_action=_count(people, lambda row: row.action),
            by_reason=_count(rejected, lambda row: row.reason),
            by_label=_cross(decided, _label),
            by_section=_cross(decided, lambda row: row.section),
            by_source=_cross(decided, lambda row: row.source),
            by_language=_cross(decided, lambda row: row.language),
            undone=Rate(sum(row.number for row in decided if row.undone), total),
            override=_override(standing),
            override_by_label=_override_by_label(standing),
            open_s=stats_rows.open_times(conn, window),
            wait_s=stats_rows.wait_times(conn, window),
            agreement=agreement(
                ((one.comment_id, one.revision), one.moderator, one.action) for one in stats_rows.opinions(conn, window)
            ),
            appeals=stats_rows.appeals(conn, window),
            posted=stats_rows.posted_series(conn, window),
            series=stats_rows.decided_series(conn, window),
        )


def _start(conn: Connection, until_ms: int) -> int:
    first_ms = stats_rows.first_decision_ms(conn)
    return until_ms - 1 if first_ms is None else min(first_ms, until_ms - 1)


def _label(row: Tally) -> str:
    return {"": NO_LABEL, "not": NOT_JUDGED}.get(row.rule, row.rule)


def _count(rows: Iterable[Counted], name: Callable[[Counted], str]) -> dict[str, int]:
    """Counts by name, the most first."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[name(row)] += row.number
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _cross(rows: Iterable[Tally], name: Callable[[Tally], str]) -> dict[str, dict[str, int]]:
    """Counts by name and action, the name with the most first."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[name(row)][row.action] += row.number
    return {key: dict(found) for key, found in sorted(counts.items(), key=lambda pair: (-pair[1].total(), pair[0]))}


def _override(rows: Iterable[Tally]) -> Rate:
    against = of = 0
    for row in rows:
        if row.action in _AGAINST and row.route in _AGAINST.values():
            of += row.number
            against += row.number if row.route == _AGAINST[row.action] else 0
    return Rate(against, of)


def _override_by_label(rows: Iterable[Tally]) -> Mapping[str, Rate]:
    by_label: defaultdict[str, list[Tally]] = defaultdict(list)
    for row in rows:
        by_label[_label(row)].append(row)
    rates = {label: _override(found) for label, found in sorted(by_label.items())}
    return {label: rate for label, rate in rates.items() if rate.of}
