"""Training of the second reader: a pretrained encoder that learns blame from sentences with every group masked."""

from __future__ import annotations

import importlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderator.scoring.blame.reader_heads import HEADS, LANGUAGES, MARKED
from moderator.scoring.blame.second_reader import ABOUT, NUMBERS
from moderator.scoring.blame.training.gate import GateTraining, train_gate
from moderator.scoring.blame.training.gate_lessons import (
    GATE_DATA,
    GateLessonsPlan,
    answered,
    drawn_windows,
    taught_already,
)
from moderator.scoring.blame.training.phrasebook import read_phrasebook
from moderator.scoring.blame.training.reader_lessons import (
    LANGUAGE,
    Lesson,
    Progress,
    ReaderPlan,
    calm_lessons,
    composed_lessons,
    phrasebook_lessons,
)
from moderator.scoring.encoder import EncoderPart
from moderator.scoring.encoder_files import NETWORK, TOKENIZER, file_hash
from moderator.scoring.training.encoder_export import ExportReport, export_encoder
from moderator.scoring.training.rows import TRAINING_SETS, read_rows
from moderator.scoring.training.sentence_encoder import EncoderRecipe, SentenceEncoder, TaughtTexts, fine_tune
from moderator.scoring.training.vocabulary import ENCODER_PACKAGE

# Without types of its own.
onnx: Any = importlib.import_module("onnx")

FloatArray = NDArray[np.float32]
CHECKPOINT = "reader.checkpoint.pt"
_COMPARED_TEXTS = 400
_LEAST_APART = 1024
"""Bytes from which an array is set apart."""

_CALM_SETS = ("civil", "jigsaw")
_SCRIPT = "moderator train blame --data DIR"
_DATA = (
    f"{ENCODER_PACKAGE} (all-MiniLM-L6-v2, Apache-2.0); own phrasebook and composed sentences in six languages, those "
    "that aren't English glossed word by word; English comments that blame nobody of Civil Comments (CC0) and of "
    "Jigsaw's Wikipedia set (CC0 labels, CC-BY-SA text)"
)


@dataclass(frozen=True, slots=True)
class ReaderStage:
    """How the second reader is trained.

    Attributes:
        plan: What it is taught.
        tuning: How it is fine-tuned. Source of the values: tried out on the development set.
        slope, alarm: The chance is even where the logit is `alarm`, and grows with `slope` times the logit. Source: a
            held-back half of the phrasebook, where four of five alarms of the reader alone were right.
        gate: What the gate before it learns from.
    """

    plan: ReaderPlan = field(default_factory=ReaderPlan)
    tuning: EncoderRecipe = field(
        default_factory=lambda: EncoderRecipe(
            passes=1.0, batch=32, step_size=1e-4, warm_up=60, start_bias=0.0, layer_dropout=True
        )
    )
    slope: float = 1.0
    alarm: float = 0.1
    gate: GateLessonsPlan = field(default_factory=GateLessonsPlan)


@dataclass(frozen=True, slots=True)
class ReaderTraining:
    """What a training of the second reader did.

    Attributes:
        taught: Windows of sentences that were written or composed.
        calm: Windows of real comments.
        parity: How near the 8-bit form is to what was trained.
        gate: How well the gate foretells it.
        folder: Holds network, tokenizer and `encoder.json`.
    """

    taught: int
    calm: int
    parity: ExportReport
    gate: GateTraining
    folder: Path


def teach_reader(
    data_dir: Path,
    pretrained: Path,
    out_dir: Path,
    *,
    seed: int,
    progress: Progress,
    stage: ReaderStage | None = None,
) -> ReaderTraining:
    """Trains the second reader and writes its network; cut off, it goes on from a checkpoint in `out_dir`.

    Args:
        data_dir: Holds the data sets of real comments that blame nobody, as `train toxicity` takes them.
        pretrained: Folder of the encoder to start from.
        out_dir: Gets network, tokenizer, `encoder.json` and checkpoint.
        seed: What is drawn, and in which order.
        progress: Told the stage and the share done, 0..1.
        stage: How.

    Raises:
        ScoringError: The data aren't there, or what it needs isn't installed.
    """
    stage = stage or ReaderStage()
    rows = read_rows(data_dir, {name: TRAINING_SETS[name] for name in _CALM_SETS})
    calm = calm_lessons(rows.texts, stage.plan, seed, progress)
    taught = lessons_of(stage.plan, seed)
    encoder = learn(taught, calm, pretrained, out_dir, stage=stage, seed=seed, progress=progress)
    parity = hand_over(encoder, taught, calm, pretrained, out_dir, stage=stage, seed=seed)
    gate = teach_gate(data_dir, taught, calm, pretrained, out_dir, stage=stage, seed=seed, progress=progress)
    return ReaderTraining(len(taught), len(calm), parity, gate, out_dir)


