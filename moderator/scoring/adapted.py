"""The embedded scorer fine-tuned on one site's decisions, and the check that it got better.

What is tuned is the blend: what each part's word counts for in each label. It starts from the weights in force and is
pulled back to them, so that few decisions move little. The latest quarter of the decisions is held back and judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.domain.lessons import Lesson
from moderator.domain.score import Label
from moderator.scoring.embedded.heads import LABELS
from moderator.scoring.embedded.model import ToxicityModel, load_model
from moderator.scoring.embedded.scorer import WEIGHTS, EmbeddedScorer
from moderator.scoring.embedded.weights import checksum_path, write_weights
from moderator.scoring.evaluation import roc_auc
from moderator.scoring.learned_files import adapted_file

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

HELD_SHARE = 0.25
FEWEST_LEARNED, FEWEST_HELD = 30, 15
"""Decisions of either kind that a label needs to be learned, and to be judged by."""

_PULLS = (3.0, 30.0, 300.0, 3000.0)
_RESAMPLES = 400
_SURE = 0.95
_AUC_SLACK = 0.01
_HAIR = 1e-6
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class LabelOutcome:
    """How a label fares on decisions that were held back, before and after.

    Attributes:
        held: Decisions that judge it.
        loss_before, loss_after: Mean log loss, smaller is better.
        auc_before, auc_after: Area under the ROC curve, 0..1.
    """

    label: Label
    held: int
    loss_before: float
    loss_after: float
    auc_before: float
    auc_after: float

    def as_dict(self) -> dict[str, object]:
        """The figures by name."""
        return {name: value for name, value in asdict(self).items() if name != "label"}


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What came of a fine-tuning.

    Attributes:
        model: The tuned model.
        about: Where its weights come from, as text by name.
        labels: Every label that could be learned and judged.
        is_better: Whether it may be put in force.
        verdict: Why, as a sentence.
    """

    model: ToxicityModel
    about: dict[str, str]
    labels: tuple[LabelOutcome, ...]
    is_better: bool
    verdict: str


def adapted_scorer(weights: str) -> EmbeddedScorer:
    """The embedded scorer with adapted weights; what its process makes.

    Raises:
        ScoringError: They are missing or were changed.
    """
    return EmbeddedScorer(Path(weights))


def weights_in_force(models_dir: Path) -> Path:
    """The embedded scorer's weights: adapted ones where there are any, else those that ship."""
    own = adapted_file(models_dir)
    return own if own.is_file() else WEIGHTS


def install_adapted(models_dir: Path, outcome: Adaptation) -> Path:
    """Puts adapted weights in force; those before stay beside them under their hash.

    Raises:
        ValueError: They aren't better.
        OSError: The folder can't be written.
    """
    if not outcome.is_better:
        raise ValueError("weights that aren't better are never put in force")
    file = adapted_file(models_dir)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        _, before = load_model(file)
        kept = file.with_name(f"embedded.{before.short_hash}.safetensors")
        checksum_path(file).replace(checksum_path(kept))
        file.replace(kept)
    write_weights(file, outcome.model.arrays(), outcome.about)
    return file


def adapt(weights: Path, lessons: Sequence[Lesson], progress: Progress) -> Adaptation:
    """Tunes the weights in force on a site's decisions and judges the outcome. Nothing is installed.

    Args:
        weights: Weights file to start from.
        lessons: In the order of the decisions: the latest are held back.
        progress: Told how many texts are read, of how many.

    Raises:
        ScoringError: The weights can't be read.
    """
    model, file = load_model(weights)
    logits = _read(model, [one.body for one in lessons], progress)
    cut = len(lessons) - round(len(lessons) * HELD_SHARE)
    blend, bias = model.blend.copy(), model.blend_bias.copy()
    outcomes: list[LabelOutcome] = []
    gains: list[Floats] = []
    for column, label in enumerate(LABELS):
        truth = _truth(lessons, label)
        if not (_enough(truth[:cut], FEWEST_LEARNED) and _enough(truth[cut:], FEWEST_HELD)):
            continue
        inputs = np.flatnonzero(model.blend[:, column])
        start = np.append(model.blend[inputs, column], model.blend_bias[column]).astype(np.float64)
        design = np.column_stack((logits[:, inputs], np.ones(len(lessons))))
        tuned = _tuned(design[:cut], truth[:cut], start)
        blend[inputs, column], bias[column] = tuned[:-1], tuned[-1]
        outcome, gain = _judge(label, design[cut:], truth[cut:], start, tuned)
        outcomes.append(outcome)
        gains.append(gain)
    about = {
        **file.about,
        "version": f"{file.about['version'].split('+', maxsplit=1)[0]}+site",
        "adapted_from": file.short_hash,
        "adapted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "adapted_on": f"{cut} decisions of the site",
    }
    is_better, verdict = _verdict(outcomes, gains)
    return Adaptation(replace(model, blend=blend, blend_bias=bias), about, tuple(outcomes), is_better, verdict)


