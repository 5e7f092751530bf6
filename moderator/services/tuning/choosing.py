"""Where to draw the line through all labels, so that a target is reached."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy
from moderator.domain.score import Label
from moderator.services.tuning.history import History
from moderator.services.tuning.lines import Line, fit_lines
from moderator.services.tuning.replay import Replay
from moderator.services.tuning.report import weights_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

_CAUTION = 1.2815515655446004
"""Standard normal quantile of 90 %: a target is aimed at with the end of the interval, not with its middle."""


class Aim(StrEnum):
    """What thresholds shall reach."""

    PER_DAY = "per_day"
    PRECISION = "precision"
    RECALL = "recall"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Target:
    """What thresholds shall reach.

    Attributes:
        value: Comments a day at most, precision or recall at least, 0..1; for the cost, how many looks in vain a missed
            reject is worth.
    """

    aim: Aim
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Choosing:
    """The older part, ready to have lines drawn through it.

    Attributes:
        lines: Each label's fit, for those that have enough to go by.
        always: Comments that are held whatever the lines: a label that nobody could judge, a label that stays.
    """

    history: History
    target: Target
    lines: Mapping[Label, Line]
    always: Flags
    weights: Floats

    @classmethod
    def of(cls, history: History, policy: Policy, target: Target) -> Choosing:
        """Fits each label on the older part.

        Args:
            history: The older part.
            policy: What is in force.
            target: What to reach.
        """
        replay = Replay(history.comments)
        weights = weights_of(history, replay.nothing(policy))
        lines = fit_lines(history, policy, weights)
        rest = {label: limit for label, limit in policy.thresholds.items() if label not in lines}
        fixed = replace(policy, thresholds=rest, audit_share=0.0)
        return cls(history, target, lines, ~replay.nothing(fixed), weights)

    def line(self, counts: Floats | None = None, lines: Mapping[Label, Line] | None = None) -> float:
        """The share of rejects at which the line is drawn; infinite where nothing reaches the target.

        Args:
            counts: How often each comment was drawn, for a resample.
            lines: Fits of that resample.
        """
        drawn = np.ones(len(self.history)) if counts is None else counts
        best = self._best(lines or self.lines)
        best[self.always] = np.inf
        order = np.argsort(-best, kind="stable")
        sorted_best = best[order]
        ends = np.flatnonzero(np.append(sorted_best[1:] != sorted_best[:-1], True))
        known = self.history.decided[order]
        weights = (self.weights * drawn)[order] * known
        held = np.cumsum(drawn[order])[ends]
        at = _place(
            self.target,
            _Held(
                per_day=(held + _CAUTION * np.sqrt(held)) / self.history.days,
                seen=np.cumsum(weights)[ends],
                squares=np.cumsum((self.weights**2 * drawn)[order] * known)[ends],
                hits=np.cumsum(weights * self.history.rejected[order])[ends],
            ),
        )
        return float(sorted_best[ends[at]]) if at is not None else math.inf

    def resampled(self, rounds: int, seed: int) -> list[dict[Label, float]]:
        """Each label's threshold in each resample."""
        dice = np.random.default_rng(seed)
        found: list[dict[Label, float]] = []
        for _ in range(rounds):
            counts = dice.poisson(1.0, len(self.history)).astype(np.float64)
            lines = {label: line.refitted(counts) for label, line in self.lines.items()}
            at = self.line(counts, lines)
            found.append({label: line.threshold(at) for label, line in lines.items()})
        return found

    def _best(self, lines: Mapping[Label, Line]) -> Floats:
        best = np.zeros(len(self.history))
        for line in lines.values():
            np.maximum(best, line.shares(), out=best)
        return best


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What is held down to each place in the order of descending shares.

    Attributes:
        per_day: Comments a day, as many as chance may add on other days.
        seen, squares: Decided ones by weight, and by its square.
        hits: Rejected ones by weight.
    """

    per_day: Floats
    seen: Floats
    squares: Floats
    hits: Floats


def _place(target: Target, held: _Held) -> int | None:
    """Where the target is reached; `None` for nowhere."""
    seen, hits = held.seen, held.hits
    if target.aim is Aim.COST:
        return int(np.argmin((seen - hits) + target.value * (hits[-1] - hits)))
    if target.aim is Aim.RECALL:
        # Rejects weigh as others do on average.
        effective = hits[-1] * seen[-1] / max(float(held.squares[-1]), 1e-300)
        all_hits = np.full(len(hits), hits[-1])
        fits = np.flatnonzero(_lower(hits, all_hits, np.full(len(hits), effective)) >= target.value)
        return int(fits[0]) if len(fits) else len(hits) - 1
    if target.aim is Aim.PER_DAY:
        fits = np.flatnonzero(held.per_day <= target.value)
    else:
        effective = np.divide(seen**2, held.squares, out=np.zeros(len(seen)), where=held.squares > 0)
        fits = np.flatnonzero(_lower(hits, seen, effective) >= target.value)
    return int(fits[-1]) if len(fits) else None


def _lower(hits: Floats, of: Floats, effective: Floats) -> Floats:
    """Lower end of Wilson's interval of each share, with `_CAUTION`."""
    part = np.divide(hits, of, out=np.zeros(len(hits)), where=of > 0)
    size = np.maximum(effective, 1e-9)
    squared = _CAUTION**2
    half = _CAUTION * np.sqrt(part * (1 - part) / size + squared / (4 * size**2))
    return (part + squared / (2 * size) - half) / (1 + squared / size)
