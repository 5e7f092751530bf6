"""The one protocol behind which every scorer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from moderator.domain.score import Label, ScorerId, ScoreSet


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
