"""The encoder form: teaching the encoder, letting the small form learn from it, and writing its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.encoder_weights import unblended
from moderator.scoring.embedded.heads import LABELS
from moderator.scoring.embedded.model import ToxicityModel, squash
from moderator.scoring.training.encoder_export import ExportReport, export_encoder
from moderator.scoring.training.encoder_lessons import LessonPlan, plan_lessons
from moderator.scoring.training.evidence import EvidenceRecipe, fit_evidence
from moderator.scoring.training.rows import LabelledRows
from moderator.scoring.training.sentence_encoder import EncoderRecipe, SentenceEncoder, fine_tune, predict_logits

Progress = Callable[[str, float], None]
FloatArray = NDArray[np.float32]
CHECKPOINT = "encoder.checkpoint.pt"
_CHUNK = 32
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class EncoderStage:
    """What goes into the encoder form.

    Attributes:
        tuning: How the encoder is fine-tuned.
        lessons: What it is taught.
        trust: Share of the encoder's answer in a target that the small form learns, where people labelled the text
            as well. Where they didn't, the answer is all there is.
        compared: Texts that the 8-bit form is compared on.
        evidence: How the head that marks words is fitted.
    """

    tuning: EncoderRecipe = field(default_factory=EncoderRecipe)
    lessons: LessonPlan = field(default_factory=LessonPlan)
    trust: float = 0.7
    compared: int = 400
    evidence: EvidenceRecipe = field(default_factory=EvidenceRecipe)


def teach_encoder(
    rows: LabelledRows,
    keep: Callable[[LabelledRows], LabelledRows],
    teacher: ToxicityModel,
    stage: EncoderStage,
    pretrained: Path,
    *,
    out_dir: Path,
    seed: int,
    progress: Progress,
) -> SentenceEncoder:
    """Fine-tunes the pretrained encoder. Cut off, it goes on from a checkpoint in `out_dir` when called again.

    Args:
        rows: The labelled data.
        keep: Drops the sentences of a grammar that stand in a development set.
        teacher: Fills in labels that people left open.
        stage: How.
        pretrained: Folder of the encoder to start from.
        out_dir: Gets the checkpoint.
        seed: What is drawn, and in which order.
        progress: Told the stage and the share done, 0..1.
    """

    def guess(texts: list[str]) -> FloatArray:
        answers: list[FloatArray] = []
        for start in range(0, len(texts), _CHUNK):
            answers.append(teacher.answer(texts[start : start + _CHUNK]).chances[:, : len(LABELS)])
            progress("soft labels", min(start + _CHUNK, len(texts)) / len(texts))
        return np.concatenate(answers) if answers else np.zeros((0, len(LABELS)), np.float32)

    out_dir.mkdir(parents=True, exist_ok=True)
    taught = plan_lessons(rows, keep, guess, stage.lessons, seed)
    return fine_tune(taught, pretrained, stage.tuning, seed=seed, checkpoint=out_dir / CHECKPOINT, progress=progress)


def soften(
    rows: LabelledRows, encoder: SentenceEncoder, stage: EncoderStage, pretrained: Path, progress: Progress
) -> LabelledRows:
    """Mixes the encoder's answers into what people said, so that a smaller model may learn the encoder's doubts."""
    logits = predict_logits(encoder, rows.texts, pretrained, stage.tuning.longest, progress)
    answers = squash(logits)
    known = (1 - stage.trust) * rows.targets + stage.trust * answers
    return replace(rows, targets=np.where(np.isnan(rows.targets), answers, known).astype(np.float32))


def export_form(
    encoder: SentenceEncoder,
    rows: LabelledRows,
    small: Path,
    stage: EncoderStage,
    pretrained: Path,
    *,
    out_dir: Path,
    seed: int,
    progress: Progress,
) -> tuple[ToxicityModel, ExportReport]:
    """Writes the 8-bit network, with a head that marks the words behind a label, and the tokenizer.

    Returns:
        The parts of the form, still without a blend, and how near the 8-bit form is to what was trained.
    """
    drawn: list[int] = np.random.default_rng(seed).permutation(len(rows))[: stage.compared].tolist()
    telling = telling_texts(rows, seed)
    evidence = fit_evidence(encoder, telling, pretrained, stage.evidence, seed=seed, progress=progress)
    compared = [rows.texts[row] for row in drawn]
    report = export_encoder(encoder, pretrained / "tokenizer.json", out_dir, compared, evidence)
    return unblended(out_dir, small), report


def telling_texts(rows: LabelledRows, seed: int) -> list[str]:
    """Texts that people flagged for something, and half as many that they didn't: what evidence is learned from."""
    flagged = (np.nan_to_num(rows.targets) >= _HALF).any(axis=1)
    order = np.random.default_rng(seed)
    calm = np.flatnonzero(~flagged)
    few = order.choice(calm, min(calm.size, int(flagged.sum()) // 2), replace=False)
    return [rows.texts[row] for row in np.concatenate((np.flatnonzero(flagged), few)).tolist()]
