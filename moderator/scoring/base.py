"""The one protocol behind which every scorer stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from moderator.domain.score import Label, ScorerId, ScoreSet

Option = str | int | float | bool | None
"""Value of a scorer's option: what a configuration file can say."""


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One text to score, raw, with what surrounds it.

    Attributes:
        language: ISO 639-1 code if the caller knows it; `None` lets the scorer find out.
        title: Article title, where there is one.
        parent: Text of the comment answered, where there is one.
    """

    text: str = field(repr=False)
    language: str | None = None
    title: str | None = field(default=None, repr=False)
    parent: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ScoringFailure:
    """Why one text could not be scored, in words that name no part of the text."""

    reason: str


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """How to make a scorer, without importing it: it is imported where it runs.

    Attributes:
        name: As the configuration names it.
        target: `module:attribute` of a class or function that returns a `Scorer`.
        options: Keyword arguments for it.
        calibration: File of a calibration that its scores go through; empty for none.
    """

    name: str
    target: str
    options: Mapping[str, Option] = field(default_factory=dict[str, Option])
    calibration: str = ""


@runtime_checkable
class Scorer(Protocol):
    """Turns texts into scores.

    A scorer is deterministic, keeps no state between calls, and never lets one bad text fail the others.
    """

    @property
    def identity(self) -> ScorerId:
        """Name, version and weights hash, constant for the object's life."""
        ...

    @property
    def labels(self) -> frozenset[Label]:
        """Labels that this scorer can give in at least one language."""
        ...

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch.

        Args:
            requests: Texts; any number, also none.

        Returns:
            One entry per request, in the same order.

        Raises:
            ScoringError: The scorer as a whole can't work (weights gone, out of memory).
        """
        ...


def checked(result: ScoreSet | ScoringFailure, request: ScoreRequest) -> ScoreSet | ScoringFailure:
    """A scorer's result if it keeps the protocol, else a failure that says how it doesn't.

    Scorers are strangers' code too: a probability that isn't one would sort the queue wrongly, and evidence outside
    the text would break a screen.
    """
    if isinstance(result, ScoringFailure):
        return result
    name = result.scorer.name
    for label, score in result.scores.items():
        if score is not None and not 0.0 <= score <= 1.0:  # a NaN is in no range
            return ScoringFailure(f"{name} gave {label} a value outside 0..1")
    if any(value != value for value in result.extra.values()):  # noqa: PLR0124 - the one value unequal to itself is NaN
        return ScoringFailure(f"{name} gave a value that isn't a number")
    if any(span.end > len(request.text) for span in result.spans):
        return ScoringFailure(f"{name} gave evidence outside the text")
    return result
