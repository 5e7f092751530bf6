"""Where what was learned from a site's own decisions lies, in the folder of models. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ADAPTED: Mapping[str, str] = {
    "embedded": "moderator.scoring.adapted:adapted_scorer",
    "embedded-encoder": "moderator.scoring.adapted:adapted_encoder",
}
"""Scorers that can be adapted to a site, and what makes each from adapted weights."""


def calibration_file(models_dir: Path, scorer: str) -> Path:
    """Where the calibration in force of a scorer lies; it needn't be there. Those that it replaced lie beside it."""
    return models_dir / "calibration" / f"{scorer}.json"


def adapted_file(models_dir: Path, scorer: str) -> Path:
    """Where adapted weights of a scorer lie; they needn't be there. Those that they replaced lie beside them."""
    return models_dir / "embedded" / f"{scorer}.safetensors"
