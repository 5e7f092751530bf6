"""Figures about the queue and the work on it. Values and pure functions, no I/O.

All counts are of comments or decisions, all times are seconds unless the name says otherwise. Figures are about the
work, never about who does it: no moderator's name is in any of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from moderator.domain.comment import Status
from moderator.domain.decision import Action

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
AGE_BANDS_S: tuple[float, ...] = (HOUR_S, 4 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S, math.inf)
"""Where each band of waiting times ends, exclusive."""

NO_LABEL = "none"
"""Label of a decision on a comment that reached no threshold."""
NOT_JUDGED = "not_judged"
"""Label of a decision on a comment that a required scorer couldn't judge."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, cut into equal parts.

    Attributes:
        since_ms: Its start, UTC milliseconds, inclusive.
        until_ms: Its end, exclusive; after `since_ms`.
        parts: How many equal parts a series has, at least 1.
    """

    since_ms: int
    until_ms: int
    parts: int = 24

    def __post_init__(self) -> None:
        if self.until_ms <= self.since_ms or self.parts < 1:
            raise ValueError("a window ends after it starts and has at least one part")

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.until_ms - self.since_ms) / (HOUR_S * 1000)

    @property
    def part_ms(self) -> int:
        """Length of a part, rounded up, so that `parts` of them cover the window."""
        return -(-(self.until_ms - self.since_ms) // self.parts)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """0..1; `None` of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure is spread: the value that half, and nine tenths, of all cases don't exceed (nearest rank).

    Attributes:
        of: How many cases; without any the values are `None`.
    """

    of: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people who both approved or rejected the same text did the same.

    Attributes:
        pairs: Cases: two people, one revision of one comment, the last word of each.
        same: Those in which both did the same.
        kappa: Cohen's kappa, -1..1: agreement beyond what chance would give. `None` without cases, or where chance
            alone would always agree.
            Source: Cohen, J. (1960). A coefficient of agreement for nominal scales.
    """

    pairs: int
    same: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class AppealFigures:
    """Authors' appeals.

    Attributes:
        received: Came in during the window.
        open: Wait for a decision now, whenever they came in.
        upheld: Decided in the window: the rejection stands.
        overturned: Decided in the window: the comment was published after all.
    """

    received: int
    open: int
    upheld: int
    overturned: int


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What waits, at one moment. A deferred comment whose time has come waits again.

    Attributes:
        standing: How many comments stand where.
        waiting: How many wait for a decision.
        unscored: How many of them have no scores.
        by_route: Waiting, by what the policy suggests.
        by_label: Waiting, by the label with the highest risk; `none` where there is none.
        by_section, by_source, by_language: Waiting; an empty name is an unknown one.
        age_s: Time since they were posted.
        oldest_s: The longest of those times.
        ages: Waiting, by `AGE_BANDS_S`.
    """

    standing: Mapping[Status, int]
    waiting: int
    unscored: int
    by_route: Mapping[str, int]
    by_label: Mapping[str, int]
    by_section: Mapping[str, int]
    by_source: Mapping[str, int]
    by_language: Mapping[str, int]
    age_s: Spread
    oldest_s: float | None
    ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """What was decided in a window. Unless said otherwise: by people, and approve, reject, escalate or defer.

    Attributes:
        decided: How many decisions, those taken back later among them.
        by_actor: All rows of the log, by who acted.
        by_action: People's rows, undo among them.
        by_reason: Rejections, by reason code; `""` where none was given.
        by_label, by_section, by_source, by_language: Decisions, by action. The label is the one that queued the
            comment, `none` where nothing reached a threshold, `not_judged` where a scorer couldn't.
        undone: Decisions that were taken back, whenever.
        override: Decisions that say another thing than the scores, of all that could: approved though a score
            reached its upper threshold, or rejected though none reached any. Where the policy asked for a look there's
            nothing to override. Without what was taken back.
        override_by_label: The same, by label.
        open_s: Time a comment was on screen before it was decided, where that was measured.
        wait_s: Time from posting to decision.
        agreement: Where two people decided.
        appeals: Authors' appeals against rejections.
        posted: Comments posted, per part of the window.
        series: Decisions, per part of the window.
    """

    decided: int
    by_actor: Mapping[str, int]
    by_action: Mapping[str, int]
    by_reason: Mapping[str, int]
    by_label: Mapping[str, Mapping[str, int]]
    by_section: Mapping[str, Mapping[str, int]]
    by_source: Mapping[str, Mapping[str, int]]
    by_language: Mapping[str, Mapping[str, int]]
    undone: Rate
    override: Rate
    override_by_label: Mapping[str, Rate]
    open_s: Spread
    wait_s: Spread
    agreement: Agreement
    appeals: AppealFigures
    posted: tuple[int, ...]
    series: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StatsReport:
    """All figures, from one moment of the database.

    Attributes:
        window: What the decisions are about; the queue is about its end.
        took_s: How long it took to find them.
    """

    window: Window
    queue: QueueFigures
    decisions: DecisionFigures
    took_s: float

    @property
    def per_hour(self) -> float:
        """Decisions per hour of the window."""
        return self.decisions.decided / self.window.hours


def agreement(opinions: Iterable[tuple[object, str, Action]]) -> Agreement:
    """Agreement of those who decided on the same text.

    Args:
        opinions: What was decided on (anything that tells texts apart), by whom, and approve or reject; in the order
            in which it was decided, one text after another.

    Returns:
        Of each text the last word of each person, and of those each neighbouring pair in the order of their last words.
    """
    last: dict[object, dict[str, Action]] = {}
    for what, who, action in opinions:
        words = last.setdefault(what, {})
        words.pop(who, None)
        words[who] = action
    table = dict.fromkeys(((a, b) for a in _OPINIONS for b in _OPINIONS), 0)
    for words in last.values():
        said = list(words.values())
        for pair in pairwise(said):
            table[pair] += 1
    pairs = sum(table.values())
    same = sum(table[one, one] for one in _OPINIONS)
    return Agreement(pairs, same, _kappa(table, pairs, same))


_OPINIONS = (Action.APPROVE, Action.REJECT)


def _kappa(table: Mapping[tuple[Action, Action], int], pairs: int, same: int) -> float | None:
    if not pairs:
        return None
    by_chance = sum(
        sum(table[one, other] for other in _OPINIONS) * sum(table[other, one] for other in _OPINIONS)
        for one in _OPINIONS
    ) / (pairs * pairs)
    return None if by_chance >= 1.0 else (same / pairs - by_chance) / (1.0 - by_chance)
