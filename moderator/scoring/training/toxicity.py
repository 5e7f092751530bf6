"""Trains the embedded scorer's weights from a folder of labelled data. Same data, same seed: same weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.heads import HATE, HEADS
from moderator.scoring.embedded.model import ANSWERS, ToxicityModel
from moderator.scoring.embedded.stream import read_letters
from moderator.scoring.embedded.weights import write_weights
from moderator.scoring.training.calibration import fit_blend
from moderator.scoring.training.contrast import ContrastGrammar
from moderator.scoring.training.linear import LinearRecipe, fit_linear
from moderator.scoring.training.report import Metrics, as_tables, measure
from moderator.scoring.training.rows import DEVELOPMENT_SETS, TRAINING_SETS, LabelledRows, join_rows, read_rows

VERSION = "1.0.0"
Progress = Callable[[str, float], None]
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """What goes into a training.

    Attributes:
        linear: How the n-gram part is fitted.
        contrast: Sentences drawn from the contrast grammar.
        contrast_weight: How much each of them counts.
    """

    linear: LinearRecipe = field(default_factory=LinearRecipe)
    contrast: int = 16_000
    contrast_weight: float = 0.5


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training wrote.

    Attributes:
        weights: The weights file; its checksum lies beside it.
        metrics: Every measure, as JSON.
        tables: The same as Markdown, for the model card.
        summary: The chief measures by name.
    """

    weights: Path
    metrics: Path
    tables: Path
    summary: Mapping[str, float]


def train_toxicity(
    data_dir: Path, out_dir: Path, seed: int, progress: Progress, recipe: TrainingRecipe | None = None
) -> TrainingResult:
    """Trains, calibrates and measures a model, and writes it.

    Args:
        data_dir: Holds the `*_train.parquet` files and `eval/*_dev.parquet` to calibrate and measure by.
        out_dir: Made if it isn't there. Gets `embedded.safetensors`, its checksum, `metrics.json`, `tables.md`.
        seed: Any integer.
        progress: Told the stage and the share of it that is done, 0..1.
        recipe: Other settings than the shipped weights'.

    Returns:
        Where everything was written.

    Raises:
        ScoringError: No data, no `pyarrow`, or the folder can't be written.
    """
    recipe = recipe or TrainingRecipe()
    progress("reading", 0.0)
    rows = read_rows(data_dir, TRAINING_SETS)
    development = read_rows(data_dir, DEVELOPMENT_SETS)
    contrast = _without(ContrastGrammar(seed).draw_rows(recipe.contrast, recipe.contrast_weight), development)
    progress("reading", 1.0)
    model = _fit(join_rows([rows, _only_hate(contrast)]), development, recipe, seed, progress)
    metrics = measure(_in_chunks(model.answer, development.texts, progress), development)
    return _write(out_dir, model, metrics, _describe(seed, rows, contrast, recipe))


def _fit(
    rows: LabelledRows, development: LabelledRows, recipe: TrainingRecipe, seed: int, progress: Progress
) -> ToxicityModel:
    linear = fit_linear(rows, recipe.linear, seed, progress)
    size = len(HEADS)
    plain = ToxicityModel(linear, np.eye(size, len(ANSWERS), dtype=np.float32), np.zeros(len(ANSWERS), np.float32))
    calibrating = [row for row, name in enumerate(development.sources) if DEVELOPMENT_SETS[name].calibrates]
    chosen = development.take(np.array(calibrating, np.int64))
    logits = _in_chunks(lambda texts: plain.part_logits(read_letters(texts)), chosen.texts, progress)
    blend, bias = fit_blend(logits, chosen)
    return ToxicityModel(linear, blend, bias)


def _only_hate(contrast: LabelledRows) -> LabelledRows:
    """Contrast teaches the n-grams about hate only: made-up sentences would blunt the six labels."""
    targets = np.full_like(contrast.targets, np.nan)
    column = HEADS.index(HATE)
    targets[:, column] = contrast.targets[:, column]
    return LabelledRows(contrast.texts, targets, contrast.weights, contrast.sources, contrast.keys)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalpha())


def _without(rows: LabelledRows, development: LabelledRows) -> LabelledRows:
    """Drops rows whose letters stand in a development set: nothing measured on may be learned from."""
    measured = {_letters(text) for text in development.texts}
    kept = [row for row, text in enumerate(rows.texts) if _letters(text) not in measured]
    return rows.take(np.array(kept, np.int64))


def _in_chunks(
    answer: Callable[[list[str]], NDArray[np.float32]], texts: list[str], progress: Progress
) -> NDArray[np.float32]:
    parts: list[NDArray[np.float32]] = []
    for start in range(0, len(texts), _CHUNK):
        parts.append(answer(texts[start : start + _CHUNK]))
        progress("measuring", min(start + _CHUNK, len(texts)) / len(texts))
    return np.concatenate(parts)


def _describe(seed: int, rows: LabelledRows, contrast: LabelledRows, recipe: TrainingRecipe) -> dict[str, str]:
    names = list(dict.fromkeys(rows.sources))
    return {
        "version": VERSION,
        "date": datetime.now(UTC).date().isoformat(),
        "script": "moderator train toxicity",
        "seed": str(seed),
        "recipe": repr(recipe),
        "languages": "en",
        "licence": "Apache-2.0",
        "data": "; ".join(f"{name} ({rows.sources.count(name)} rows, {TRAINING_SETS[name].licence})" for name in names)
        + f"; contrast grammar ({len(contrast)} sentences, this project's)",
    }


def _write(out_dir: Path, model: ToxicityModel, metrics: Metrics, about: Mapping[str, str]) -> TrainingResult:
    weights, metrics_file, tables = (out_dir / name for name in ("embedded.safetensors", "metrics.json", "tables.md"))
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        write_weights(weights, model.arrays(), {**about, "metrics": json.dumps(metrics, allow_nan=False)})
        metrics_file.write_text(json.dumps({**about, **metrics}, indent=1) + "\n", encoding="utf-8")
        tables.write_text(as_tables(metrics), encoding="utf-8")
    except OSError as error:
        raise ScoringError(
            f"{out_dir}: can't write ({error.strerror})", code="scoring.cannot_write", hint="Choose another folder."
        ) from error
    return TrainingResult(weights, metrics_file, tables, metrics["summary"])
