"""Measures of how well scores agree with labels. Plain numpy, any scorer.

Labels are 0 or 1, NaN where unknown; unknown ones are left out of every measure. A measure that isn't defined
(one class only, nothing known) is NaN, never a made-up number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FloatArray = NDArray[np.float64]
CALIBRATION_BINS = 15
# Labels are 0 or 1; anything from here on is a 1.
_POSITIVE = 0.5


@dataclass(frozen=True, slots=True)
class LabelReport:
    """How one label fared.

    Attributes:
        known: Rows whose label is known.
        positives: Rows among them whose label is 1.
        auc: Area under the ROC curve, 0..1.
        average_precision: Area under the precision-recall curve, 0..1.
        precision, recall, f1: Of the positive class at the threshold, 0..1.
        macro_f1: Mean of both classes' F1 at the threshold, 0..1.
        calibration_error: Expected calibration error, 0..1, smaller is better.
        threshold: Scores at or above count as positive.
    """

    known: int
    positives: int
    auc: float
    average_precision: float
    precision: float
    recall: float
    f1: float
    macro_f1: float
    calibration_error: float
    threshold: float

    def as_dict(self) -> dict[str, float]:
        """Returns the fields by name."""
        return asdict(self)


def _known(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], _FloatArray]:
    all_labels, all_scores = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    if all_labels.shape != all_scores.shape or all_labels.ndim != 1:
        raise ValueError(f"labels {all_labels.shape} and scores {all_scores.shape} must be two equally long lists")
    known = ~np.isnan(all_labels) & ~np.isnan(all_scores)
    return all_labels[known] >= _POSITIVE, all_scores[known]


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Returns the chance that a positive outscores a negative, ties counted half; NaN with one class only.

    Source: Mann-Whitney U; Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    positive, values = _known(labels, scores)
    positives = int(positive.sum())
    negatives = positive.size - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    # Ties share the mean of the ranks that they take up.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Returns the mean precision over the recall steps, equal scores taken as one step; NaN with no positive.

    Source: sum over thresholds of (R_n - R_(n-1)) * P_n, as in scikit-learn's `average_precision_score`.
    """
    positive, values = _known(labels, scores)
    if not positive.any():
        return float("nan")
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(positive[order])
    last_of_step = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    found, seen = hits[last_of_step], last_of_step + 1
    return float(np.sum(np.diff(found, prepend=0) * found / seen) / hits[-1])


def precision_recall_f1(labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> tuple[float, float, float]:
    """Returns precision, recall and F1 of "score >= threshold": 0 if nothing is found, NaN if nothing is known."""
    positive, values = _known(labels, scores)
    if not positive.size:
        return float("nan"), float("nan"), float("nan")
    flagged = values >= threshold
    right = int((flagged & positive).sum())
    precision = right / int(flagged.sum()) if flagged.any() else 0.0
    recall = right / int(positive.sum()) if positive.any() else 0.0
    return precision, recall, 2 * right / max(int(flagged.sum()) + int(positive.sum()), 1)


def macro_f1(labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> float:
    """Returns the mean of the F1 of "score >= threshold" and that of its opposite, 0..1."""
    positive, values = _known(labels, scores)
    _, _, of_positive = precision_recall_f1(positive, values, threshold)
    _, _, of_negative = precision_recall_f1(~positive, (values < threshold).astype(float))
    return (of_positive + of_negative) / 2


def calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = CALIBRATION_BINS) -> float:
    """Returns the expected calibration error: the mean gap between score and truth over equal-width bins.

    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599 (equation 3; 15 bins).
    """
    positive, values = _known(labels, scores)
    if not positive.size:
        return float("nan")
    bin_of = np.minimum((values * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_of, weights=values - positive, minlength=bins)
    return float(np.abs(gaps).sum() / positive.size)


def report_label(labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> LabelReport:
    """Returns every measure of one label."""
    positive, values = _known(labels, scores)
    precision, recall, f1 = precision_recall_f1(positive, values, threshold)
    return LabelReport(
        known=int(positive.size),
        positives=int(positive.sum()),
        auc=roc_auc(positive, values),
        average_precision=average_precision(positive, values),
        precision=precision,
        recall=recall,
        f1=f1,
        macro_f1=macro_f1(positive, values, threshold),
        calibration_error=calibration_error(positive, values),
        threshold=threshold,
    )


def share_right_by_group(
    labels: ArrayLike, scores: ArrayLike, groups: Sequence[str], threshold: float = 0.5
) -> Mapping[str, tuple[int, float]]:
    """Counts, per group, how many rows fall on the right side of the threshold.

    Args:
        labels: 0, 1 or NaN per row.
        scores: 0..1 or NaN per row.
        groups: The group of each row, such as a HateCheck functionality.
        threshold: Scores at or above count as positive.

    Returns:
        Group to (known rows, share right 0..1), in alphabetical order; groups with no known row are absent.
    """
    all_labels, all_scores = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    known = ~np.isnan(all_labels) & ~np.isnan(all_scores)
    right = (all_scores >= threshold) == (all_labels >= _POSITIVE)
    names = np.asarray(groups, dtype=object)
    found: dict[str, tuple[int, float]] = {}
    for name in sorted(set(groups)):
        rows = known & (names == name)
        if rows.any():
            found[name] = (int(rows.sum()), float(right[rows].mean()))
    return found
