"""Fine-tuning an embedded scorer on one site's decisions, and the check that it got better.

Two things are tuned, from the weights in force and pulled back to them, so that few decisions move little: the blend,
which is what each part's word counts for in each label; then what single words count for, where that helps on
decisions that weren't learned from. The latest quarter of the decisions is held back from both and judges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from moderator.domain.lessons import Lesson
from moderator.domain.score import Label
from moderator.scoring.adapted import BASE, Form
from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded.heads import LABELS
from moderator.scoring.embedded.languages import tell_languages
from moderator.scoring.embedded.model import ToxicityModel
from moderator.scoring.embedded.stream import read_letters
from moderator.scoring.evaluation import roc_auc
from moderator.scoring.training.site_words import WordTable, corrected, fit_words

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

HELD_SHARE = 0.25
FEWEST_LEARNED, FEWEST_HELD = 30, 15
"""Decisions of either kind that a label needs to be learned, and to be judged by."""

MOST = 10_000
"""Of more decisions the latest are taken: bounds the time to some minutes."""

_PULLS = (3.0, 30.0, 300.0, 3000.0)
# Source: on sets of comments that stood for sites, the best lay within; 10 moves hardly anything.
_WORD_PULLS = (10.0, 3.0, 1.0, 0.3, 0.1)
_LEAST_HEARD = 0.02
_RESAMPLES = 400
_SURE = 0.95
_AUC_SLACK = 0.01
_HAIR = 1e-6
_CHUNK = 64
_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class LabelOutcome:
    """How a label fares on decisions that were held back, before and after.

    Attributes:
        held: Decisions that judge it.
        loss_before, loss_after: Mean log loss, smaller is better.
        loss_blend: With the blend tuned and words left alone.
        auc_before, auc_after: Area under the ROC curve, 0..1.
    """

    label: Label
    held: int
    loss_before: float
    loss_blend: float
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
        form: What it started from.
        model: The tuned model.
        about: Where its weights come from, as text by name.
        labels: Every label that could be learned and judged.
        foreign: Decisions on texts in a language that the scorer wasn't taught, which were left out.
        older: Decisions beyond the latest `MOST`, which were left out.
        is_better: Whether it may be put in force.
        verdict: Why, as a sentence.
    """

    form: Form
    model: ToxicityModel
    about: dict[str, str]
    labels: tuple[LabelOutcome, ...]
    foreign: int
    older: int
    is_better: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class _Past:
    """Decisions as the model reads them, the oldest first; the first `cut` are learned from."""

    lessons: Sequence[Lesson]
    logits: Floats
    words: WordTable
    cut: int


@dataclass(frozen=True, slots=True)
class _Tuned:
    """What a label learned: the blend of its inputs with the height last, and words, where they help."""

    blend: Floats
    words: Floats | None


def adapt(form: Form, lessons: Sequence[Lesson], progress: Progress) -> Adaptation:
    """Tunes the weights in force on a site's decisions and judges the outcome. Nothing is installed.

    Args:
        form: The scorer to start from.
        lessons: In the order of the decisions: the latest are held back.
        progress: Told how many texts are read, of how many.
    """
    model = form.model
    recent = lessons[-MOST:]
    past, foreign = _read(model, recent, progress)
    blend, bias, linear = model.blend.copy(), model.blend_bias.copy(), model.linear
    outcomes: list[LabelOutcome] = []
    gains: list[Floats] = []
    for column, label in enumerate(LABELS):
        truth = _truth(past.lessons, label)
        if not (_enough(truth[: past.cut], FEWEST_LEARNED) and _enough(truth[past.cut :], FEWEST_HELD)):
            continue
        inputs = np.flatnonzero(model.blend[:, column])
        start = np.append(model.blend[inputs, column], model.blend_bias[column]).astype(np.float64)
        design = np.column_stack((past.logits[:, inputs], np.ones(len(truth))))
        tuned = _learn(past, design, truth, start, _place_of(column, model, inputs))
        blend[inputs, column], bias[column] = tuned.blend[:-1], tuned.blend[-1]
        if tuned.words is not None:
            linear = corrected(linear, past.words.slots, column, tuned.words / float(blend[column, column]))
        outcome, gain = _judge(label, past, design, truth, before=start, after=tuned)
        outcomes.append(outcome)
        gains.append(gain)
    is_better, verdict = _verdict(outcomes, gains)
    made = replace(model, linear=linear, blend=blend, blend_bias=bias)
    older = len(lessons) - len(recent)
    return Adaptation(form, made, _about(form, made, past), tuple(outcomes), foreign, older, is_better, verdict)


