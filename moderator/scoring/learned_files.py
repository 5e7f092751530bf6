"""Where what was learned from a site's own decisions lies, in the folder of models. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path


def calibration_file(models_dir: Path, scorer: str) -> Path:
    """Where the calibration in force of a scorer lies; it needn't be there. Those that it replaced lie beside it."""
    return models_dir / "calibration" / f"{scorer}.json"


def adapted_file(models_dir: Path) -> Path:
    """Where adapted weights of the embedded scorer lie; they needn't be there. Those that they replaced lie beside."""
    return models_dir / "embedded" / "embedded.safetensors"
