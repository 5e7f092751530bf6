"""Where scores and labels part furthest, and for which texts they part more: beside the figures of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderator.scoring.evaluation import roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 20
"""Texts of either kind that a group needs before its rate counts for a gap."""

_POSITIVE = 0.5


@dataclass(frozen=True, slots=True)
class GroupRates:
    """How a label fares in one group of texts.

    Attributes:
        recall: Share of the texts with the label that reach the threshold; `nan` where there is none.
        false_alarms: Share of those without it that do; likewise.
        auc: Area under the ROC curve; `nan` with one class only.
    """

    texts: int
    positives: int
    recall: float
    false_alarms: float
    auc: float


@dataclass(frozen=True, slots=True)
class Gaps:
    """A label by the groups of one field.

    Attributes:
        groups: Rates by group, the largest first.
        recall, false_alarms: Largest less smallest rate among groups with enough texts; `nan` with fewer than two.
    """

    groups: Mapping[str, GroupRates]
    recall: float
    false_alarms: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """One text on the wrong side of a threshold.

    Attributes:
        index: Place among the texts, from 0.
        line: Where it stands in the file.
    """

    index: int
    line: int
    truth: float
    score: float


def gaps(truths: Floats, scores: Floats, names: Sequence[str], threshold: float) -> Gaps:
    """How a label fares by group.

    Args:
        truths: Known labels, 0..1, NaN where not known.
        scores: 0..1, NaN where there's none.
        names: The group of each text; texts without one are empty and left out.
        threshold: Where a score counts as positive.
    """
    given = np.asarray(names, dtype=object)
    known = ~np.isnan(truths) & ~np.isnan(scores) & (given != "")
    sizes = {name: int(np.count_nonzero(known & (given == name))) for name in dict.fromkeys(given[known])}
    groups: dict[str, GroupRates] = {}
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
        rows = known & (given == name)
        positive, flagged = truths[rows] >= _POSITIVE, scores[rows] >= threshold
        groups[str(name)] = GroupRates(
            texts=sizes[name],
            positives=int(positive.sum()),
            recall=float(flagged[positive].mean()) if positive.any() else math.nan,
            false_alarms=float(flagged[~positive].mean()) if not positive.all() else math.nan,
            auc=roc_auc(positive, scores[rows]),
        )
    return Gaps(
        groups,
        _gap([one.recall for one in groups.values() if one.positives >= FEWEST]),
        _gap([one.false_alarms for one in groups.values() if one.texts - one.positives >= FEWEST]),
    )


def worst(truths: Floats, scores: Floats, lines: Sequence[int], threshold: float, most: int) -> tuple[Mistake, ...]:
    """Texts on the wrong side of the threshold, those furthest from their label first."""
    known = ~np.isnan(truths) & ~np.isnan(scores)
    wrong = np.flatnonzero(known & ((truths >= _POSITIVE) != (scores >= threshold)))
    order = np.argsort(-np.abs(scores[wrong] - truths[wrong]), kind="stable")[:most]
    furthest: list[int] = wrong[order].tolist()
    return tuple(Mistake(at, lines[at], float(truths[at]), float(scores[at])) for at in furthest)


def _gap(rates: Sequence[float]) -> float:
    return max(rates) - min(rates) if len(rates) > 1 else math.nan
