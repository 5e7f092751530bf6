"""Learning from a site's own decisions: what its people decided, scored anew, and curves fitted to it.

Everything is scored again by the scorer as it is now, without its calibration: so no curve mixes versions, and a fit is
never fitted on a fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from moderator.domain.lessons import FEWEST_SECONDS, LeftOut, Lesson
from moderator.domain.score import Label, ScoreSet
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.calibrated import Calibration, Curve
from moderator.scoring.training.curves import FEWEST, fit_curve
from moderator.storage.engine import Database
from moderator.storage.lesson_rows import lessons

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a site's decisions teach.

    Attributes:
        taken: In the order of the decisions.
        left_out: How many decisions teach nothing, by why.
    """

    taken: tuple[Lesson, ...]
    left_out: Mapping[LeftOut, int]

    def truth(self, label: Label) -> Floats:
        """1, 0 or NaN per lesson: whether the decision confirms a label, denies it, or says nothing of it."""
        said = (lesson.says_of(label) for lesson in self.taken)
        return np.array([np.nan if one is None else one for one in said], np.float64)


@dataclass(frozen=True, slots=True)
class LabelFit:
    """What came of one label.

    Attributes:
        positives, negatives: Decisions that confirm and that deny it, and have a score.
        curve: `None` where the label is left as it is.
    """

    label: Label
    positives: int
    negatives: int
    curve: Curve | None

    @property
    def why(self) -> str:
        """What was done with the label, in words."""
        if self.curve is not None:
            return self.curve.method
        if min(self.positives, self.negatives) < FEWEST:
            return f"as it is: under {FEWEST} of a kind"
        return "as it is: no curve does better"


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What a fit found.

    Attributes:
        calibration: To install; `None` where every label is left as it is.
        fits: One per label of the scorer that decisions speak of.
    """

    calibration: Calibration | None
    fits: tuple[LabelFit, ...]


def gather_lessons(db: Database, fewest_seconds: float = FEWEST_SECONDS) -> Lessons:
    """Everything that people decided by themselves, read for long enough, and stood by.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        taken, left_out = lessons(conn, fewest_seconds)
    return Lessons(tuple(taken), left_out)


def score_lessons(scorer: Scorer, taken: Sequence[Lesson], progress: Progress) -> dict[Label, Floats]:
    """Scores the texts of lessons.

    Returns:
        Per label of the scorer a probability 0..1 per lesson, NaN where it can't be judged.

    Raises:
        ScoringError: The scorer as a whole can't work.
    """
    found = {label: np.full(len(taken), np.nan) for label in sorted(scorer.labels)}
    for start in range(0, len(taken), _BATCH):
        batch = taken[start : start + _BATCH]
        requests = [ScoreRequest(one.body, one.language, one.title or None, one.parent_body) for one in batch]
        for row, result in enumerate(scorer.score(requests), start):
            if isinstance(result, ScoreSet):
                for label, score in result.scores.items():
                    found[label][row] = np.nan if score is None else score
        progress(start + len(batch), len(taken))
    return found


def calibrate(scorer: Scorer, learned: Lessons, progress: Progress) -> CalibrationReport:
    """Fits a curve per label of a scorer to a site's decisions. Nothing is installed.

    Args:
        scorer: As it is, without a calibration.
        learned: What people decided.
        progress: Told how many texts are scored, of how many.

    Raises:
        ScoringError: The scorer as a whole can't work.
    """
    fits: list[LabelFit] = []
    for label, scores in score_lessons(scorer, learned.taken, progress).items():
        truth = learned.truth(label)
        known = ~np.isnan(truth) & ~np.isnan(scores)
        positives = int(truth[known].sum())
        curve = fit_curve(scores[known], truth[known])
        fits.append(LabelFit(label, positives, int(known.sum()) - positives, curve))
    curves = {fit.label.value: fit.curve for fit in fits if fit.curve is not None}
    identity = scorer.identity
    made = Calibration(
        scorer=identity.name,
        version=identity.version,
        weights_hash=identity.weights_hash,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        decisions=len(learned.taken),
        curves=curves,
    )
    return CalibrationReport(made if curves else None, tuple(fits))
