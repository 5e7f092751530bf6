"""A past with a known truth for the benchmarks and tests of tuning: seeded, made of arrays, about nobody.

Each comment has a hidden harm. What a person decides and what a scorer says both follow from it, with noise; so how
good a policy is can be counted exactly, also where nobody looked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId
from moderator.services.tuning.history import UNKNOWN, History, places_of
from moderator.services.tuning.replay import Replay
from moderator.storage.history_rows import PastComments
from moderator.storage.score_matrix import LABELS, ScoredComments

SCORER = ScorerId("synthetic", "1", "0" * 12)
END_MS = 1_793_491_200_000
"""2026-11-01T00:00:00Z."""

POLICY = Policy(
    {
        Label.TOXICITY: Threshold(0.5, 0.85),
        Label.INSULT: Threshold(0.6, 0.9),
        Label.THREAT: Threshold(0.35, 0.65),
        Label.IDENTITY_ATTACK: Threshold(0.4, 0.7),
    }
)
"""What was in force."""

_DAYS = 180
_SECTIONS = ("world", "local", "sport", "politics")
_LANGUAGES = ("en", "ru", "uk", "de")
_STRENGTH = (1.0, 0.4, 0.6, 0.35, 0.9, 0.5, 0.2, 0.4)
"""How much of the harm each label sees."""


@dataclass(frozen=True, slots=True, eq=False)
class Synthetic:
    """A past, and what nobody in it knew.

    Attributes:
        truth: Whether a person would reject each comment, shape `(comments,)`.
    """

    history: History
    truth: NDArray[np.bool_]


def synthetic_history(
    count: int, seed: int = 1, *, reviewed_below: float = 1.0, audit_share: float = 0.0, policy: Policy = POLICY
) -> Synthetic:
    """Makes a past.

    Args:
        count: Comments.
        seed: Same seed and count, same past.
        reviewed_below: Share of what the policy would let through that people looked at all the same, the riskiest of
            it first: that is how queues are worked off.
        audit_share: Share of it that was drawn at random and looked at.
        policy: What was in force.
    """
    dice = np.random.default_rng(seed)
    harm = dice.normal(-2.4, 1.6, count)
    truth = dice.random(count) < 1 / (1 + np.exp(-(1.6 * harm + dice.normal(0, 0.6, count))))
    scores = np.empty((count, len(LABELS)), order="F")
    for at, strength in enumerate(_STRENGTH):
        scores[:, at] = 1 / (1 + np.exp(-(strength * harm * 1.3 + dice.normal(0, 0.9, count) - 1.2 * (1 - strength))))
    scores[dice.random(count) < 0.05, LABELS.index(Label.COLLECTIVE_BLAME)] = np.nan  # noqa: PLR2004 - no such language
    past = _past(count, dice)
    comments = ScoredComments(past.ids, np.round(scores, 4), *places_of(past), past.failed)
    replay = Replay(comments)
    below = replay.nothing(policy)
    seen = ~below
    riskiest = np.flatnonzero(below)[np.argsort(-replay.risks(policy, np.flatnonzero(below)), kind="stable")]
    seen[riskiest[: round(reviewed_below * len(riskiest))]] = True
    past.audited[below & (dice.random(count) < audit_share)] = True
    seen |= past.audited
    past.outcome[:] = np.where(seen, truth, UNKNOWN)
    past.decided_at_ms[seen] = past.posted_at_ms[seen] + 600_000
    past.seconds_open[seen] = dice.gamma(2.0, 6.0, int(seen.sum()))
    return Synthetic(History(comments, past, dict.fromkeys(LABELS, SCORER)), truth)


def _past(count: int, dice: np.random.Generator) -> PastComments:
    ids = np.arange(1, count + 1, dtype=np.int64)
    step_ms = _DAYS * 86_400_000 / max(count, 1)
    return PastComments(
        ids=ids,
        revisions=np.ones(count, dtype=np.int64),
        posted_at_ms=(END_MS - _DAYS * 86_400_000 + ids * step_ms).astype(np.int64),
        failed=dice.random(count) < 0.001,  # noqa: PLR2004 - a scorer's bad days
        outcome=np.full(count, UNKNOWN, dtype=np.int8),
        decided_at_ms=np.zeros(count, dtype=np.int64),
        seconds_open=np.full(count, np.nan),
        audited=np.zeros(count, dtype=np.bool_),
        batch=np.zeros(count, dtype=np.bool_),
        section_of=dice.integers(0, len(_SECTIONS), count).astype(np.int32),
        sections=_SECTIONS,
        source_of=np.zeros(count, dtype=np.int32),
        sources=("site",),
        language_of=dice.choice(len(_LANGUAGES), count, p=(0.7, 0.15, 0.1, 0.05)).astype(np.int32),
        languages=_LANGUAGES,
    )
