"""Fitting of the second look: logistic regression over how the project's own hand-written sentences are built."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderator.scoring.blame.analysis import analyse
from moderator.scoring.blame.hunch import HUNCH, hunch_features
from moderator.scoring.blame.model import BlameModel
from moderator.scoring.blame.suspicion import LEARNED
from moderator.scoring.blame.training.phrasebook import Phrase, read_phrasebook
from moderator.text.normalize import fold

_RARE = 4
_SMALL = 0.02
_STEPS = 400
_PENALTY = 4.0
"""Strength of the pull towards 0, found by eight-fold cross-validation over the sentences."""


def train_hunch(out_dir: Path) -> Path:
    """Fits the weights of the second look and writes them as `hunch.json`.

    Returns:
        Where they are. The same sentences and lexicons give the same weights.
    """
    rows = [
        (names, entry.grade > 0)
        for language in sorted(LEARNED)
        for entry in read_phrasebook(language)
        if (names := _features(entry, language))
    ]
    path = out_dir / HUNCH
    fitted(rows).save(path)
    return path


def _features(entry: Phrase, language: str) -> list[str]:
    context = fold(entry.context).text if entry.context else None
    return hunch_features(analyse(fold(entry.text).text, language, context), language)


def fitted(rows: list[tuple[list[str], bool]]) -> BlameModel:
    """Logistic regression with a squared penalty, by Nesterov's accelerated gradient on all rows at once."""
    seen = Counter(name for names, _ in rows for name in names)
    place = {name: at for at, name in enumerate(sorted(name for name, times in seen.items() if times >= _RARE))}
    table: npt.NDArray[np.float64] = np.zeros((len(rows), len(place) + 1))
    table[:, -1] = 1.0
    for row, (names, _) in enumerate(rows):
        table[row, [place[name] for name in names if name in place]] = 1.0
    labels = np.array([float(label) for _, label in rows])
    penalty = np.full(len(place) + 1, _PENALTY)
    penalty[-1] = 0.0
    step = 1.0 / (0.25 * float(np.linalg.norm(table, 2)) ** 2 + _PENALTY)
    weights, ahead = np.zeros(len(place) + 1), np.zeros(len(place) + 1)
    for turn in range(_STEPS):
        chances = 1.0 / (1.0 + np.exp(-(table @ ahead)))
        moved = ahead - step * (table.T @ (chances - labels) + penalty * ahead)
        ahead = moved + turn / (turn + 3) * (moved - weights)
        weights = moved
    kept = {name: float(weights[at]) for name, at in place.items() if abs(weights[at]) >= _SMALL}
    return BlameModel(float(weights[-1]), kept)
