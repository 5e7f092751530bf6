"""What the sentence encoder is taught: which rows, how much each label of them counts, and soft labels for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label
from moderator.scoring.embedded.heads import HATE, HEADS, LABELS
from moderator.scoring.training.contrast import ContrastGrammar
from moderator.scoring.training.rows import LabelledRows
from moderator.scoring.training.sentence_encoder import TaughtTexts

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """How much of what is taught.

    Attributes:
        most: At most so many rows of a data set, drawn at random; rows with hate are always kept.
        counts: How much a row of a data set counts; others count 1.
        soft_count: How much a label counts that the teacher guessed.
        contrast: Sentences drawn from the contrast grammar.
    """

    most: Mapping[str, int] = field(
        default_factory=lambda: {"ghc": 12_000, "identity_templates": 4_000, "davidson": 9_000}
    )
    counts: Mapping[str, float] = field(
        default_factory=lambda: {"civil": 1.5, "davidson": 0.5, "identity_templates": 0.3, "contrast": 0.6}
    )
    soft_count: float = 0.3
    contrast: int = 24_000


def plan_lessons(
    rows: LabelledRows,
    keep: Callable[[LabelledRows], LabelledRows],
    teacher: Callable[[list[str]], FloatArray],
    plan: LessonPlan,
    seed: int,
) -> TaughtTexts:
    """Puts the lessons together.

    Args:
        rows: The labelled data.
        keep: Drops the sentences of a grammar that stand in a development set.
        teacher: Gives probabilities 0..1 of the six labels, shape (texts, 6), for rows where a label isn't known.
        plan: How much of what.
        seed: What is drawn.

    Returns:
        Texts with targets for `HEADS`.
    """
    chosen = rows.take(_choose(rows, plan, seed))
    contrast = keep(ContrastGrammar(seed).draw_rows(plan.contrast))
    taught = {HATE, str(Label.TOXICITY), str(Label.IDENTITY_ATTACK)}
    contrast_targets = contrast.targets.copy()
    contrast_targets[:, [index for index, head in enumerate(HEADS) if head not in taught]] = np.nan
    parts = [
        _from_people(chosen, teacher, plan),
        _counting(contrast.texts, contrast_targets, plan.counts.get("contrast", 1.0)),
    ]
    return TaughtTexts(
        [text for part in parts for text in part.texts],
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def _choose(rows: LabelledRows, plan: LessonPlan, seed: int) -> NDArray[np.int64]:
    order = np.random.default_rng(seed)
    sources = np.array(rows.sources)
    hateful = rows.targets[:, HEADS.index(HATE)] == 1
    chosen: list[NDArray[np.int64]] = []
    for name in dict.fromkeys(rows.sources):
        kept, others = np.flatnonzero((sources == name) & hateful), np.flatnonzero((sources == name) & ~hateful)
        room = max(0, plan.most.get(name, len(rows)) - kept.size)
        chosen += [kept, others if others.size <= room else order.choice(others, room, replace=False)]
    return np.concatenate(chosen)


def _from_people(rows: LabelledRows, teacher: Callable[[list[str]], FloatArray], plan: LessonPlan) -> TaughtTexts:
    of_rows = np.array([plan.counts.get(name, 1.0) for name in rows.sources], np.float32)
    taught = _counting(rows.texts, rows.targets.copy(), 1.0)
    taught.counts[:] = of_rows[:, None]
    # Where people labelled some of Detoxify's six and left others open, the teacher's guess is better than silence.
    six = slice(0, len(LABELS))
    unknown = np.isnan(rows.targets[:, six])
    open_rows = np.flatnonzero(unknown.any(axis=1) & np.isin(rows.sources, ("jigsaw", "civil")))
    guesses = teacher([rows.texts[row] for row in open_rows.tolist()])
    for index, row in enumerate(open_rows.tolist()):
        columns = np.flatnonzero(unknown[row])
        taught.targets[row, columns] = guesses[index, columns]
        taught.counts[row, columns] *= plan.soft_count
    return taught


def _counting(texts: list[str], targets: FloatArray, count: float) -> TaughtTexts:
    return TaughtTexts(list(texts), targets, np.full_like(targets, count))
