"""A scorer whose probabilities were fitted to one site's own decisions, and the file that keeps the fit.

A curve per label, monotone: the order of two comments never turns round, only what a number means does. The scorer's
version says which fit spoke, so that scores before and after it are never taken for each other.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.errors import ScoringError
from moderator.scoring.base import Scorer, ScoreRequest, ScoringFailure
from moderator.scoring.learned_files import calibration_file

_HASH_DIGITS = 8
_MARK = "+cal."


class Curve(msgspec.Struct, frozen=True):
    """What a label's probability becomes, and how that was found.

    Attributes:
        method: `platt` or `isotonic`.
        points: Probability before and after, both ascending; straight lines between.
        positives, negatives: Decisions that it was fitted on.
        error_before, error_after: Expected calibration error on decisions that the fit didn't see, 0..1.
    """

    method: str
    points: list[tuple[float, float]]
    positives: int
    negatives: int
    error_before: float
    error_after: float

    def apply(self, probability: float) -> float:
        """The probability after calibration, 0..1."""
        before, after = zip(*self.points, strict=True)
        return float(np.interp(probability, before, after))


class Calibration(msgspec.Struct, frozen=True):
    """A fit for one scorer.

    Attributes:
        scorer, version, weights_hash: Whose scores it was fitted on; another's it refuses.
        made_at: ISO 8601, UTC.
        decisions: How many it was fitted on.
        curves: By label; a label that isn't here stays as it is.
    """

    scorer: str
    version: str
    weights_hash: str
    made_at: str
    decisions: int
    curves: dict[str, Curve]

    @property
    def short_hash(self) -> str:
        """First hex digits of the SHA-256 over the curves: what is the same changes no version."""
        plain: Any = msgspec.to_builtins({label: curve.points for label, curve in self.curves.items()})
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:_HASH_DIGITS]

    @property
    def whose(self) -> ScorerId:
        """The scorer that it was fitted on."""
        return ScorerId(self.scorer, self.version, self.weights_hash)


def read_calibration(file: Path) -> Calibration:
    """Reads a calibration.

    Raises:
        ScoringError: It can't be read, or its curves aren't monotone within 0..1.
    """
    try:
        calibration = msgspec.json.decode(file.read_bytes(), type=Calibration)
        for label, curve in calibration.curves.items():
            Label(label)
            _check(curve)
    except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise ScoringError(
            f"{file}: not a calibration ({type(error).__name__})",
            code="scoring.calibration",
            hint="`moderator train calibrate` makes another; calibrated = false under [scoring] does without.",
        ) from error
    return calibration


def install_calibration(models_dir: Path, calibration: Calibration) -> Path:
    """Puts a calibration in force; the one before stays beside it under its hash.

    Raises:
        OSError: The folder can't be written.
    """
    file = calibration_file(models_dir, calibration.scorer)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        before = read_calibration(file)
        file.replace(file.with_suffix(f".{before.short_hash}.json"))
    draft = file.with_suffix(".draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
    draft.replace(file)
    return file


def _check(curve: Curve) -> None:
    if len(curve.points) < 2:  # noqa: PLR2004 - a line has two ends
        raise ValueError("a curve has at least two points")
    for name in (0, 1):
        column = [point[name] for point in curve.points]
        if column != sorted(column) or not all(0.0 <= value <= 1.0 for value in column):
            raise ValueError("a curve rises, within 0..1")


@dataclass(frozen=True, slots=True)
class CalibratedScorer:
    """A scorer behind its calibration.

    Args:
        inner: The scorer.
        calibration: Fitted on its scores.
    """

    inner: Scorer
    calibration: Calibration

    @property
    def identity(self) -> ScorerId:
        """The scorer's own, with the calibration in its version."""
        own = self.inner.identity
        return replace(own, version=f"{own.version}{_MARK}{self.calibration.short_hash}")

    @property
    def labels(self) -> frozenset[Label]:
        """The scorer's own labels."""
        return self.inner.labels

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch and calibrates what comes of it."""
        return [
            result if isinstance(result, ScoringFailure) else self._calibrated(result)
            for result in self.inner.score(requests)
        ]

    def _calibrated(self, result: ScoreSet) -> ScoreSet:
        return replace(result, scorer=self.identity, scores=self._scores(result.scores))

    def _scores(self, scores: Mapping[Label, float | None]) -> dict[Label, float | None]:
        curves = self.calibration.curves
        return {
            label: score if score is None or label.value not in curves else curves[label.value].apply(score)
            for label, score in scores.items()
        }


def calibrated(scorer: Scorer, file: Path) -> Scorer:
    """The scorer behind the calibration in a file; without it where that was fitted on another version.

    Raises:
        ScoringError: The file isn't a calibration.
    """
    calibration = read_calibration(file)
    if calibration.whose != scorer.identity:
        sys.stderr.write(f"{file.name} was fitted on {calibration.whose} and isn't used for {scorer.identity}\n")
        return scorer
    return CalibratedScorer(scorer, calibration)
