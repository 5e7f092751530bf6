"""What the second reader is taught: the phrasebook, composed sentences, and what people write who blame nobody."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.blame.analysis import read_sentences
from moderator.scoring.blame.glosses import glossary
from moderator.scoring.blame.masking import Window, masked_windows
from moderator.scoring.blame.reader_heads import BLAME, CLEAR, COMPONENT_HEADS, HEADS, MARKED, PENALTY
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.scorer import BlameScorer, is_disguised
from moderator.scoring.blame.training.grammar import compose
from moderator.scoring.blame.training.phrasebook import COMPONENT_OF, Phrase
from moderator.text.normalize import Folded, fold

FloatArray = NDArray[np.float32]
Progress = Callable[[str, float], None]
LANGUAGE = "en"
"""What real comments and most of the phrasebook are written in."""

_GRADES = 2, 3
# Comments where the rules doubt may hold blame: they would teach the wrong thing.
_CALM_BELOW = 0.3
_SHARE_STEP = 256


@dataclass(frozen=True, slots=True)
class Lesson:
    """One window with what is to be said of it.

    Attributes:
        window: What the network reads.
        targets: 0..1 or NaN (not known) per head. Shape (heads,).
        count: How much it counts.
        marks: Kinds of evidence per piece of the window, 0 or 1; `None` where nobody marked it. Shape (pieces, marks).
    """

    window: Window
    targets: FloatArray
    count: float
    marks: FloatArray | None


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """How much of what is taught.

    Attributes:
        rounds: How many times each lesson of the phrasebook and of the composed sentences comes up.
        composed: Composed sentences of English.
        glossed: Composed sentences of each other language.
        composed_count: How much each counts beside an entry of the phrasebook.
        calm: Windows of real comments, each of which comes up once.
        calm_count: How much each of those counts.
        doubt: Targets are this far from 0 and 1: labels have errors.
    """

    rounds: int = 3
    composed: int = 2_000
    glossed: int = 300
    composed_count: float = 0.5
    calm: int = 16_000
    calm_count: float = 0.7
    doubt: float = 0.03


def phrasebook_lessons(entries: Iterable[Phrase], language: str = LANGUAGE) -> Iterator[Lesson]:
    """Lessons of entries of a language's phrasebook, as the network reads them: what isn't English is glossed."""
    words = glossary(language)
    for entry in entries:
        folded = fold(entry.text)
        readings = read_sentences(folded.text, language, disguised=is_disguised(folded))
        context = read_sentences(fold(entry.context).text, language) if entry.context else []
        windows = masked_windows(readings, context, words)
        for window in windows:
            marks = _marks(window, readings, folded, entry)
            blamed = marks[:, MARKED.index("predicate")].any()
            if entry.grade == 0 or blamed or len(windows) == 1:
                count = 1.0 if len(windows) == 1 or entry.grade else 0.5
                yield Lesson(window, _targets(entry), count, marks)
            else:
                yield Lesson(window, _only_blame(False), 0.5, marks)


def composed_lessons(count: int, seed: int, weight: float, language: str = LANGUAGE) -> Iterator[Lesson]:
    """Lessons of composed sentences of a language, about `count`."""
    words = glossary(language)
    for example in compose(count, seed, only=language):
        for window in masked_windows(read_sentences(fold(example.text).text, language), (), words):
            yield Lesson(window, _only_blame(example.blame), weight, None)


def calm_lessons(texts: Sequence[str], plan: ReaderPlan, seed: int, progress: Progress) -> list[Lesson]:
    """Lessons of real comments in which somebody is named and the rules find nothing.

    A few of them do blame: that is why each counts for less.
    """
    scorer = BlameScorer(second_reader=False)
    order = random.Random(seed).sample(range(len(texts)), len(texts))  # noqa: S311 - reproducible training data
    lessons: list[Lesson] = []
    for start in range(0, len(order), _SHARE_STEP):
        chosen = [texts[index] for index in order[start : start + _SHARE_STEP]]
        answers = scorer.score([ScoreRequest(text, LANGUAGE) for text in chosen])
        for text, answer in zip(chosen, answers, strict=True):
            if isinstance(answer, ScoringFailure) or (answer.scores[Label.COLLECTIVE_BLAME] or 0) >= _CALM_BELOW:
                continue
            windows = [window for window in masked_windows(read_sentences(fold(text).text, LANGUAGE)) if window.named]
            lessons += [Lesson(window, _only_blame(False), plan.calm_count, _unmarked(window)) for window in windows]
        progress("real comments", min(1.0, len(lessons) / plan.calm))
        if len(lessons) >= plan.calm:
            break
    return lessons[: plan.calm]


def _targets(entry: Phrase) -> FloatArray:
    targets = _only_blame(entry.grade > 0)
    if entry.grade == 0:
        return targets
    clear, penalty = _GRADES
    targets[HEADS.index(CLEAR)] = float(entry.grade >= clear)
    targets[HEADS.index(PENALTY)] = float(entry.grade >= penalty)
    if entry.kind in COMPONENT_OF:
        for component in COMPONENT_HEADS:
            targets[HEADS.index(component)] = float(component == COMPONENT_OF[entry.kind])
    return targets


def _only_blame(blame: bool) -> FloatArray:
    # By what a group is blamed, and how much, is only asked where it is, and only known where it was written down.
    targets = np.full(len(HEADS), np.nan, np.float32)
    targets[HEADS.index(BLAME)] = float(blame)
    return targets


def _unmarked(window: Window) -> FloatArray:
    return np.zeros((len(window.pieces), len(MARKED)), np.float32)


def _marks(window: Window, readings: Sequence[Reading], folded: Folded, entry: Phrase) -> FloatArray:
    marks = _unmarked(window)
    if entry.grade == 0:
        return marks
    sentences = [reading.sentence for reading in readings]
    for row, piece in enumerate(window.pieces):
        if piece.place < 0:
            continue
        sentence = sentences[piece.place]
        start, end = folded.to_raw(sentence.starts[piece.first], sentence.ends[piece.last])
        for role, first, last in entry.marks:
            if start < last and end > first:
                marks[row, MARKED.index(role)] = 1.0
    return marks
