"""How often comments with a score are rejected: one monotone fit per label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy
from moderator.domain.score import Label
from moderator.services.tuning.history import History
from moderator.services.tuning.replay import COLUMN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 10
"""Rejected and approved comments that a label's fit needs."""

_MOST_BINS = 200
_STEP = 1000
_LEAST = 1 / _STEP


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A label's share of rejects by its score: steps that only go up.

    Attributes:
        edges: Scores at which a step begins, in thousandths, ascending.
        bin_of: Step of each comment, -1 where the label wasn't judged.
        steps: Share of rejects of each step, 0..1.
        rejected, weights: Of each comment; a weight of 0 where nobody decided.
    """

    edges: Floats
    bin_of: NDArray[np.int64]
    steps: Floats
    rejected: NDArray[np.bool_]
    weights: Floats

    def shares(self) -> Floats:
        """Each comment's share; 0 where the label wasn't judged."""
        return np.where(self.bin_of >= 0, self.steps[self.bin_of], 0.0)

    def threshold(self, share: float) -> float:
        """The lowest score whose step reaches a share, 0.001..1; 1 where none does."""
        at = int(np.searchsorted(self.steps, share, side="left"))
        return max(float(self.edges[at]), _LEAST) if at < len(self.edges) and not math.isinf(share) else 1.0

    def refitted(self, counts: Floats) -> Line:
        """The same with each comment as often as it was drawn."""
        return replace(self, steps=_steps(self.bin_of, self.rejected, self.weights * counts, len(self.edges)))


def fit_lines(history: History, policy: Policy, weights: Floats) -> Mapping[Label, Line]:
    """Fits the labels that route something and have enough to go by.

    Args:
        history: The past.
        policy: Says which labels route.
        weights: How many comments each one stands for.
    """
    found: dict[Label, Line] = {}
    for label in policy.thresholds:
        scores = history.comments.scores[:, COLUMN[label]]
        judged = ~np.isnan(scores)
        known = judged & history.decided
        rejected = int(np.count_nonzero(history.rejected & known))
        if min(rejected, int(np.count_nonzero(known)) - rejected) >= FEWEST:
            found[label] = _fit(scores, judged, history, weights)
    return found


def _fit(scores: Floats, judged: NDArray[np.bool_], history: History, weights: Floats) -> Line:
    # Thresholds are written with three digits: what lies between two of them can't be told apart.
    cut = np.floor(scores[judged] * _STEP + 1e-9) / _STEP
    edges = np.unique(cut)
    if len(edges) > _MOST_BINS:
        # Finer where rejects are: that is where a threshold will be.
        own = np.floor(scores[judged & history.rejected] * _STEP + 1e-9) / _STEP
        places = np.linspace(0, 1, _MOST_BINS // 2)
        picked = [np.quantile(part, places, method="lower") for part in (cut, own)]
        edges = np.unique(np.concatenate((edges[:1], *picked)))
    bin_of = np.full(len(scores), -1, dtype=np.int64)
    bin_of[judged] = np.searchsorted(edges, cut, side="right") - 1
    counted = np.where(history.decided, weights, 0.0)
    return Line(edges, bin_of, _steps(bin_of, history.rejected, counted, len(edges)), history.rejected, counted)


def _steps(bin_of: NDArray[np.int64], rejected: NDArray[np.bool_], weights: Floats, bins: int) -> Floats:
    inside = bin_of >= 0
    sizes = np.bincount(bin_of[inside], weights=weights[inside], minlength=bins)
    hits = np.bincount(bin_of[inside], weights=(weights * rejected)[inside], minlength=bins)
    return isotonic(hits.astype(np.float64), sizes.astype(np.float64))


def isotonic(hits: Floats, sizes: Floats) -> Floats:
    """The shares that never fall and lie closest to `hits / sizes`, by weighted squares.

    Args:
        hits: Of each bin, ascending.
        sizes: Likewise; a bin of size 0 takes the share below it.

    Source: pool adjacent violators; Ayer et al. 1955, doi:10.1214/aoms/1177728423.
    """
    blocks: list[tuple[float, float, int]] = []  # hits, size, bins
    for hit, size in zip(hits.tolist(), sizes.tolist(), strict=True):
        block = (hit, size, 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            above = blocks.pop()
            block = (above[0] + block[0], above[1] + block[1], above[2] + block[2])
        blocks.append(block)
    shares = [hit / size if size else 0.0 for hit, size, _ in blocks]
    return np.repeat(shares, [count for *_, count in blocks])
