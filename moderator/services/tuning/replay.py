"""The policy over many comments at once: what `moderator.domain.policy` says of one, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import AUDIT_RISK, UNSCORED_RISK, Policy, Route, Threshold
from moderator.domain.score import Label
from moderator.storage.score_matrix import LABELS, ScoredComments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

ROUTES = (Route.APPROVE, Route.REVIEW, Route.PRIORITY)
"""Routes by their code in an array: the higher, the more urgent."""

APPROVE, REVIEW, PRIORITY = range(3)
COLUMN = {label: at for at, label in enumerate(LABELS)}

_REVIEW_RISK, _PRIORITY_RISK, _HAIR = 0.5, 0.8, 1e-9
_GOLDEN, _FIRST, _SECOND = (np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_NEVER = np.inf
_LISTED_RISKS = np.array([0.0, _REVIEW_RISK, _PRIORITY_RISK])


@dataclass(slots=True, eq=False)
class _Reached:
    """Which comments reach a label's thresholds; kept until the thresholds move."""

    limits: tuple[Threshold | None, ...]
    review: Flags
    priority: Flags


class Replay:
    """Comments, ready to be routed by any policy. Belongs to one thread at a time.

    A million comments take some 50 ms; a few where one label moved since the last time.

    Args:
        comments: What to route.
    """

    def __init__(self, comments: ScoredComments) -> None:
        self.comments = comments
        self._reached: dict[Label, _Reached] = {}
        self._unjudged: dict[frozenset[Label], Flags] = {}
        self._lots: Floats | None = None

    def __len__(self) -> int:
        return len(self.comments)

    def routes(self, policy: Policy) -> NDArray[np.int8]:
        """The route of each comment as an index into `ROUTES`."""
        return self._routes(policy)[0]

    def audited(self, policy: Policy) -> Flags:
        """Comments that reach nothing and were drawn for the audit."""
        return self._routes(policy)[1]

    def nothing(self, policy: Policy) -> Flags:
        """Comments that reach nothing, whether or not they were drawn for the audit."""
        routes, audited = self._routes(policy)
        return (routes == APPROVE) | audited

    def counts(self, policy: Policy) -> dict[Route, int]:
        """How many comments each route has."""
        found = np.bincount(self.routes(policy), minlength=len(ROUTES))
        return {route: int(found[code]) for code, route in enumerate(ROUTES)}

    def reached(self, label: Label, policy: Policy) -> tuple[int, int]:
        """How many comments reach a label's thresholds, whatever the other labels say: `review`, and `priority`."""
        found = self._at(label, self._limits(label, policy))
        return int(np.count_nonzero(found.review)), int(np.count_nonzero(found.priority))

    def reaches(self, label: Label, policy: Policy) -> Flags:
        """Comments that reach a label's `review`, whatever the other labels say."""
        return self._at(label, self._limits(label, policy)).review

    def risks(self, policy: Policy, rows: NDArray[np.int64] | None = None) -> Floats:
        """The risk of each comment, 0..1: the order of the queue.

        Args:
            policy: Thresholds.
            rows: Which comments; all by default.
        """
        wanted = np.arange(len(self)) if rows is None else rows
        place_of = self.comments.place_of[wanted]
        highest = np.zeros(len(wanted))
        for label in self._labels(policy):
            scores = self.comments.scores[wanted, COLUMN[label]]
            for code, limit in enumerate(limits := self._limits(label, policy)):
                if limit is not None:
                    here = slice(None) if len(limits) == 1 else place_of == code
                    highest[here] = np.fmax(highest[here], _risk(scores[here], limit))  # NaN, not judged, counts less
        lifted = (self._unjudged_of(policy.required) | self.comments.failed)[wanted]
        highest[lifted] = np.maximum(highest[lifted], UNSCORED_RISK)
        highest = np.maximum(highest, _LISTED_RISKS[self._listed(policy)[wanted]])
        highest[self.audited(policy)[wanted]] = AUDIT_RISK
        return highest

    def _routes(self, policy: Policy) -> tuple[NDArray[np.int8], Flags]:
        looked, first = self._hit(policy), self._hit(policy, first=True)
        listed = self._listed(policy)
        looked, first = looked | self._unjudged_of(policy.required) | (listed >= REVIEW), first | (listed >= PRIORITY)
        audited = np.zeros(len(self), dtype=np.bool_)
        if policy.audit_share:
            audited = ~looked & (self._drawn() < policy.audit_share)
        looked |= audited
        looked |= self.comments.failed
        return looked.astype(np.int8) + first, audited

    def _listed(self, policy: Policy) -> NDArray[np.int8]:
        """What the policy's word lists make of each comment, as an index into `ROUTES`.

        Raises:
            ValueError: The comments weren't asked for these lists: see `moderator.services.tuning.lists.with_lists`.
        """
        if not policy.lists:
            return np.zeros(len(self), dtype=np.int8)
        found = self.comments.listed.get(policy.lists.version)
        if found is None:
            raise ValueError("the comments' texts weren't searched for the policy's word lists")
        return found

    def _hit(self, policy: Policy, *, first: bool = False) -> Flags:
        """Comments that reach a threshold of some label: the upper one with `first`."""
        hit = np.zeros(len(self), dtype=np.bool_)
        for label in self._labels(policy):
            found = self._at(label, self._limits(label, policy))
            hit |= found.priority if first else found.review
        return hit

    @staticmethod
    def _labels(policy: Policy) -> Sequence[Label]:
        own = {
            label
            for overrides in (policy.sections, policy.sources, policy.languages)
            for thresholds in overrides.values()
            for label in thresholds
        }
        return [label for label in LABELS if label in policy.thresholds or label in own]

    def _limits(self, label: Label, policy: Policy) -> tuple[Threshold | None, ...]:
        """A label's threshold in each place; one alone where all have the same."""
        found = tuple(policy.in_force(*place).get(label) for place in self.comments.places)
        return found if any(one != found[0] for one in found) else found[:1] or (policy.thresholds.get(label),)

    def _lines(self, limits: tuple[Threshold | None, ...], name: str) -> Floats:
        values = np.array([_NEVER if limit is None else getattr(limit, name) for limit in limits], dtype=np.float64)
        return values if len(values) == 1 else values[self.comments.place_of]

    def _at(self, label: Label, limits: tuple[Threshold | None, ...]) -> _Reached:
        known = self._reached.get(label)
        if known is None or known.limits != limits:
            scores = self.comments.scores[:, COLUMN[label]]
            lines = (scores >= self._lines(limits, name) for name in ("review", "priority"))
            known = self._reached[label] = _Reached(limits, *lines)
        return known

    def _unjudged_of(self, required: frozenset[Label]) -> Flags:
        if required not in self._unjudged:
            missing = np.zeros(len(self), dtype=np.bool_)
            for label in required:
                missing |= np.isnan(self.comments.scores[:, COLUMN[label]])
            self._unjudged[required] = missing
        return self._unjudged[required]

    def _drawn(self) -> Floats:
        if self._lots is None:
            self._lots = lots(self.comments.ids)
        return self._lots


def lots(ids: NDArray[np.int64]) -> Floats:
    """What `moderator.domain.policy.lot` gives for each comment."""
    mixed = ids.astype(np.uint64) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _risk(scores: Floats, limit: Threshold) -> Floats:
    """`moderator.domain.policy.risk`, operation by operation, so that not even rounding differs. NaN stays NaN."""
    found = np.minimum(_REVIEW_RISK * scores / limit.review, _REVIEW_RISK - _HAIR)
    looked = np.flatnonzero(scores >= limit.review)
    if limit.priority > limit.review:
        share = (scores[looked] - limit.review) / (limit.priority - limit.review)
        found[looked] = np.minimum(_REVIEW_RISK + (_PRIORITY_RISK - _REVIEW_RISK) * share, _PRIORITY_RISK - _HAIR)
    first = looked[scores[looked] >= limit.priority]
    span = 1.0 - limit.priority
    shares = (scores[first] - limit.priority) / span if span else 1.0
    found[first] = _PRIORITY_RISK + (1.0 - _PRIORITY_RISK) * shares
    return found
