"""Another policy over the past: what it would have changed, what it would have missed, and where nobody can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy, Route
from moderator.services.tuning.history import APPROVED, REJECTED, UNKNOWN, History
from moderator.services.tuning.intervals import Estimate, share, total
from moderator.services.tuning.replay import APPROVE, PRIORITY, ROUTES, Replay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Routes = NDArray[np.int8]
    Flags = NDArray[np.bool_]


class Kind(StrEnum):
    """What happens to a comment when the policy changes."""

    HELD = "newly held"
    RELEASED = "released"
    EARLIER = "moved up"
    LATER = "moved down"
    MISSED = "rejected, and would be released"
    DRAWN = "drawn for the audit"


@dataclass(frozen=True, slots=True)
class Missed:
    """Rejects that nobody would look at.

    Attributes:
        known: Comments that a person rejected and the policy would let through.
        unseen: Comments that it would let through and no person decided on.
        unknowable: Those of them about which the past says nothing: they were below the thresholds, and none like them
            was drawn for an audit.
        expected: Known ones, and what the others hold by what was found among comments like them; with an interval
            that holds for those that aren't unknowable.
        audited: How many drawn comments that rests on.
    """

    known: int
    unseen: int
    unknowable: int
    expected: Estimate
    audited: int

    @property
    def answerable(self) -> bool:
        """Whether the past has an answer for all of them."""
        return not self.unknowable


@dataclass(frozen=True, slots=True)
class Side:
    """One policy over the past.

    Attributes:
        routes: Comments by route.
        per_day: Comments that a person looks at, a day.
        hours_per_day: Hours of looking, a day.
        disagree: Decisions that stand against it: approved though first in the queue, rejected though nothing found.
        missed: Rejects that nobody looks at.
        caught: Share of the known rejects that it holds.
    """

    routes: Mapping[Route, int]
    per_day: float
    hours_per_day: float
    disagree: int
    missed: Missed
    caught: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """What another policy changes.

    Attributes:
        changed: Comments, as rows of the history, by what happens to them.
        order_kept: Rank correlation, -1..1, of what both policies hold: 1 is the same order. `nan` below two comments.
        looks_below: Share of the comments below the old thresholds that a person decided on.
        seconds_per_look, measured: What the hours rest on.
    """

    comments: int
    decided: int
    days: float
    before: Side
    after: Side
    changed: Mapping[Kind, NDArray[np.int64]]
    order_kept: float
    looks_below: Estimate
    seconds_per_look: float
    measured: bool


def what_if(history: History, old: Policy, new: Policy, seconds_per_look: float | None = None) -> WhatIf:
    """Replays two policies over the past and compares.

    Args:
        history: The past.
        old: The policy in force.
        new: The other one.
        seconds_per_look: What a look at a comment takes; measured on the past where absent.
    """
    replay = Replay(history.comments)
    old_routes, new_routes = replay.routes(old), replay.routes(new)
    below = replay.nothing(old)
    seconds, measured = history.seconds_per_look() if seconds_per_look is None else (seconds_per_look, False)
    drawn = replay.audited(new) & ~replay.audited(old)
    return WhatIf(
        comments=len(history),
        decided=int(np.count_nonzero(history.decided)),
        days=history.days,
        before=_side(history, old_routes, missed_rejects(history, replay, old, old), seconds),
        after=_side(history, new_routes, missed_rejects(history, replay, old, new), seconds),
        changed=_changed(history, old_routes, new_routes, drawn),
        order_kept=_order_kept(replay, old, new, np.flatnonzero((old_routes > APPROVE) & (new_routes > APPROVE))),
        looks_below=share(np.count_nonzero(below & history.decided), np.count_nonzero(below)),
        seconds_per_look=seconds,
        measured=measured,
    )


def missed_rejects(history: History, replay: Replay, old: Policy, new: Policy) -> Missed:
    """Rejects among what a policy would let through.

    What the old policy held and nobody decided on is judged by what people found among the others that it held. What
    lay below it is judged by an audit's random draw alone, those that people decided on included: whoever looks below
    the thresholds by choice doesn't look at random.

    Args:
        history: The past.
        replay: Its comments, ready to be routed.
        old: The policy that was in force: it chose what people saw.
        new: The policy in question.
    """
    through, nothing = replay.routes(new) == APPROVE, replay.nothing(new)
    was_below, outcome = replay.nothing(old), history.past.outcome
    rejected, unseen = outcome == REJECTED, through & (outcome == UNKNOWN)
    known = int(np.count_nonzero(through & rejected))
    held = _Stratum.of(unseen & ~was_below, nothing & ~was_below & history.decided, rejected)
    audited = nothing & history.past.audited & history.decided
    below_unseen = int(np.count_nonzero(unseen & was_below))
    # With the draw all of what lies below is judged anew, not only what nobody saw.
    below = _Stratum.of(through & was_below if below_unseen else unseen & was_below, audited, rejected)
    anew = was_below & bool(below_unseen and below.sampled)
    certain = int(np.count_nonzero(through & rejected & ~anew))
    guessed = total([(one.comments, one.share) for one in (held, below) if one.comments and one.sampled])
    low = max(certain + guessed.low, float(known))
    expected = Estimate(max(certain + guessed.value, low), low, max(certain + guessed.high, low))
    unknowable = (0 if held.sampled else held.comments) + (0 if below.sampled else below_unseen)
    return Missed(known, int(np.count_nonzero(unseen)), unknowable, expected, int(np.count_nonzero(audited)))


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Comments that are judged by a sample of others.

    Attributes:
        sampled: How many the sample has.
        share: Of the sample that was rejected.
    """

    comments: int
    sampled: int
    share: Estimate

    @classmethod
    def of(cls, comments: Flags, sample: Flags, rejected: Flags) -> _Stratum:
        size = int(np.count_nonzero(sample))
        found = share(int(np.count_nonzero(sample & rejected)), size)
        return cls(int(np.count_nonzero(comments)), size, found)


