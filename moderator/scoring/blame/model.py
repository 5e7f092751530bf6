"""The learned layer: a logistic model over named features, its weights a small JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from moderator.errors import ScoringError
from moderator.scoring.blame.lexicon import data_text

WEIGHTS = "weights.json"
"""Name of the weights among the data files."""

_FORMAT = 1


class BlameModel:
    """Probability of blame given feature names. A name that isn't in the weights adds nothing.

    Attributes:
        bias: Log-odds of no feature at all.
        weights: Log-odds that each feature adds.
    """

    def __init__(self, bias: float, weights: Mapping[str, float]) -> None:
        self.bias = bias
        self.weights = weights

    def probability(self, names: Sequence[str]) -> float:
        """Probability 0..1."""
        total = self.bias + sum(self.weights.get(name, 0.0) for name in names)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def save(self, path: Path) -> None:
        """Writes the weights, rounded and sorted, so that the same training gives the same bytes."""
        kept = {name: round(weight, 3) for name, weight in sorted(self.weights.items())}
        data = {"format": _FORMAT, "bias": round(self.bias, 3), "weights": kept}
        path.write_text(json.dumps(data, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")


@lru_cache(maxsize=2)
def shipped(name: str = WEIGHTS) -> BlameModel:
    """A model whose weights come with the package.

    Raises:
        ScoringError: The weights are of another format.
    """
    return parse(data_text(name))


def parse(text: str) -> BlameModel:
    """Reads weights.

    Raises:
        ScoringError: They are of another format.
    """
    raw = cast("dict[str, Any]", json.loads(text))
    if raw.get("format") != _FORMAT:
        raise ScoringError(
            f"blame weights: format {raw.get('format')!r} instead of {_FORMAT}",
            code="blame.weights",
            hint="Train them again: moderator train blame",
        )
    return BlameModel(float(raw["bias"]), {str(name): float(weight) for name, weight in raw["weights"].items()})
