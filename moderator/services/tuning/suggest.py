"""Thresholds for a target, chosen on the older part of the past and checked on the newer one.

Scores of different labels can't be compared; how often comments with a score are rejected can. So each label's scores
are first turned into that share by a monotone fit, and one line is drawn through all labels at the same share: a
comment is held if any label says that comments like it are rejected at least so often.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label
from moderator.services.tuning.choosing import Aim, Choosing, Target
from moderator.services.tuning.curves import weighted_share
from moderator.services.tuning.history import History
from moderator.services.tuning.intervals import NOTHING, Estimate
from moderator.services.tuning.replay import Replay
from moderator.services.tuning.report import weights_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

CHECK_SHARE = 0.4
"""Part of the past, the newest, that thresholds are checked on."""

FEWEST = 10
"""Rejected and approved comments that each part needs."""

COMFORTABLE = 100
"""Rejected and approved comments from which on intervals are narrow enough to rely on."""

_ROUNDS = 40
_DAY_MS = 86_400_000


class Verdict(StrEnum):
    """What the part that wasn't used for choosing says of a target."""

    REACHED = "reached"
    WITHIN = "within its interval"
    MISSED = "missed"
    UNKNOWN = "can't be told"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What thresholds do to one part of the past.

    Attributes:
        per_day: Comments held, a day.
        cost: Looks in vain, and missed rejects as many times as they are worth, a comment; only for that aim.
    """

    comments: int
    decided: int
    rejected: int
    per_day: Estimate
    precision: Estimate
    recall: Estimate
    cost: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """One label's threshold.

    Attributes:
        now: In force; `None` where the label routes nothing.
        review: Where a person should look, with an interval from resamples.
        kept: Why it stays as it is; empty where it's proposed anew.
    """

    label: Label
    now: Threshold | None
    then: Threshold | None
    review: Estimate
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Thresholds for a target.

    Attributes:
        chosen: What they do to the part that they were chosen on.
        checked: What they do to the other part, and `now` what today's do to it.
        verdict: What the other part says.
        policy: The policy with these thresholds.
        reachable: Whether any thresholds reach the target on the part that they were chosen on.
        problems: What should make one careful, in words.
    """

    target: Target
    proposals: tuple[Proposal, ...]
    chosen: Outcome
    checked: Outcome
    now: Outcome
    verdict: Verdict
    policy: Policy
    reachable: bool
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the target is reached where it was chosen, and may be where it wasn't: others aren't to be used."""
        return self.reachable and self.verdict is not Verdict.MISSED


class TooLittleError(ValueError):
    """The past is too short for a suggestion. The message says what there is and what it takes."""


def suggest(history: History, policy: Policy, target: Target, *, seed: int = 1, rounds: int = _ROUNDS) -> Suggestion:
    """Chooses thresholds for a target.

    Args:
        history: The past.
        policy: What is in force.
        target: What to reach.
        seed: For the resamples.
        rounds: Resamples for the thresholds' intervals.

    Raises:
        TooLittleError: Fewer rejected or approved comments than `FEWEST` in either part.
    """
    older, newer = split(history)
    for name, part in (("older", older), ("newer", newer)):
        rejected = int(np.count_nonzero(part.rejected))
        approved = int(np.count_nonzero(part.decided)) - rejected
        if min(rejected, approved) < FEWEST:
            raise TooLittleError(
                f"the {name} part of the past has {rejected:,} rejected and {approved:,} approved comments; "
                f"it takes at least {FEWEST} of each"
            )
    choosing = Choosing.of(older, policy, target)
    line = choosing.line()
    # The cheapest may well be to hold nothing; any other target that asks for that can't be had.
    reachable = target.aim is Aim.COST or math.isfinite(line)
    drawn = choosing.resampled(rounds, seed)
    proposals = tuple(_propose(label, policy, choosing, line, drawn) for label in Label)
    found = replace(policy, thresholds={one.label: one.then for one in proposals if one.then is not None})
    checked = outcome(newer, found, target, policy)
    return Suggestion(
        target=target,
        proposals=proposals,
        chosen=outcome(older, found, target, policy),
        checked=checked,
        now=outcome(newer, policy, target, policy),
        verdict=_verdict(checked, target),
        policy=found,
        reachable=reachable,
        problems=tuple(_problems(history, policy, found, target, not reachable)),
    )


def split(history: History) -> tuple[History, History]:
    """The older and the newer part of the past, by the time of posting."""
    order = np.lexsort((history.comments.ids, history.past.posted_at_ms))
    newer = np.zeros(len(history), dtype=np.bool_)
    newer[order[round(len(history) * (1 - CHECK_SHARE)) :]] = True
    return history.take(~newer), history.take(newer)


def outcome(history: History, policy: Policy, target: Target, in_force: Policy) -> Outcome:
    """What a policy does to a part of the past.

    Args:
        history: The part.
        policy: The policy; its audit is left aside.
        target: Whose cost is counted.
        in_force: The policy that chose what people saw.
    """
    replay = Replay(history.comments)
    held = ~replay.nothing(policy)
    weights = weights_of(history, replay.nothing(in_force))
    decided, rejected = history.decided, history.rejected
    return Outcome(
        comments=len(history),
        decided=int(np.count_nonzero(decided)),
        rejected=int(np.count_nonzero(rejected)),
        per_day=_per_day(history, held),
        precision=weighted_share(rejected, weights, held & decided),
        recall=weighted_share(held, weights, rejected),
        cost=_cost(held[decided], rejected[decided], weights[decided], target),
    )


def _per_day(history: History, held: Flags) -> Estimate:
    """Comments held a day, with the interval of the mean over days."""
    if not len(history):
        return NOTHING
    day = (history.past.posted_at_ms - history.past.posted_at_ms.min()) // _DAY_MS
    counts = np.bincount(day, weights=held, minlength=int(day.max()) + 1)
    # The last day is rarely a whole one.
    mean = float(held.sum()) / history.days
    spread = float(np.std(counts[:-1], ddof=1)) if len(counts) > 2 else math.sqrt(mean)  # noqa: PLR2004
    half = 1.96 * max(spread, math.sqrt(mean)) / math.sqrt(max(len(counts) - 1, 1))
    return Estimate(mean, max(mean - half, 0.0), mean + half)


def _cost(held: Flags, rejected: Flags, weights: Floats, target: Target) -> float:
    worth = target.value if target.aim is Aim.COST else 1.0
    total = float(weights.sum())
    return float(weights[held & ~rejected].sum() + worth * weights[~held & rejected].sum()) / total if total else 0.0


def _propose(
    label: Label, policy: Policy, choosing: Choosing, line: float, drawn: list[dict[Label, float]]
) -> Proposal:
    now, fit = policy.thresholds.get(label), choosing.lines.get(label)
    if fit is None:
        scored = label in choosing.history.scorer_of
        why = "it routes nothing" if now is None else "too little to go by" if scored else "no score"
        return Proposal(label, now, now, NOTHING, why)
    review = fit.threshold(line)
    values = np.array([one[label] for one in drawn] or [review])
    low, high = (float(end) for end in np.quantile(values, (0.025, 0.975)))
    # Where all that is held came first, nothing would.
    priority = now.priority if now is not None and review < now.priority else round((1.0 + review) / 2, 3)
    return Proposal(label, now, Threshold(review, priority), Estimate(review, min(low, review), max(high, review)))


def _verdict(checked: Outcome, target: Target) -> Verdict:
    if target.aim is Aim.COST:
        return Verdict.UNKNOWN
    found: Estimate = getattr(checked, target.aim.value)
    if not found.known:
        return Verdict.UNKNOWN
    if target.aim is Aim.PER_DAY:
        good, possible = found.value <= target.value, found.low <= target.value
    else:
        good, possible = found.value >= target.value, found.high >= target.value
    return Verdict.REACHED if good else Verdict.WITHIN if possible else Verdict.MISSED


def _problems(history: History, policy: Policy, found: Policy, target: Target, unreached: bool) -> list[str]:
    problems: list[str] = []
    rejected = int(np.count_nonzero(history.rejected))
    fewer = min(rejected, int(np.count_nonzero(history.decided)) - rejected)
    if fewer < COMFORTABLE:
        problems.append(
            f"Only {fewer:,} comments of one kind to go by: take the intervals seriously, and measure again."
        )
    if unreached:
        problems.append("No thresholds reach this target on the part they were chosen on.")
    replay = Replay(history.comments)
    below = replay.nothing(policy)
    unseen = int(np.count_nonzero(below & ~history.decided))
    audited = int(np.count_nonzero(history.past.audited & history.decided))
    if unseen and not audited and target.aim in {Aim.RECALL, Aim.COST}:
        problems.append(
            f"{unseen:,} comments below today's thresholds were looked at by nobody. What they hold isn't counted: set "
            "policy.audit_share, so that a random part of them is."
        )
    lower = sum(
        limit.review < policy.thresholds[label].review
        for label, limit in found.thresholds.items()
        if label in policy.thresholds
    )
    if lower and unseen and not audited:
        problems.append(f"{lower} thresholds come to lie where nobody has looked; check them once people have.")
    kept = [name for name in ("sections", "sources", "languages") if any(getattr(policy, name).values())]
    if kept:
        problems.append(f"Thresholds of single {', '.join(kept)} stay as they are.")
    return problems