def _side(history: History, routes: Routes, missed: Missed, seconds: float) -> Side:
    found = np.bincount(routes, minlength=len(ROUTES))
    held = int(found.sum() - found[APPROVE])
    outcome = history.past.outcome
    against = ((outcome == APPROVED) & (routes == PRIORITY)) | ((outcome == REJECTED) & (routes == APPROVE))
    caught = np.count_nonzero((outcome == REJECTED) & (routes != APPROVE))
    return Side(
        routes={route: int(found[code]) for code, route in enumerate(ROUTES)},
        per_day=held / history.days,
        hours_per_day=held * seconds / 3600 / history.days,
        disagree=int(np.count_nonzero(against)),
        missed=missed,
        caught=share(caught, np.count_nonzero(outcome == REJECTED)),
    )


def _changed(history: History, old: Routes, new: Routes, drawn: Flags) -> dict[Kind, NDArray[np.int64]]:
    released = (new == APPROVE) & (old != APPROVE)
    found: dict[Kind, Flags] = {
        Kind.HELD: (old == APPROVE) & (new != APPROVE) & ~drawn,
        Kind.RELEASED: released,
        Kind.EARLIER: (new > old) & (old != APPROVE),
        Kind.LATER: (new < old) & (new != APPROVE),
        Kind.MISSED: released & history.rejected,
        Kind.DRAWN: drawn,
    }
    return {kind: np.flatnonzero(rows) for kind, rows in found.items()}


def _order_kept(replay: Replay, old: Policy, new: Policy, both: NDArray[np.int64]) -> float:
    """Spearman's rank correlation, comments of equal risk in the order of their numbers, as the queue has them."""
    count = len(both)
    if count < 2:  # noqa: PLR2004 - one comment has no order
        return float("nan")
    ranks: list[NDArray[np.float64]] = []
    for policy in (old, new):
        rank = np.empty(count)
        rank[np.argsort(-replay.risks(policy, both), kind="stable")] = np.arange(count)
        ranks.append(rank)
    apart = float(np.square(ranks[0] - ranks[1]).sum())
    return 1 - 6 * apart / (count * (float(count) ** 2 - 1))
