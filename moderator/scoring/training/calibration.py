"""Turns the parts' logits into probabilities: one small logistic regression per answer.

Each answer sees its own head in every part; `identity_attack` sees the hate heads as well, which is the rule that
joins Jigsaw's narrow label with hate as other data sets define it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label
from moderator.scoring.embedded.heads import HATE, HEADS, HEARD_BY
from moderator.scoring.embedded.model import ANSWERS
from moderator.scoring.training.rows import LabelledRows

FloatArray = NDArray[np.float32]
_RIDGE = 1e-4
_STEPS = 50
# By how much a part must raise the log-likelihood: half the 95 % point of chi-squared with one degree of freedom.
_LEAST_GAIN = 1.92
# Sets made to test detectors of hate are mostly hateful, a comment section isn't: taken as they are, they'd teach that
# whoever names a group probably attacks it. Positives count no more than this share of a set.
_MOST_POSITIVE: Mapping[str, float] = {Label.IDENTITY_ATTACK: 0.25, HATE: 0.25}


def fit_blend(logits: FloatArray, rows: LabelledRows) -> tuple[FloatArray, FloatArray]:
    """Fits the blend on development rows; a data set counts by its weight, whatever its size.

    Args:
        logits: The parts' logits, shape (rows, parts * heads).
        rows: Whose targets to hit.

    Returns:
        Blend of shape (parts * heads, answers) and its bias of shape (answers,). An answer that no row teaches
        keeps its own head's logits as they are.
    """
    parts = logits.shape[1] // len(HEADS)
    blend = np.zeros((logits.shape[1], len(ANSWERS)), np.float32)
    bias = np.zeros(len(ANSWERS), np.float32)
    sources = np.array(rows.sources)
    for column, answer in enumerate(ANSWERS):
        inputs = [part * len(HEADS) + HEADS.index(head) for head in HEARD_BY[answer] for part in range(parts)]
        targets = rows.targets[:, HEADS.index(answer)]
        known = np.flatnonzero(~np.isnan(targets))
        if len(set(targets[known].tolist())) < 2:  # noqa: PLR2004 - nothing to tell apart with one class only
            blend[inputs[:parts], column] = 1 / parts
            continue
        _, place, sizes = np.unique(sources[known], return_inverse=True, return_counts=True)
        weights = rows.weights[known] / sizes[place]
        if answer in _MOST_POSITIVE:
            weights = weights * _rarer(targets[known], place, _MOST_POSITIVE[answer])
        weights = weights / weights.sum()
        slopes = fit_logistic(logits[known][:, inputs], targets[known], weights)
        blend[inputs, column], bias[column] = slopes[:-1], slopes[-1]
    return blend, bias


def _rarer(targets: FloatArray, place: NDArray[np.int64], most: float) -> NDArray[np.float64]:
    """Factors that bring each set's share of positives down to `most`, where it is higher."""
    shares = np.bincount(place, weights=targets) / np.bincount(place)
    too_many = (shares > most) & (shares < 1)
    factors = np.ones(shares.size)
    factors[too_many] = most / (1 - most) * (1 - shares[too_many]) / shares[too_many]
    return np.where(targets > 0.5, factors[place], 1.0)  # noqa: PLR2004 - labels are 0 or 1


def fit_logistic(inputs: FloatArray, targets: FloatArray, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fits a logistic regression whose slopes are never negative; the last coefficient is the intercept.

    A part that hardly adds anything to the others is left out: with the few positives of a rare label, a small slope
    is as likely noise, and noise turns the order of comments round.

    Source: Platt 1999, with his smoothed targets ((n+ + 1) / (n+ + 2) and 1 / (n- + 2)); Newton's method. Which parts
    stay: likelihood ratio, Wilks 1938, on as many rows as the weights are worth (Kish 1965).
    """
    positives = float((targets > 0.5).sum())  # noqa: PLR2004 - labels are 0 or 1
    smoothed = np.where(
        targets > 0.5,  # noqa: PLR2004
        (positives + 1) / (positives + 2),
        1 / (targets.size - positives + 2),
    )
    exact, rows = inputs.astype(np.float64), weights.sum() ** 2 / (weights**2).sum()
    fitted = _fit(exact, list(range(inputs.shape[1])), smoothed, weights)
    while len(fitted.used) > 1:
        fewer = [_fit(exact, [part for part in fitted.used if part != left], smoothed, weights) for left in fitted.used]
        best = min(fewer, key=lambda fit: fit.loss)
        if (best.loss - fitted.loss) * rows >= _LEAST_GAIN:
            break
        fitted = best
    full = np.zeros(inputs.shape[1] + 1)
    full[[*fitted.used, inputs.shape[1]]] = fitted.coefficients
    return full


class _Fit(NamedTuple):
    used: list[int]
    coefficients: NDArray[np.float64]
    loss: float


def _fit(
    inputs: NDArray[np.float64], used: list[int], targets: NDArray[np.float64], weights: NDArray[np.float64]
) -> _Fit:
    """Fits some of the inputs, less those that get a negative slope: such a part was fitted to noise."""
    while True:
        coefficients = _newton(inputs[:, used], targets, weights)
        worst = int(np.argmin(coefficients[:-1])) if used else 0
        if not used or coefficients[worst] >= 0:
            logits = inputs[:, used] @ coefficients[:-1] + coefficients[-1]
            losses = np.logaddexp(0, logits) - targets * logits
            return _Fit(used, coefficients, float(weights @ losses / weights.sum()))
        used = [part for part in used if part != used[worst]]


def _newton(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    design = np.column_stack((inputs, np.ones(len(inputs))))
    coefficients = np.zeros(design.shape[1])
    ridge = np.diag([_RIDGE] * inputs.shape[1] + [0.0])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ coefficients, -30, 30)))
        slope = design.T @ (weights * (chance - targets)) + ridge @ coefficients
        curvature = (design * (weights * np.maximum(chance * (1 - chance), 1e-9))[:, None]).T @ design + ridge
        change = np.linalg.solve(curvature, slope)
        # A long step overshoots where the curve is flat.
        coefficients -= change * min(1.0, 4.0 / max(float(np.abs(change).max()), 1e-12))
        if np.abs(change).max() < 1e-9:  # noqa: PLR2004 - far below what a float32 keeps
            break
    return coefficients
