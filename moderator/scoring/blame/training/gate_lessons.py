"""What the gate learns from: windows, and what the second reader says of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moderator.scoring.blame.analysis import read_sentences
from moderator.scoring.blame.masking import Window, masked_windows
from moderator.scoring.blame.reader_heads import BLAME, HEADS
from moderator.scoring.blame.training.phrasebook import read_phrasebook
from moderator.scoring.blame.training.reader_lessons import LANGUAGE, Lesson, Progress
from moderator.scoring.encoder import EncoderPart
from moderator.text.normalize import fold

ANSWERS = "gate.answers.json"
"""What the second reader said so far: a training that was cut off goes on from there."""

GATE_DATA = (
    "the second reader's answers on comments of Civil Comments (CC0), Jigsaw's Wikipedia set (CC0 labels, CC-BY-SA "
    "text), implicit-hate and davidson (MIT), on sentences of the own phrasebook amid them, and what it was taught"
)
_KEPT_EVERY = 500
_FRAGMENT = range(40, 160)


@dataclass(frozen=True, slots=True)
class GateLesson:
    """One window with what the second reader makes of it.

    Attributes:
        text: What both see.
        named: Whether a group is named in it.
        chance: 0..1 that a group is blamed.
        source: What it is out of.
        asked: Whether the second reader was asked, or `chance` is what it was taught.
    """

    text: str
    named: bool
    chance: float
    source: str
    asked: bool


@dataclass(frozen=True, slots=True)
class GateLessonsPlan:
    """How much of what.

    Attributes:
        real: Real comments per data set.
        blended: Written English sentences amid sentences of real comments.
        written: Windows that the second reader was taught, about which it's asked nonetheless.
        doubt: Chance that stands for "no" where it isn't asked, and for "yes" below 1.
    """

    real: Mapping[str, int] = field(
        default_factory=lambda: {"civil": 9_000, "jigsaw": 3_000, "implicit_hate": 12_000, "davidson": 1_500}
    )
    blended: int = 500
    written: int = 600
    doubt: float = 0.02


def drawn_windows(
    texts: Mapping[str, Sequence[str]], taught: Sequence[Lesson], plan: GateLessonsPlan, seed: int
) -> Iterator[tuple[str, Window]]:
    """Windows about which the second reader is asked, each with what it is out of.

    Args:
        texts: Real comments per data set.
        taught: What the second reader was taught.
        plan: How many.
        seed: Which.
    """
    for name, count in plan.real.items():
        order = list(texts[name])
        random.Random(seed).shuffle(order)  # noqa: S311 - reproducible training data
        for text in order[:count]:
            yield from ((name, window) for window in _windows(text))
    source = random.Random(seed)  # noqa: S311 - as above
    fragments = [text for text in texts["civil"] if len(text) in _FRAGMENT]
    for entry in source.sample(list(read_phrasebook(LANGUAGE)), plan.blended):
        before, after = source.choice(fragments), source.choice(fragments)
        for window in _windows(f"{before} {entry.text} {after}"):
            yield "blended", window
    for lesson in source.sample(taught, min(plan.written, len(taught))):
        yield "written", lesson.window


def _windows(text: str) -> list[Window]:
    return masked_windows(read_sentences(fold(text).text, LANGUAGE))


def answered(
    drawn: Iterable[tuple[str, Window]], encoder: EncoderPart, alarm: float, out_dir: Path, progress: Progress
) -> list[GateLesson]:
    """Asks the second reader about windows.

    Args:
        drawn: Windows and what they are out of.
        encoder: The second reader's network.
        alarm: Its logit at even odds.
        out_dir: Where its answers are kept, in case that it's cut off.
        progress: Told the share done.
    """
    windows = list({window.text: (source, window) for source, window in drawn}.values())
    kept = out_dir / ANSWERS
    said: dict[str, float] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    asked = 0
    for number, (_, window) in enumerate(windows, 1):
        if window.text in said:
            continue
        said[window.text] = max(_loudness(encoder, window.text))
        asked += 1
        if asked % _KEPT_EVERY == 0:
            kept.write_text(json.dumps(said), encoding="utf-8")
        progress("second reader's answers", number / len(windows))
    kept.write_text(json.dumps(said), encoding="utf-8")
    return [
        GateLesson(window.text, window.named, float(1 / (1 + np.exp(alarm - said[window.text]))), source, asked=True)
        for source, window in windows
    ]


def _loudness(encoder: EncoderPart, text: str) -> list[float]:
    return [float(encoder.run(window.ids)[0, HEADS.index(BLAME)]) for window in encoder.windows(text)]


def taught_already(lessons: Sequence[Lesson], known: Iterable[GateLesson], doubt: float) -> list[GateLesson]:
    """What the second reader was taught and wasn't asked about: it will have learned it."""
    seen = {lesson.text for lesson in known}
    found = {lesson.window.text: lesson for lesson in lessons if lesson.window.text not in seen}
    return [
        GateLesson(
            text,
            lesson.window.named,
            1 - doubt if lesson.targets[HEADS.index(BLAME)] > 0.5 else doubt,  # noqa: PLR2004 - yes or no
            "taught" if lesson.marks is None or lesson.marks.any() else "harmless",
            asked=False,
        )
        for text, lesson in found.items()
    ]
