"""How far a converted network is from the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderator.scoring.conversion import Parity
from moderator.scoring.explain import Row

Thresholds = Mapping[str, Sequence[float]]
"""Class name to the probabilities at which something is decided."""


def compare(
    expected: Sequence[Row | None], actual: Sequence[Row | None], classes: Sequence[str], thresholds: Thresholds
) -> Parity:
    """How far rows are from those expected; a text that either side can't score counts as the largest difference."""
    differences: list[float] = []
    flipped = decisions = 0
    for before, after in zip(expected, actual, strict=True):
        if before is None or after is None:
            differences.append(1.0)
            continue
        differences += [abs(one - other) for one, other in zip(before, after, strict=True)]
        for name, one, other in zip(classes, before, after, strict=True):
            for threshold in thresholds.get(name, ()):
                decisions += 1
                flipped += (one >= threshold) is not (other >= threshold)
    mean = sum(differences) / len(differences) if differences else 0.0
    return Parity(len(expected), max(differences, default=0.0), mean, flipped, decisions)
