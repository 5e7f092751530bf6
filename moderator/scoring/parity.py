"""How far a converted network is from the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderator.scoring.conversion import Flip, Parity
from moderator.scoring.explain import Row

Thresholds = Mapping[str, Sequence[float]]
"""Class name to the probabilities at which something is decided."""

MOST_FLIPS = 20
"""So many flipped decisions are kept by name; more say nothing more."""


def compare(
    expected: Sequence[Row | None], actual: Sequence[Row | None], classes: Sequence[str], thresholds: Thresholds
) -> Parity:
    """How far rows are from those expected; a text that either side can't score counts as the largest difference."""
    differences: list[float] = []
    largest, furthest = 0.0, -1
    flips: list[Flip] = []
    decisions = 0
    for text, (before, after) in enumerate(zip(expected, actual, strict=True)):
        of_text = [1.0]
        if before is not None and after is not None:
            of_text = [abs(one - other) for one, other in zip(before, after, strict=True)]
            for name, one, other in zip(classes, before, after, strict=True):
                crossed = [at for at in thresholds.get(name, ()) if (one >= at) is not (other >= at)]
                flips += [Flip(text, name, threshold, one, other) for threshold in crossed]
                decisions += len(thresholds.get(name, ()))
        differences += of_text
        if max(of_text) > largest:
            largest, furthest = max(of_text), text
    mean = sum(differences) / len(differences) if differences else 0.0
    return Parity(len(expected), largest, mean, len(flips), decisions, furthest, flips[:MOST_FLIPS])
