"""Trains the embedded scorer's weights from a folder of labelled data. Same data, same seed: same weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label
from moderator.errors import ScoringError
from moderator.scoring.embedded.encoder_weights import write_blend
from moderator.scoring.embedded.heads import HATE, HEADS
from moderator.scoring.embedded.model import ANSWERS, ToxicityModel
from moderator.scoring.embedded.readings import read_comment
from moderator.scoring.embedded.weights import write_weights
from moderator.scoring.training.calibration import fit_blend
from moderator.scoring.training.contrast import ContrastGrammar
from moderator.scoring.training.linear import LinearRecipe, fit_linear
from moderator.scoring.training.network import NetworkRecipe, fit_network
from moderator.scoring.training.report import Metrics, as_tables, measure
from moderator.scoring.training.rows import DEVELOPMENT_SETS, TRAINING_SETS, LabelledRows, join_rows, read_rows
from moderator.scoring.training.vocabulary import ENCODER_PACKAGE, encoder_folder

VERSION = "1.0.0"
Progress = Callable[[str, float], None]
_CHUNK = 32


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """What goes into a training.

    Attributes:
        linear: How the n-gram part is fitted.
        network: How the order-aware part is fitted; `None` leaves it out.
        contrast: Sentences drawn from the contrast grammar.
        contrast_weight: How much each of them counts for the n-gram part ...
        network_contrast_weight: ... and for the network, which is there to tell such pairs apart.
        encoder: Whether the encoder form is made too, and the small form learns from it.
    """

    linear: LinearRecipe = field(default_factory=LinearRecipe)
    network: NetworkRecipe | None = field(default_factory=NetworkRecipe)
    contrast: int = 40_000
    contrast_weight: float = 0.35
    network_contrast_weight: float = 1.0
    encoder: bool = True


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training wrote.

    Attributes:
        weights: The weights file; its checksum lies beside it.
        metrics: Every measure, as JSON.
        tables: The same as Markdown, for the model card.
        summary: The chief measures by name.
        encoder: The encoder form's measures by name, if it was made; its files lie beside `weights`.
    """

    weights: Path
    metrics: Path
    tables: Path
    summary: Mapping[str, float]
    encoder: Mapping[str, float] | None = None


