"""How well one label's scores tell rejected comments from approved ones, with intervals. Plain numpy.

Everything is read off one table: how many comments of each kind lie between two thresholds. A comment may stand for
more than itself (one that was drawn at random stands for all that nobody saw), so that counts are weighted. Intervals
come from a bootstrap: each resample draws each cell of the table anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from moderator.services.tuning.intervals import NOTHING, Estimate, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ROUNDS = 200
"""Resamples of the bootstrap. Its 95 % interval needs some hundred: Efron & Tibshirani 1993, chapter 13."""

RELIABILITY_BINS = 15
"""Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599."""

_MOST_CELLS = 500
_GRID = np.linspace(0.0, 1.0, 101)
_HISTOGRAM_BINS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A curve with a band of 95 % around it, all of one length."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """How often comments with a score are rejected.

    Attributes:
        score: Mean score of each bin that has any comment.
        rejected: Share of rejected ones in each, with its interval.
        error: Expected calibration error, 0..1.
    """

    score: Floats
    rejected: tuple[Estimate, ...]
    comments: NDArray[np.int64]
    error: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """One label's scores with what people decided.

    Attributes:
        scores: Probability 0..1 of each comment.
        rejected: What people decided.
        weights: How many comments each one stands for.
    """

    scores: Floats
    rejected: Flags
    weights: Floats

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def two_sided(self) -> bool:
        """Whether there are rejected and approved ones, without which there is no curve."""
        return bool(self.rejected.any()) and not bool(self.rejected.all())

    @property
    def effective(self) -> float:
        """How many comments of equal weight tell as much. Source: Kish 1965."""
        return _effective(self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Comments between neighbouring thresholds, from the highest down.

    Attributes:
        thresholds: Lower end of each cell.
        counts: Comments by cell, by approved or rejected, and by weight: shape `(cells, 2, weights)`.
        weights: The different weights.
        score_sums: Sum of the scores of each cell, weighted and shaped as `counts` are.
    """

    thresholds: Floats
    counts: NDArray[np.int64]
    weights: Floats
    score_sums: Floats
    _drawn: dict[tuple[int, int], list[Floats]] = field(default_factory=dict[tuple[int, int], list["Floats"]])

    def weighted(self, counts: NDArray[np.int64] | None = None) -> Floats:
        """Weighted counts, shape `(cells, 2)`."""
        return (self.counts if counts is None else counts) @ self.weights

    def resamples(self, rounds: int, seed: int) -> list[Floats]:
        """Weighted counts of resamples: each cell's count is a Poisson draw, as in Hanley & MacGibbon 2006."""
        if (rounds, seed) not in self._drawn:
            dice = np.random.default_rng(seed)
            self._drawn[rounds, seed] = [self.weighted(dice.poisson(self.counts)) for _ in range(rounds)]
        return self._drawn[rounds, seed]


def cells(outcomes: Outcomes) -> Cells:
    """Sorts comments into cells: one for each different score, or some 500 of about equal size."""
    distinct = np.unique(outcomes.scores)
    if len(distinct) > _MOST_CELLS:
        distinct = np.unique(np.quantile(outcomes.scores, np.linspace(0, 1, _MOST_CELLS), method="lower"))
    cell = len(distinct) - np.searchsorted(distinct, outcomes.scores, side="right")
    weights, kind = np.unique(outcomes.weights, return_inverse=True)
    shape = (len(distinct), 2, len(weights))
    place = np.ravel_multi_index((cell, outcomes.rejected.astype(np.int64), kind), shape)
    size = int(np.prod(shape))
    counts = np.bincount(place, minlength=size).reshape(shape)
    sums = np.bincount(place, weights=outcomes.scores, minlength=size).reshape(shape).astype(np.float64)
    return Cells(distinct[::-1], counts, weights, sums)


def auc(counts: Floats) -> float:
    """Area under the ROC curve: the chance that a rejected comment outscores an approved one, ties counted half.

    Args:
        counts: Weighted counts, shape `(cells, 2)`, from the highest score down.

    Source: Mann-Whitney U; Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    approved, rejected = counts[:, 0], counts[:, 1]
    if not approved.sum() or not rejected.sum():
        return float("nan")
    below = approved.sum() - np.cumsum(approved)
    return float((rejected * (below + approved / 2)).sum() / (approved.sum() * rejected.sum()))


def average_precision(counts: Floats) -> float:
    """Mean precision over the steps of recall. Source: as scikit-learn's `average_precision_score`."""
    rejected = counts[:, 1]
    if not rejected.sum():
        return float("nan")
    seen = np.cumsum(counts.sum(axis=1))
    precision = np.divide(np.cumsum(rejected), seen, out=np.zeros(len(seen)), where=seen > 0)
    return float((precision * rejected).sum() / rejected.sum())


def estimate(table: Cells, measure: Callable[[Floats], float], rounds: int = ROUNDS, seed: int = 1) -> Estimate:
    """A measure of the cells with its bootstrap interval."""
    value = measure(table.weighted())
    drawn = np.array([measure(counts) for counts in table.resamples(rounds, seed)])
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return NOTHING
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    return Estimate(value, min(low, value), max(high, value))


