"""How far people agree beyond chance: Cohen's kappa and Krippendorff's alpha, with bootstrap intervals.

Both are computed from sums over texts, so that drawing texts anew is one multiplication of matrices.

Source: Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20;
Krippendorff, K. (2011), Computing Krippendorff's Alpha-Reliability, nominal data; Efron, B., Tibshirani, R. (1993), An
Introduction to the Bootstrap, percentile intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

ROUNDS = 1_000
_SEED = 20261122
_AT_ONCE = 50
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient, at most 1, and where 95 of 100 samples of such texts would have it.

    Attributes:
        low, high: Ends of the interval; equal where all agree on everything in each sample that could be measured.
    """

    value: float
    low: float
    high: float


def cohen_kappa(first: Sequence[int], second: Sequence[int], values: int) -> Estimate | None:
    """Agreement of two opinions on each text.

    Args:
        first: What was said first, 0..`values`-1.
        second: What was said then, on the same texts.
        values: How many different things can be said.

    Returns:
        `None` without texts, or where chance alone would always agree.

    Raises:
        ValueError: There aren't two opinions on each text.
    """
    if len(first) != len(second):
        raise ValueError("there are two opinions on each text, or none")
    cells = np.asarray(first, np.int64) * values + np.asarray(second, np.int64)
    return _estimate(np.eye(values * values)[cells], lambda sums: _kappa(sums, values))


def krippendorff_alpha(texts: Sequence[Sequence[int]], values: int) -> Estimate | None:
    """Agreement of any number of opinions on each text; a text with a single one tells nothing.

    Args:
        texts: What was said of each text, 0..`values`-1.
        values: How many different things can be said.

    Returns:
        `None` where no text has two opinions, or all said is the same.
    """
    pairable = [np.bincount(said, minlength=values) for said in texts if len(said) > 1]
    counts = np.array(pairable, np.float64).reshape(-1, values)
    size = counts.sum(axis=1, keepdims=True)
    same = (counts * (counts - 1)).sum(axis=1, keepdims=True) / np.maximum(size - 1, 1)
    return _estimate(np.hstack([same, size, counts]), _alpha)


def _kappa(sums: Floats, values: int) -> Floats:
    tables = sums.reshape(-1, values, values)
    total = tables.sum(axis=(1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / total
    by_chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / total**2
    return _above_chance(1 - seen, 1 - by_chance)


def _alpha(sums: Floats) -> Floats:
    same, total, counts = sums[:, 0], sums[:, 1], sums[:, 2:]
    unlike = 1 - (counts * (counts - 1)).sum(axis=1) / (total * (total - 1))
    return _above_chance(1 - same / total, unlike)


def _above_chance(seen: Floats, expected: Floats) -> Floats:
    """One less the share of the disagreement by chance that is there; not a number where chance always agrees."""
    possible = expected > np.finfo(np.float64).eps
    return np.where(possible, 1 - seen / np.where(possible, expected, 1), np.nan)


def _estimate(rows: Floats, measure: Callable[[Floats], Floats]) -> Estimate | None:
    if not len(rows):
        return None
    value = float(measure(rows.sum(axis=0, keepdims=True))[0])
    if np.isnan(value):
        return None
    dice = np.random.default_rng(_SEED)
    even = np.full(len(rows), 1 / len(rows))
    drawn = [measure(dice.multinomial(len(rows), even, size=_AT_ONCE) @ rows) for _ in range(ROUNDS // _AT_ONCE)]
    found = np.concatenate(drawn)
    low, high = np.percentile(found[~np.isnan(found)], _TAILS)
    return Estimate(value, float(low), float(high))
