"""Fits what a label's probability should mean: Platt's logistic curve or an isotonic one, whichever predicts better.

Chosen and measured by cross-validation: each decision is judged by a curve that never saw it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.calibrated import Curve
from moderator.scoring.evaluation import calibration_error
from moderator.scoring.training.calibration import fit_logistic

Floats = NDArray[np.float64]

FEWEST = 40
"""Decisions of either kind below which a label is left as it is: a curve through fewer is a guess."""

_FOLDS = 5
_HAIR = 1e-4
# Keeps the order within a step of an isotonic curve, where the curve itself is flat.
_TILT = 0.01
# Where Platt's curve is written down: denser towards both ends, where it bends.
_GRID: Floats = 1 / (1 + np.exp(-np.linspace(-9.0, 9.0, 61)))


def fit_curve(scores: Floats, truth: Floats, seed: int = 1) -> Curve | None:
    """Fits a curve to decisions.

    Args:
        scores: Probability 0..1 per decision.
        truth: 1 where the decision confirms the label, 0 where it denies it.
        seed: Of the folds.

    Returns:
        The curve, or `None` where there are too few decisions, or where none predicts unseen ones better than the
        scores as they are.
    """
    positives = int(truth.sum())
    if min(positives, truth.size - positives) < FEWEST:
        return None
    folds = _folds(truth, seed)
    best, least, predicted = "", _loss(scores, truth), scores
    for name, fit in _METHODS.items():
        unseen = np.empty_like(scores)
        for fold in range(_FOLDS):
            held = folds == fold
            unseen[held] = np.interp(scores[held], *fit(scores[~held], truth[~held]))
        loss = _loss(unseen, truth)
        if loss < least and calibration_error(truth, unseen) < calibration_error(truth, scores):
            best, least, predicted = name, loss, unseen
    if not best:
        return None
    before, after = _METHODS[best](scores, truth)
    return Curve(
        method=best,
        points=[(round(x, 6), round(y, 6)) for x, y in zip(before.tolist(), after.tolist(), strict=True)],
        positives=positives,
        negatives=truth.size - positives,
        error_before=calibration_error(truth, scores),
        error_after=calibration_error(truth, predicted),
    )


def platt(scores: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """A logistic curve over the scores' logits.

    Returns:
        Its points: probability before, and after.

    Source: Platt 1999, "Probabilistic outputs for support vector machines", with his smoothed targets.
    """
    slope, height = fit_logistic(
        _logit(scores)[:, None].astype(np.float32), truth.astype(np.float32), np.full(truth.size, 1 / truth.size)
    )
    after = 1 / (1 + np.exp(-(slope * _logit(_GRID) + height)))
    return _ends(_GRID, after)


def isotonic(scores: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """The rising curve nearest to the decisions, drawn through the middle of each step.

    Returns:
        Its points: probability before, and after.

    Source: pool adjacent violators, Barlow et al. 1972; centred as in Oron & Flournoy 2017,
    doi:10.1080/19466315.2017.1286256.
    """
    order = np.argsort(scores, kind="stable")
    places, first = np.unique(scores[order], return_index=True)
    counts = np.diff(np.append(first, order.size)).astype(np.float64)
    sums = np.add.reduceat(truth[order], first)
    blocks: list[tuple[float, float, float]] = []  # count, sum of the truth, sum of the places
    for count, total, place in zip(counts.tolist(), sums.tolist(), (places * counts).tolist(), strict=True):
        block = (count, total, place)
        while blocks and blocks[-1][1] * block[0] >= block[1] * blocks[-1][0]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    count, total, place = (np.array(column) for column in zip(*blocks, strict=True))
    middle, share = place / count, (total + 0.5) / (count + 1.0)
    return _ends(middle, np.maximum.accumulate(share))


_METHODS: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {"platt": platt, "isotonic": isotonic}


def _ends(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """The curve from 0 to 1, rising everywhere."""
    inside = (before > 0.0) & (before < 1.0)
    before, after = before[inside], np.clip(after[inside], _HAIR, 1 - _HAIR)
    x = np.concatenate(([0.0], before, [1.0]))
    y = np.concatenate((after[:1], after, after[-1:])) if after.size else np.array([0.0, 1.0])
    return x, (1 - _TILT) * y + _TILT * x


def _folds(truth: Floats, seed: int) -> NDArray[np.int64]:
    """A fold for each decision, either kind spread evenly."""
    random = np.random.default_rng(seed)
    folds = np.empty(truth.size, np.int64)
    for kind in (0.0, 1.0):
        rows = np.flatnonzero(truth == kind)
        folds[random.permutation(rows)] = np.arange(rows.size) % _FOLDS
    return folds


def _logit(probability: Floats) -> Floats:
    clipped = np.clip(probability, _HAIR, 1 - _HAIR)
    return np.log(clipped / (1 - clipped))


def _loss(probability: Floats, truth: Floats) -> float:
    clipped = np.clip(probability, _HAIR, 1 - _HAIR)
    return float(-np.mean(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped)))