def roc(table: Cells, rounds: int = ROUNDS, seed: int = 1) -> Curve:
    """False alarms (x: share of approved comments at or above) against recall (y: share of rejected ones)."""

    def points(counts: Floats) -> tuple[Floats, Floats]:
        sums = np.vstack((np.zeros(2), np.cumsum(counts, axis=0)))
        shares = sums / np.maximum(sums[-1], 1e-300)
        return shares[:, 0], shares[:, 1]

    return _banded(table, points, rounds, seed)


def precision_recall(table: Cells, rounds: int = ROUNDS, seed: int = 1) -> Curve:
    """Recall (x) against precision (y)."""

    def points(counts: Floats) -> tuple[Floats, Floats]:
        sums = np.cumsum(counts, axis=0)
        seen = sums.sum(axis=1)
        precision = np.divide(sums[:, 1], seen, out=np.ones(len(seen)), where=seen > 0)
        recall = sums[:, 1] / max(float(sums[-1, 1]), 1e-300)
        return np.concatenate(([0.0], recall)), np.concatenate((precision[:1], precision))

    return _banded(table, points, rounds, seed)


def cost(table: Cells, minutes_per_look: float, rounds: int = ROUNDS, seed: int = 1) -> Curve:
    """Minutes of work (x) against missed rejects (y), each threshold one point; over the comments that are counted."""

    def points(counts: Floats) -> tuple[Floats, Floats]:
        sums = np.vstack((np.zeros(2), np.cumsum(counts, axis=0)))
        return sums.sum(axis=1) * minutes_per_look, sums[-1, 1] - sums[:, 1]

    longest = float(points(table.weighted())[0][-1])
    return _banded(table, points, rounds, seed, _GRID * longest)


def reliability(outcomes: Outcomes, rounds: int = ROUNDS, seed: int = 1) -> Reliability:
    """How often comments are rejected, by bins of equal width over the score."""
    table = _equal_bins(outcomes, RELIABILITY_BINS)
    comments = table.counts.sum(axis=(1, 2))
    there = comments > 0
    counts = table.weighted()
    sums = table.score_sums @ table.weights
    # Weighted counts are scaled down to what they tell, so that an interval isn't too narrow.
    scale = outcomes.effective / max(float(outcomes.weights.sum()), 1e-300)
    shares = tuple(share(float(row[1]) * scale, float(row.sum()) * scale) for row in counts[there])
    scores = sums.sum(axis=1)[there] / counts.sum(axis=1)[there]
    mean = np.zeros(len(counts))
    mean[there] = scores

    def error(drawn: Floats) -> float:
        gaps = np.abs(drawn[:, 1] - mean * drawn.sum(axis=1))
        return float(gaps.sum() / drawn.sum()) if drawn.sum() else float("nan")

    return Reliability(scores, shares, comments[there], estimate(table, error, rounds, seed))


def histogram(outcomes: Outcomes) -> tuple[Floats, NDArray[np.int64]]:
    """How scores are spread.

    Returns:
        The lower ends of 20 bins of equal width, and the comments in each by approved and rejected, shape `(20, 2)`.
    """
    table = _equal_bins(outcomes, _HISTOGRAM_BINS)
    return table.thresholds, table.counts.sum(axis=2)


def at_threshold(outcomes: Outcomes, threshold: float) -> tuple[Estimate, Estimate, Estimate]:
    """Precision, recall and share of false alarms of "score >= threshold", each with its interval."""
    flagged = outcomes.scores >= threshold
    return (
        weighted_share(outcomes.rejected, outcomes.weights, flagged),
        weighted_share(flagged, outcomes.weights, outcomes.rejected),
        weighted_share(flagged, outcomes.weights, ~outcomes.rejected),
    )


def weighted_share(having: Flags, weights: Floats, among: Flags) -> Estimate:
    """The share of some comments that have something, by weight; the interval is as wide as so few comments make it."""
    mine = weights[among]
    if not len(mine):
        return NOTHING
    effective = _effective(mine)
    return share(float(mine[having[among]].sum() / mine.sum()) * effective, effective)


def _effective(weights: Floats) -> float:
    squares = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _equal_bins(outcomes: Outcomes, bins: int) -> Cells:
    cell = np.minimum((outcomes.scores * bins).astype(np.int64), bins - 1)
    weights, kind = np.unique(outcomes.weights, return_inverse=True)
    shape = (bins, 2, len(weights))
    place = np.ravel_multi_index((cell, outcomes.rejected.astype(np.int64), kind), shape)
    size = int(np.prod(shape))
    counts = np.bincount(place, minlength=size).reshape(shape)
    sums = np.bincount(place, weights=outcomes.scores, minlength=size).reshape(shape).astype(np.float64)
    return Cells(np.arange(bins) / bins, counts, weights, sums)


def _banded(
    table: Cells,
    points: Callable[[Floats], tuple[Floats, Floats]],
    rounds: int,
    seed: int,
    grid: Floats = _GRID,
) -> Curve:
    def on_grid(counts: Floats) -> Floats:
        x, y = points(counts)
        return np.interp(grid, x, y)

    drawn = np.array([on_grid(counts) for counts in table.resamples(rounds, seed)])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    middle = on_grid(table.weighted())
    return Curve(grid, middle, np.minimum(low, middle), np.maximum(high, middle))
