"""Scores: what a scorer says of one text. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Label(StrEnum):
    """What a score is about.

    The first seven are Detoxify's, spelt as its checkpoints spell them. `collective_blame` is this project's own:
    holding a whole people, faith or camp guilty for what some did.

    Source: https://github.com/unitaryai/detoxify (label names).
    """

    TOXICITY = "toxicity"
    SEVERE_TOXICITY = "severe_toxicity"
    OBSCENE = "obscene"
    THREAT = "threat"
    INSULT = "insult"
    IDENTITY_ATTACK = "identity_attack"
    SEXUAL_EXPLICIT = "sexual_explicit"
    COLLECTIVE_BLAME = "collective_blame"


class SpanRole(StrEnum):
    """What a piece of evidence stands for. `LISTED` is of an operator's word list, no scorer's."""

    TOXIC = "toxic"
    GROUP = "group"
    QUANTIFIER = "quantifier"
    PREDICATE = "predicate"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: `[start, end)` in code points of the raw text.

    Attributes:
        weight: How much the span moved the score, in the scorer's own unit; larger is more. `None` where unknown.
    """

    start: int
    end: int
    role: SpanRole
    label: Label
    weight: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"span [{self.start}, {self.end}) is empty or negative")


@dataclass(frozen=True, slots=True)
class ScorerId:
    """Who spoke: a scorer's name, its version, and the first 12 hex digits of its weights' SHA-256."""

    name: str
    version: str
    weights_hash: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.weights_hash})"


BLAME_COMPONENTS: Mapping[str, str] = {
    "GRP": "a group",
    "QNT": "all of them",
    "ACT": "guilt",
    "PUN": "punishment or exclusion demanded",
    "INN": "innocence denied",
    "SIL": "complicity by silence",
    "HER": "guilt by nature or descent",
    "ASC": "guilt by membership",
    "DES": "suffering called deserved",
}
"""What the components of collective blame stand for, in words. Source: docs/collective-blame.md."""


@dataclass(frozen=True, slots=True)
class BlameExplanation:
    """Why the collective-blame score is what it is.

    Attributes:
        grade: 0 none, 1 mild generalising blame, 2 clear blame, 3 blame and a penalty.
        components: Codes of the evidence found (`GRP`, `QNT`, `ACT`, `PUN`, `INN`, `SIL`, `HER`, `ASC`, `DES`, `MET`).
        reason: One line in words, for a moderator who has a second.
        exclusions: What would have made it harmless and was considered, as `name: finding`.
    """

    grade: int
    components: tuple[str, ...]
    reason: str
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """All that one scorer says of one text.

    Attributes:
        scorer: Who spoke.
        language: ISO 639-1 code the text was scored as; `und` where it can't be told.
        scores: Probability 0..1 per label that this scorer knows. `None`: it can't judge that label in that
            language. A label it never scores isn't a key at all. Neither is ever 0.
        spans: Evidence on the raw text.
        blame: The explanation behind `collective_blame`, where this scorer gives that label.
        extra: Further named probabilities, such as a checkpoint's identity labels. Kept, never thresholded.
    """

    scorer: ScorerId
    language: str
    scores: Mapping[Label, float | None]
    spans: tuple[Span, ...] = ()
    blame: BlameExplanation | None = None
    extra: Mapping[str, float] = field(default_factory=dict[str, float])


UNMASKING = "folded_delta"
"""In `extra`: by how much undoing disguises raised the label that it raised most, -1..1. With `.<label>` behind it: by
how much it raised that one."""

_LEAST_GAIN = 0.005


def unmasking_of(gains: Mapping[Label, float]) -> dict[str, float]:
    """What a scorer keeps in `extra` of a text with disguised words, from each label's gain, -1..1."""
    named = {f"{UNMASKING}.{label}": gain for label, gain in gains.items() if gain >= _LEAST_GAIN}
    return {UNMASKING: max(gains.values(), default=0.0), **named}


def gains_by_unmasking(score_sets: tuple[ScoreSet, ...]) -> dict[Label, float]:
    """Labels that undoing disguises raised to what they are, and by how much, 0.005..1; the later set wins."""
    gains: dict[Label, float] = {}
    for score_set in score_sets:
        for label in score_set.scores:
            gain = score_set.extra.get(f"{UNMASKING}.{label}", 0.0)
            gains.pop(label, None)
            if gain >= _LEAST_GAIN:
                gains[label] = gain
    return gains


def merge_scores(score_sets: tuple[ScoreSet, ...]) -> dict[Label, float | None]:
    """One value per label from several scorers' sets.

    A number beats `None`; between two numbers the later set wins, so that a rescore replaces what was there.

    Returns:
        Label to probability 0..1, or `None` where no scorer could judge it. Labels nobody scores are absent.
    """
    merged: dict[Label, float | None] = {}
    for score_set in score_sets:
        for label, score in score_set.scores.items():
            if score is not None or label not in merged:
                merged[label] = score
    return merged