def _read(model: ToxicityModel, texts: list[str], progress: Progress) -> Floats:
    parts: list[NDArray[np.float32]] = [np.zeros((0, model.blend.shape[0]), np.float32)]
    for start in range(0, len(texts), _CHUNK):
        parts.append(model.part_logits(texts[start : start + _CHUNK]))
        progress(min(start + _CHUNK, len(texts)), len(texts))
    return np.concatenate(parts).astype(np.float64)


def _truth(lessons: Sequence[Lesson], label: Label) -> Floats:
    said = (one.says_of(label) for one in lessons)
    return np.array([np.nan if one is None else one for one in said], np.float64)


def _enough(truth: Floats, fewest: int) -> bool:
    return min(int((truth == 1).sum()), int((truth == 0).sum())) >= fewest


def _tuned(design: Floats, truth: Floats, start: Floats) -> Floats:
    """The blend of one label, pulled back to where it started as hard as predicts unseen decisions best."""
    known = ~np.isnan(truth)
    design, truth = design[known], truth[known]
    split = len(truth) * 2 // 3
    best, least = start, _loss(design[split:] @ start, truth[split:]).mean()
    pulls = []
    for pull in _PULLS:
        tried = _descend(design[:split], truth[:split], start, pull)
        loss = _loss(design[split:] @ tried, truth[split:]).mean()
        if loss < least:
            best, least, pulls = tried, loss, [pull]
    return _descend(design, truth, start, pulls[0]) if pulls else best


def _descend(design: Floats, truth: Floats, start: Floats, pull: float) -> Floats:
    """Logistic regression with a Gaussian prior around `start`, by Newton's method."""
    found = start.copy()
    # The height follows freely: how often a site rejects is the first thing that differs.
    ridge = np.diag([pull] * (start.size - 1) + [pull / 100])
    for _ in range(50):
        chance = _squash(design @ found)
        slope = design.T @ (chance - truth) + ridge @ (found - start)
        curvature = (design * np.maximum(chance * (1 - chance), 1e-9)[:, None]).T @ design + ridge
        change = np.linalg.solve(curvature, slope)
        found -= change * min(1.0, 2.0 / max(float(np.abs(change).max()), 1e-12))
        if np.abs(change).max() < 1e-9:  # noqa: PLR2004 - far below what a float32 keeps
            break
    # A part never speaks against its own label: that would be fitted to noise.
    found[:-1] = np.maximum(found[:-1], 0.0)
    return found


def _judge(label: Label, design: Floats, truth: Floats, before: Floats, after: Floats) -> tuple[LabelOutcome, Floats]:
    """How a label fares on held-back decisions, and by how much each decision's loss fell."""
    known = ~np.isnan(truth)
    old, new = design @ before, design @ after
    loss_old, loss_new = _loss(old[known], truth[known]), _loss(new[known], truth[known])
    gain = np.zeros(len(truth))
    gain[known] = loss_old - loss_new
    outcome = LabelOutcome(
        label=label,
        held=int(known.sum()),
        loss_before=float(loss_old.mean()),
        loss_after=float(loss_new.mean()),
        auc_before=roc_auc(truth[known], old[known]),
        auc_after=roc_auc(truth[known], new[known]),
    )
    return outcome, gain


def _verdict(outcomes: Sequence[LabelOutcome], gains: Sequence[Floats]) -> tuple[bool, str]:
    if not outcomes:
        fewest = f"{FEWEST_LEARNED} decisions to learn from and {FEWEST_HELD} held back"
        return False, f"Too few decisions: no label has at least {fewest}, of either kind."
    gain = np.sum(gains, axis=0)
    random = np.random.default_rng(1)
    means = gain[random.integers(0, gain.size, (_RESAMPLES, gain.size))].mean(axis=1)
    share = float((means > 0).mean())
    worse = [one.label.value for one in outcomes if one.auc_after < one.auc_before - _AUC_SLACK]
    if worse:
        return False, f"Refused: {', '.join(worse)} would be told apart worse on held-back decisions."
    if share < _SURE:
        return False, f"Refused: only in {share:.0%} of resamples of the held-back decisions is it better."
    return True, f"Better on held-back decisions in {share:.0%} of their resamples."


def _loss(logits: Floats, truth: Floats) -> Floats:
    chance = np.clip(_squash(logits), _HAIR, 1 - _HAIR)
    return -(truth * np.log(chance) + (1 - truth) * np.log(1 - chance))


def _squash(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