def _about(form: Form, model: ToxicityModel, past: _Past) -> dict[str, str]:
    digest = hashlib.sha256()
    for _, array in sorted(form.arrays(model).items()):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {
        **form.file.about,
        # Each adaptation has a version of its own: scores from before and after are never taken for each other.
        "version": f"{form.file.about['version'].split('+', maxsplit=1)[0]}+site.{digest.hexdigest()[:_HASH_DIGITS]}",
        BASE: form.base,
        "adapted_from": form.file.short_hash,
        "adapted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "adapted_on": f"{past.cut} decisions of the site",
    }


def _read(model: ToxicityModel, lessons: Sequence[Lesson], progress: Progress) -> tuple[_Past, int]:
    """What the model's parts say of the texts that it may judge, and how many it may not."""
    parts: list[NDArray[np.float32]] = [np.zeros((0, model.blend.shape[0]), np.float32)]
    kept: list[Lesson] = []
    for start in range(0, len(lessons), _CHUNK):
        chunk = lessons[start : start + _CHUNK]
        requests = [ScoreRequest(one.body, one.language) for one in chunk]
        tongues = tell_languages(requests, read_letters([one.body for one in chunk]))
        learned = [one for one, tongue in zip(chunk, tongues, strict=True) if tongue.learned]
        if learned:
            parts.append(model.part_logits([one.body for one in learned]))
        kept += learned
        progress(min(start + _CHUNK, len(lessons)), len(lessons))
    words = WordTable.of([one.body for one in kept], model.linear)
    cut = len(kept) - round(len(kept) * HELD_SHARE)
    return _Past(kept, np.concatenate(parts).astype(np.float64), words, cut), len(lessons) - len(kept)


def _place_of(column: int, model: ToxicityModel, inputs: NDArray[np.int64]) -> int | None:
    """Where the n-grams' own head stands among a label's inputs; `None` where it speaks for other labels too."""
    alone = np.flatnonzero(model.blend[column]).tolist() == [column]
    return inputs.tolist().index(column) if alone else None


def _truth(lessons: Sequence[Lesson], label: Label) -> Floats:
    said = (one.says_of(label) for one in lessons)
    return np.array([np.nan if one is None else one for one in said], np.float64)


def _enough(truth: Floats, fewest: int) -> bool:
    return min(int((truth == 1).sum()), int((truth == 0).sum())) >= fewest


def _learn(past: _Past, design: Floats, truth: Floats, start: Floats, own: int | None) -> _Tuned:
    """What a label learns, each part of it pulled back as hard as predicts decisions best that weren't learned from."""
    known = np.flatnonzero(~np.isnan(truth[: past.cut]))
    design, truth, words = design[known], truth[known], past.words.take(known)
    split = len(truth) * 2 // 3
    early, late = np.arange(split), np.arange(split, len(truth))
    tries = [(_descend(design[early], truth[early], start, pull), pull) for pull in _PULLS]
    trial, pull = min(((start, np.inf), *tries), key=lambda one: _loss(design[late] @ one[0], truth[late]).mean())
    blend = start if np.isinf(pull) else _descend(design, truth, start, pull)
    if own is None or blend[own] < _LEAST_HEARD:
        return _Tuned(blend, None)
    word_pull = _best_word_pull(words, truth, design @ trial, early, late)
    return _Tuned(blend, None if word_pull is None else fit_words(words, truth, design @ blend, word_pull))


def _best_word_pull(
    words: WordTable, truth: Floats, logits: Floats, early: NDArray[np.int64], late: NDArray[np.int64]
) -> float | None:
    """How hard to pull words back, from the hardest on until it stops helping; `None` where none helps."""
    learned, judged = words.take(early), words.take(late)
    best, least = None, _loss(logits[late], truth[late]).mean()
    found: Floats | None = None
    for pull in _WORD_PULLS:
        found = fit_words(learned, truth[early], logits[early], pull, found)
        loss = _loss(logits[late] + judged.says(found), truth[late]).mean()
        if loss >= least:
            break
        best, least = pull, loss
    return best


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


def _judge(
    label: Label, past: _Past, design: Floats, truth: Floats, *, before: Floats, after: _Tuned
) -> tuple[LabelOutcome, Floats]:
    """How a label fares on held-back decisions, and by how much each decision's loss fell."""
    held = np.arange(past.cut, len(truth))
    design, truth = design[held], truth[held]
    known = ~np.isnan(truth)
    old = design @ before
    blended = design @ after.blend
    new = blended if after.words is None else blended + past.words.take(held).says(after.words)
    loss_old, loss_new = _loss(old[known], truth[known]), _loss(new[known], truth[known])
    gain = np.zeros(len(truth))
    gain[known] = loss_old - loss_new
    outcome = LabelOutcome(
        label=label,
        held=int(known.sum()),
        loss_before=float(loss_old.mean()),
        loss_blend=float(_loss(blended[known], truth[known]).mean()),
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
