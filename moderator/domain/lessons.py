"""What a person's decision says of a label: the lessons that a site's own history holds. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from moderator.domain.score import Label

LABELS_OF_REASON: Mapping[str, frozenset[Label]] = {
    "collective_blame": frozenset({Label.COLLECTIVE_BLAME}),
    "hate": frozenset({Label.IDENTITY_ATTACK, Label.TOXICITY}),
    "insult": frozenset({Label.INSULT, Label.TOXICITY}),
    "threat": frozenset({Label.THREAT, Label.TOXICITY}),
    "obscene": frozenset({Label.OBSCENE, Label.TOXICITY}),
}
"""Labels that a rejection for a reason confirms. Other reasons (spam, off topic) say nothing of any label."""

FEWEST_SECONDS = 2.0
"""Shorter than this a comment was not read: nobody learns from a slip of the finger."""


class LeftOut(StrEnum):
    """Why a decision teaches nothing."""

    AUTOMATIC = "made by a rule, an intake or a site"
    BATCH = "part of an act on several comments"
    UNDONE = "taken back"
    HASTY = "open too short a time, or nobody knows how long"
    SUPERSEDED = "decided again later"
    ERASED = "the text was erased"
    OTHER_REASON = "rejected for a reason that names no label"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One comment with what a person made of it.

    Attributes:
        rejected: Whether it was rejected; approved otherwise.
        reason_code: Why, for a rejection.
        language: ISO 639-1 code, where it's known.
    """

    comment_id: int
    body: str = field(repr=False)
    language: str | None
    title: str = field(repr=False)
    parent_body: str | None = field(repr=False)
    rejected: bool
    reason_code: str | None
    decided_at_ms: int

    def says_of(self, label: Label) -> float | None:
        """1 where the decision confirms a label, 0 where it denies it, `None` where it says nothing of it."""
        if not self.rejected:
            return 0.0
        return 1.0 if label in LABELS_OF_REASON.get(self.reason_code or "", ()) else None
