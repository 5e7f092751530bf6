"""Training of the learned layer on composed sentences: logistic regression, the same result every time."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from moderator.scoring.blame.analysis import analyse
from moderator.scoring.blame.features import features
from moderator.scoring.blame.model import WEIGHTS, BlameModel
from moderator.scoring.blame.training.grammar import compose
from moderator.scoring.blame.training.hunch import train_hunch
from moderator.text.normalize import fold

COUNT = 30_000
"""Sentences composed for a full training."""

_EPOCHS = 6
_STEP = 0.3
_SHRINK = 2e-5
_RARE = 6
_SMALL = 0.05


@dataclass(frozen=True, slots=True)
class BlameTraining:
    """What a training did.

    Attributes:
        examples: Sentences it learned from: those in which the rules saw anything at all.
        weights: Features kept.
        accuracy: Share of held-back composed sentences judged rightly at 0.5.
    """

    examples: int
    weights: int
    accuracy: float
    path: Path


def train_blame(
    out_dir: Path, seed: int = 1, progress: Callable[[int, int], None] | None = None, *, count: int = COUNT
) -> BlameTraining:
    """Trains the learned layer and writes its weights, and beside them those of the second look.

    Args:
        out_dir: Where `weights.json` and `hunch.json` go; made if it isn't there.
        seed: The same seed gives the same bytes.
        progress: Called with sentences done and sentences in all.
        count: Sentences to compose.

    Returns:
        Numbers of the training. They say nothing of real comments: those are what the evaluation is for.
    """
    rows = _rows(count, seed, progress)
    source = random.Random(seed)  # noqa: S311 - the order of examples
    source.shuffle(rows)
    held = len(rows) // 10
    model = _fit(rows[held:], seed)
    right = sum((model.probability(names) >= 0.5) == label for names, label in rows[:held])  # noqa: PLR2004
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / WEIGHTS
    model.save(path)
    train_hunch(out_dir)
    return BlameTraining(len(rows) - held, len(model.weights), right / max(1, held), path)


def _rows(count: int, seed: int, progress: Callable[[int, int], None] | None) -> list[tuple[list[str], bool]]:
    rows: list[tuple[list[str], bool]] = []
    for done, example in enumerate(compose(count, seed), 1):
        names = features(analyse(fold(example.text).text, example.language), example.language)
        if names:
            rows.append((names, example.blame))
        if progress is not None and done % 500 == 0:
            progress(done, count)
    return rows


def _fit(rows: list[tuple[list[str], bool]], seed: int) -> BlameModel:
    seen = Counter(name for names, _ in rows for name in names)
    kept = {name for name, times in seen.items() if times >= _RARE}
    weights: dict[str, float] = defaultdict(float)
    pushed: dict[str, float] = defaultdict(lambda: 1.0)
    bias = 0.0
    source = random.Random(seed + 1)  # noqa: S311 - the order of examples
    order = [([name for name in names if name in kept], label) for names, label in rows]
    for _ in range(_EPOCHS):
        source.shuffle(order)
        for names, label in order:
            total = bias + sum(weights[name] for name in names)
            error = label - 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
            bias += 0.02 * error
            for name in names:
                pushed[name] += error * error
                weights[name] += _STEP * error / math.sqrt(pushed[name]) - _SHRINK * weights[name]
    return BlameModel(bias, {name: weight for name, weight in weights.items() if abs(weight) >= _SMALL})