def teach_gate(
    data_dir: Path,
    taught: Sequence[Lesson],
    calm: Sequence[Lesson],
    pretrained: Path,
    out_dir: Path,
    *,
    stage: ReaderStage,
    seed: int,
    progress: Progress,
) -> GateTraining:
    """Trains the gate before the network that lies in `out_dir`; arguments as for `teach_reader`."""
    plan = stage.gate
    texts = {name: read_rows(data_dir, {name: TRAINING_SETS[name]}).texts for name in plan.real}
    encoder = EncoderPart(out_dir / NETWORK, out_dir / TOKENIZER)
    drawn = drawn_windows(texts, taught, plan, seed)
    lessons = answered(drawn, encoder, stage.alarm, out_dir, progress)
    lessons += taught_already([*taught, *calm], lessons, plan.doubt)
    about = {"data": GATE_DATA, "licence": "Apache-2.0", "script": _SCRIPT, "seed": str(seed)}
    about["of"] = file_hash(out_dir / NUMBERS)
    return train_gate(lessons, pretrained, out_dir, about=about, seed=seed, progress=progress)


def lessons_of(plan: ReaderPlan, seed: int) -> list[Lesson]:
    """What was written and what is composed, in all languages."""
    lessons: list[Lesson] = []
    for language in sorted(LANGUAGES):
        composed = plan.composed if language == LANGUAGE else plan.glossed
        lessons += phrasebook_lessons(read_phrasebook(language), language)
        lessons += composed_lessons(composed, seed, plan.composed_count, language)
    return lessons


def learn(
    taught: Sequence[Lesson],
    calm: Sequence[Lesson],
    pretrained: Path,
    out_dir: Path,
    *,
    stage: ReaderStage,
    seed: int,
    progress: Progress,
) -> SentenceEncoder:
    """Fine-tunes the pretrained encoder: lessons that were written come up several times, real comments once."""
    lessons = [*(lesson for _ in range(stage.plan.rounds) for lesson in taught), *calm]
    tokenizer: Any = Tokenizer.from_file(str(pretrained / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(stage.tuning.longest)
    targets = np.stack([lesson.targets for lesson in lessons])
    doubt = stage.plan.doubt
    marks_of = {id(lesson): _token_marks(lesson, tokenizer) for lesson in (*taught, *calm)}
    texts = TaughtTexts(
        [lesson.window.text for lesson in lessons],
        (targets * (1 - 2 * doubt) + doubt).astype(np.float32),
        np.repeat(np.array([[lesson.count] for lesson in lessons], np.float32), len(HEADS), axis=1),
        [marks_of[id(lesson)] for lesson in lessons],
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    return fine_tune(texts, pretrained, stage.tuning, seed=seed, checkpoint=out_dir / CHECKPOINT, progress=progress)


def hand_over(
    encoder: SentenceEncoder,
    taught: Sequence[Lesson],
    calm: Sequence[Lesson],
    pretrained: Path,
    out_dir: Path,
    *,
    stage: ReaderStage,
    seed: int,
) -> ExportReport:
    """Writes the 8-bit network, the tokenizer, and `encoder.json`, which vouches for the network."""
    half = _COMPARED_TEXTS // 2
    drawn: list[int] = np.random.default_rng(seed).permutation(len(taught))[:half].tolist()
    texts = [lesson.window.text for lesson in (*(taught[row] for row in drawn), *calm[:half])]
    parity = export_encoder(encoder, pretrained / "tokenizer.json", out_dir, texts)
    set_numbers_apart(out_dir)
    about = {
        "network_sha256": file_hash(out_dir / NETWORK),
        "numbers_sha256": file_hash(out_dir / NUMBERS),
        "slope": stage.slope,
        "offset": -stage.slope * stage.alarm,
        "heads": HEADS,
        "marks": MARKED,
        "date": datetime.now(UTC).date().isoformat(),
        "script": _SCRIPT,
        "seed": seed,
        "data": _DATA,
        "licence": "Apache-2.0",
        "lessons": len(taught),
        "calm": len(calm),
        "parity": asdict(parity),
    }
    (out_dir / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return parity


def set_numbers_apart(folder: Path) -> None:
    """Moves the network's numbers into a file beside it.

    The runtime maps such a file instead of copying it: vectors of words that are never read take no memory.
    """
    model = onnx.load(str(folder / NETWORK))
    (folder / NUMBERS).unlink(missing_ok=True)
    onnx.save_model(
        model, str(folder / NETWORK), save_as_external_data=True, location=NUMBERS, size_threshold=_LEAST_APART
    )


def _token_marks(lesson: Lesson, tokenizer: Any) -> FloatArray:
    offsets: list[tuple[int, int]] = tokenizer.encode(lesson.window.text).offsets
    marks = np.full((len(offsets), len(MARKED)), np.nan, np.float32)
    if lesson.marks is None:
        return marks
    ends = lesson.window.ends
    for token, (start, end) in enumerate(offsets):
        if end > start:  # else it's a token of the encoder's own
            marks[token] = lesson.marks[bisect_right(ends, start)]
    return marks
