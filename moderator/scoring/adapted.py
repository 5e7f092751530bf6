"""The embedded scorers with weights adapted to one site: what is in force, and how adapted weights come into force."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from moderator.domain.score import ScorerId
from moderator.errors import ScoringError
from moderator.scoring.embedded.encoder_scorer import NAME as ENCODER
from moderator.scoring.embedded.encoder_scorer import usual_threads
from moderator.scoring.embedded.encoder_weights import load_encoder
from moderator.scoring.embedded.linear import LinearPart
from moderator.scoring.embedded.model import ToxicityModel, load_model
from moderator.scoring.embedded.scorer import NAME, WEIGHTS, EmbeddedScorer, ModelScorer
from moderator.scoring.embedded.weights import Array, WeightsFile, checksum_path, read_weights, write_weights
from moderator.scoring.encoder_files import SHIPPED
from moderator.scoring.learned_files import ADAPTED, adapted_file

BASE = "adapted_for"
"""What adapted weights of the encoder form say of the shipped blend that they belong to: its hash."""


@dataclass(frozen=True, slots=True)
class Form:
    """One of the embedded scorers as it scores now.

    Attributes:
        name: The scorer's.
        model: Ready to answer.
        file: The weights file that it came from.
        base: Hash of the shipped weights that its file goes with; empty where the file is whole by itself.
    """

    name: str
    model: ToxicityModel
    file: WeightsFile
    base: str = ""

    def arrays(self, model: ToxicityModel) -> dict[str, Array]:
        """What a file of adapted weights holds of a model of this form; what never changes stays in the package."""
        if not self.base:
            return dict(model.arrays())
        arrays = replace(model, network=None, encoder=None).arrays()
        return dict(arrays)


def adapted_scorer(weights: str) -> ModelScorer:
    """The small form with adapted weights; what its process makes.

    Raises:
        ScoringError: They are missing or were changed.
    """
    return EmbeddedScorer(Path(weights))


def adapted_encoder(weights: str, threads: int | None = None) -> ModelScorer:
    """The encoder form with adapted weights; as it ships where they were adapted for another version of the package.

    Raises:
        ScoringError: They are missing or were changed, or the encoder can't be loaded.
    """
    model, shipped = load_encoder(SHIPPED, WEIGHTS, threads or usual_threads())
    model, file = overlaid(model, shipped.short_hash, Path(weights)) or (model, shipped)
    return ModelScorer(model, ScorerId(ENCODER, file.about["version"], file.short_hash))


def form_in_force(models_dir: Path, name: str, threads: int = 0) -> Form:
    """An embedded scorer with the weights in force: adapted ones where there are any, else those that ship.

    Args:
        models_dir: The folder of models.
        name: One of `ADAPTED`.
        threads: How many texts the encoder reads at once; 0 for as many as it thinks right.

    Raises:
        ScoringError: A file is missing or changed, or there is no such scorer.
    """
    own = adapted_file(models_dir, name)
    if name == NAME:
        model, file = load_model(own if own.is_file() else WEIGHTS)
        return Form(name, model, file)
    if name == ENCODER:
        model, shipped = load_encoder(SHIPPED, WEIGHTS, threads or usual_threads())
        if own.is_file():
            found = overlaid(model, shipped.short_hash, own)
            if found is not None:
                return Form(name, *found, base=shipped.short_hash)
        return Form(name, model, shipped, base=shipped.short_hash)
    raise ScoringError(f"{name} can't be adapted", code="scoring.adapted", hint=f"These can: {', '.join(ADAPTED)}.")


def overlaid(model: ToxicityModel, base: str, own: Path) -> tuple[ToxicityModel, WeightsFile] | None:
    """The encoder form with adapted weights, and their file.

    Returns:
        `None`, and a remark on standard error, where they were adapted for other shipped weights than these.

    Args:
        model: As it ships.
        base: Hash of the shipped blend.
        own: File of adapted weights.

    Raises:
        ScoringError: They are missing or were changed.
    """
    file = read_weights(own)
    if file.about.get(BASE) != base:
        sys.stderr.write(f"{own.name} was adapted for other weights than those that ship now and isn't used\n")
        return None
    arrays = file.arrays
    linear = LinearPart(arrays["linear.idf"], arrays["linear.weights"], arrays["linear.scale"], arrays["linear.bias"])
    return replace(model, linear=linear, blend=arrays["blend"], blend_bias=arrays["blend.bias"]), file


def install_adapted(models_dir: Path, form: Form, model: ToxicityModel, about: dict[str, str]) -> Path:
    """Puts adapted weights in force; those before stay beside them under their hash.

    Args:
        models_dir: The folder of models.
        form: What they were adapted from.
        model: With the adapted weights.
        about: Where they come from.

    Raises:
        OSError: The folder can't be written.
    """
    file = adapted_file(models_dir, form.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written whole before anything moves: a disk that is full leaves what was in force.
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        draft = Path(folder) / file.name
        write_weights(draft, form.arrays(model), about)
        if file.exists():
            before = read_weights(file)
            kept = file.with_name(f"{form.name}.{before.short_hash}.safetensors")
            checksum_path(file).replace(checksum_path(kept))
            file.replace(kept)
        checksum_path(draft).replace(checksum_path(file))
        draft.replace(file)
    return file