def train_toxicity(
    data_dir: Path, out_dir: Path, seed: int, progress: Progress, recipe: TrainingRecipe | None = None
) -> TrainingResult:
    """Trains, calibrates and measures both forms, and writes them.

    The small form comes first. Where the package of the pretrained encoder is installed, the encoder form follows:
    it is taught with the small form's guesses in place of open labels, and the small form then learns once more, from
    people and from the encoder.

    Args:
        data_dir: Holds the `*_train.parquet` files and `eval/*_dev.parquet` to calibrate and measure by.
        out_dir: Made if it isn't there. Gets `embedded.safetensors`, the files of the encoder form, checksums, and
            for each form `metrics.json` and `tables.md`; and a checkpoint of the encoder, from which a training that
            was cut off goes on.
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
    lessons = _Lessons.read(data_dir, seed, recipe)
    progress("reading", 1.0)
    linear = fit_linear(lessons.for_linear(), recipe.linear, seed, progress)
    pretrained = encoder_folder()
    network = None
    if recipe.network is not None:
        network = fit_network(lessons.for_network(recipe), recipe.network, pretrained, seed, progress)
    model = _calibrate(ToxicityModel.unblended(linear, network), lessons.development, progress)
    if recipe.network is None or not recipe.encoder or pretrained is None:
        return _finish(out_dir, model, lessons, _describe(seed, lessons, recipe), progress)
    # transformers take seconds to load, and most callers don't need them.
    from moderator.scoring.training import encoder_form as form  # noqa: PLC0415

    stage = form.EncoderStage()
    encoder = form.teach_encoder(
        lessons.rows, lessons.unmeasured, model, stage, pretrained, out_dir=out_dir, seed=seed, progress=progress
    )
    softened = form.soften(lessons.for_network(recipe), encoder, stage, pretrained, progress)
    linear = fit_linear(lessons.for_linear(softened), recipe.linear, seed, progress)
    network = fit_network(softened, recipe.network, pretrained, seed, progress)
    model = _calibrate(ToxicityModel.unblended(linear, network), lessons.development, progress)
    about = _describe(seed, lessons, recipe)
    result = _finish(out_dir, model, lessons, about, progress)
    parts, parity = form.export_form(
        encoder, lessons.rows, result.weights, stage, pretrained, out_dir=out_dir, seed=seed, progress=progress
    )
    about |= {"parity": json.dumps(asdict(parity)), "stage": repr(stage)}
    blended = _calibrate(parts, lessons.development, progress)
    metrics = _measure(blended, lessons.development, progress)
    return replace(result, encoder=_write_encoder(out_dir, result.weights, blended, metrics, about))


@dataclass(frozen=True, slots=True)
class _Lessons:
    """The data: what is learned from, and what it is chosen and measured by."""

    rows: LabelledRows
    development: LabelledRows
    contrast: LabelledRows

    @staticmethod
    def read(data_dir: Path, seed: int, recipe: TrainingRecipe) -> _Lessons:
        rows, development = read_rows(data_dir, TRAINING_SETS), read_rows(data_dir, DEVELOPMENT_SETS)
        drawn = ContrastGrammar(seed).draw_rows(recipe.contrast, recipe.contrast_weight)
        return _Lessons(rows, development, _without(drawn, development))

    def unmeasured(self, rows: LabelledRows) -> LabelledRows:
        return _without(rows, self.development)

    def for_linear(self, softened: LabelledRows | None = None) -> LabelledRows:
        """What the n-grams learn; with the targets of `for_network`'s rows, where an encoder softened those.

        Of attacks on identity people alone tell: the n-grams are to know there what the encoder beside them doesn't.
        """
        targets = self.rows.targets
        if softened is not None:
            targets = softened.targets[: len(self.rows)].copy()
            own = HEADS.index(Label.IDENTITY_ATTACK)
            targets[:, own] = self.rows.targets[:, own]
        return join_rows([replace(self.rows, targets=targets), _only(self.contrast, {HATE})])

    def for_network(self, recipe: TrainingRecipe) -> LabelledRows:
        weights = np.full_like(self.contrast.weights, recipe.network_contrast_weight)
        return join_rows([self.rows, replace(_only(self.contrast, {HATE, Label.TOXICITY}), weights=weights)])


def _calibrate(parts: ToxicityModel, development: LabelledRows, progress: Progress) -> ToxicityModel:
    calibrating = [row for row, name in enumerate(development.sources) if DEVELOPMENT_SETS[name].calibrates]
    chosen = development.take(np.array(calibrating, np.int64))
    blend, bias = fit_blend(_in_chunks(parts.part_logits, chosen.texts, progress), chosen)
    return replace(parts, blend=blend, blend_bias=bias)


def _measure(model: ToxicityModel, development: LabelledRows, progress: Progress) -> Metrics:
    return measure(_in_chunks(partial(_answer_comments, model), development.texts, progress), development)


def _finish(
    out_dir: Path, model: ToxicityModel, lessons: _Lessons, about: Mapping[str, str], progress: Progress
) -> TrainingResult:
    return _write(out_dir, model, _measure(model, lessons.development, progress), about)


def _only(contrast: LabelledRows, heads: AbstractSet[str]) -> LabelledRows:
    """Keeps what contrast says of some heads: on the others made-up sentences would blunt what people wrote."""
    targets = contrast.targets.copy()
    targets[:, [column for column, head in enumerate(HEADS) if head not in heads]] = np.nan
    return replace(contrast, targets=targets)


def _answer_comments(model: ToxicityModel, texts: list[str]) -> NDArray[np.float32]:
    """Answers as the scorer does: raw and unmasked, the higher counts."""
    readings = [reading for index, text in enumerate(texts) for reading in read_comment(index, text)]
    highest = np.zeros((len(texts), len(ANSWERS)), np.float32)
    np.maximum.at(
        highest, [reading.comment for reading in readings], model.answer([of.text for of in readings]).chances
    )
    return highest


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


def _describe(seed: int, lessons: _Lessons, recipe: TrainingRecipe) -> dict[str, str]:
    rows, contrast = lessons.rows, lessons.contrast
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
        + (f"; word vectors start from {ENCODER_PACKAGE} (all-MiniLM-L6-v2, Apache-2.0)" if encoder_folder() else "")
        + f"; contrast grammar ({len(contrast)} sentences, this project's)",
    }


def _write(out_dir: Path, model: ToxicityModel, metrics: Metrics, about: Mapping[str, str]) -> TrainingResult:
    weights, metrics_file, tables = (out_dir / name for name in ("embedded.safetensors", "metrics.json", "tables.md"))
    with _refusing(out_dir):
        out_dir.mkdir(parents=True, exist_ok=True)
        write_weights(weights, model.arrays(), {**about, "metrics": json.dumps(metrics, allow_nan=False)})
        _write_metrics(metrics_file, tables, metrics, about)
    return TrainingResult(weights, metrics_file, tables, metrics["summary"])


def _write_encoder(
    out_dir: Path, small: Path, model: ToxicityModel, metrics: Metrics, about: Mapping[str, str]
) -> Mapping[str, float]:
    with _refusing(out_dir):
        described = {**about, "metrics": json.dumps(metrics, allow_nan=False)}
        write_blend(out_dir, small, model.blend, model.blend_bias, described)
        _write_metrics(out_dir / "encoder.metrics.json", out_dir / "encoder.tables.md", metrics, about)
    return metrics["summary"]


def _write_metrics(metrics_file: Path, tables: Path, metrics: Metrics, about: Mapping[str, str]) -> None:
    metrics_file.write_text(json.dumps({**about, **metrics}, indent=1) + "\n", encoding="utf-8")
    tables.write_text(as_tables(metrics), encoding="utf-8")


@contextmanager
def _refusing(out_dir: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ScoringError(
            f"{out_dir}: can't write ({error.strerror})", code="scoring.cannot_write", hint="Choose another folder."
        ) from error
