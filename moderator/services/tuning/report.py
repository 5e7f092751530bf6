"""What people's decisions say of each label's scores and of today's thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy, Route, Threshold
from moderator.domain.score import Label, ScorerId
from moderator.services.tuning import curves
from moderator.services.tuning.curves import Curve, Outcomes, Reliability
from moderator.services.tuning.history import UNKNOWN, History, LeftOut
from moderator.services.tuning.intervals import Estimate, share
from moderator.services.tuning.replay import COLUMN, ROUTES, Replay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

FEWEST = 20
"""Comments that a group needs, and rejected ones that a label needs, before a figure is worth a look."""

_MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Group:
    """How a label fares among some comments.

    Attributes:
        kind: `language`, `section` or `mention`.
        name: Which; empty where it isn't known.
        false_alarms: Share of the approved ones at or above the threshold.
    """

    kind: str
    name: str
    comments: int
    rejected: int
    precision: Estimate
    recall: Estimate
    false_alarms: Estimate
    auc: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class LabelFigures:
    """What is known of one label.

    Attributes:
        scorer: Whose scores they are.
        threshold: In force in general; `None` where the label routes nothing.
        bins, spread: Lower ends of 20 bins over the score, and the comments in each by approved and rejected.
        roc, precision_recall, cost: `None` where all were approved or all rejected.
        precision, recall, false_alarms: At today's `review`, each comment against its own place's.
        groups: By language, section and mention, the largest first.
    """

    label: Label
    scorer: ScorerId
    threshold: Threshold | None
    comments: int
    rejected: int
    bins: Floats
    spread: NDArray[np.int64]
    auc: Estimate
    average_precision: Estimate
    roc: Curve | None
    precision_recall: Curve | None
    cost: Curve | None
    reliability: Reliability
    precision: Estimate
    recall: Estimate
    false_alarms: Estimate
    groups: tuple[Group, ...]

    @property
    def enough(self) -> bool:
        """Whether there are enough rejected and approved comments to go by."""
        return min(self.rejected, self.comments - self.rejected) >= FEWEST


@dataclass(frozen=True, slots=True, eq=False)
class TuneReport:
    """What is known of all labels.

    Attributes:
        comments: Scored comments of the past.
        batch: How many of the decided ones were decided together with others.
        routes: All of them by route under today's policy.
        days: How many days they span.
        looks_below: Share of those below today's thresholds that a person decided on.
        audited: How many of these were drawn at random.
        weighted: How many comments below the thresholds the drawn ones stand for.
        seconds_per_look, measured: What minutes of work rest on, and whether it was measured.
    """

    comments: int
    decided: int
    rejected: int
    batch: int
    days: float
    routes: Mapping[Route, int]
    looks_below: Estimate
    audited: int
    weighted: int
    seconds_per_look: float
    measured: bool
    left_out: LeftOut
    labels: tuple[LabelFigures, ...]

    @property
    def answers_below(self) -> bool:
        """Whether what lies below the thresholds was looked at, all of it or a random part."""
        return self.audited > 0 or not self.looks_below.known or self.looks_below.value == 1


def report(
    history: History,
    policy: Policy,
    *,
    labels: Iterable[Label] = Label,
    mentions: Sequence[frozenset[str]] = (),
    rounds: int = curves.ROUNDS,
    seconds_per_look: float | None = None,
) -> TuneReport:
    """Measures labels on the decided comments.

    Args:
        history: The past.
        policy: What is in force.
        labels: Which labels.
        mentions: Groups that each comment's text names; nothing where the text wasn't read.
        rounds: Resamples for the intervals.
        seconds_per_look: What a look at a comment takes; measured on the past where absent.
    """
    replay = Replay(history.comments)
    routes = replay.routes(policy)
    below = replay.nothing(policy)
    weights = weights_of(history, below)
    seconds, measured = history.seconds_per_look() if seconds_per_look is None else (seconds_per_look, False)
    found = np.bincount(routes, minlength=len(ROUTES))
    measuring = _Measuring(history, policy, replay, weights, tuple(mentions), seconds / 60, rounds)
    audited = history.past.audited & history.decided
    return TuneReport(
        comments=len(history),
        decided=int(np.count_nonzero(history.decided)),
        rejected=int(np.count_nonzero(history.rejected)),
        batch=int(np.count_nonzero(history.past.batch & history.decided)),
        days=history.days,
        routes={route: int(found[code]) for code, route in enumerate(ROUTES)},
        looks_below=share(np.count_nonzero(below & history.decided), np.count_nonzero(below)),
        audited=int(np.count_nonzero(audited)),
        weighted=round(float(weights[audited & below].sum())),
        seconds_per_look=seconds,
        measured=measured,
        left_out=history.left_out,
        labels=tuple(measuring.label(label) for label in labels if label in history.scorer_of),
    )


def weights_of(history: History, below: Flags) -> Floats:
    """How many comments each decided one stands for.

    Where nobody looked at some of what lies below the thresholds, those that were drawn at random stand for all of it,
    and the others that people chose to look at there for nothing: they aren't like the rest. Any other stands for
    itself.

    Args:
        history: The past.
        below: Comments that reach no threshold.
    """
    weights = np.ones(len(history))
    audited = below & history.past.audited & history.decided
    unseen = int(np.count_nonzero(below & (history.past.outcome == UNKNOWN)))
    drawn = int(np.count_nonzero(audited))
    if drawn and unseen:
        weights[below] = 0.0
        weights[audited] = np.count_nonzero(below) / drawn
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class _Measuring:
    """What every label's figures are made from."""

    history: History
    policy: Policy
    replay: Replay
    weights: Floats
    mentions: tuple[frozenset[str], ...]
    minutes_per_look: float
    rounds: int

    def label(self, label: Label) -> LabelFigures:
        scores = self.history.comments.scores[:, COLUMN[label]]
        rows = np.flatnonzero(self.history.decided & ~np.isnan(scores))
        seen = Outcomes(scores[rows], self.history.rejected[rows], self.weights[rows])
        flagged = self.replay.reaches(label, self.policy)[rows]
        table = curves.cells(seen) if len(seen) else None
        bins, spread = curves.histogram(seen)
        drawn = table is not None and seen.two_sided
        return LabelFigures(
            label=label,
            scorer=self.history.scorer_of[label],
            threshold=self.policy.thresholds.get(label),
            comments=len(seen),
            rejected=int(np.count_nonzero(seen.rejected)),
            bins=bins,
            spread=spread,
            auc=curves.estimate(table, curves.auc, self.rounds) if table and drawn else curves.NOTHING,
            average_precision=(
                curves.estimate(table, curves.average_precision, self.rounds) if table and drawn else curves.NOTHING
            ),
            roc=curves.roc(table, self.rounds) if table and drawn else None,
            precision_recall=curves.precision_recall(table, self.rounds) if table and drawn else None,
            cost=curves.cost(table, self.minutes_per_look, self.rounds) if table and drawn else None,
            reliability=curves.reliability(seen, self.rounds),
            precision=curves.weighted_share(seen.rejected, seen.weights, flagged),
            recall=curves.weighted_share(flagged, seen.weights, seen.rejected),
            false_alarms=curves.weighted_share(flagged, seen.weights, ~seen.rejected),
            groups=tuple(self._groups(rows, seen, flagged)),
        )

    def _groups(self, rows: NDArray[np.int64], seen: Outcomes, flagged: Flags) -> Iterable[Group]:
        past = self.history.past
        for kind, codes, names in (
            ("language", past.language_of, past.languages),
            ("section", past.section_of, past.sections),
        ):
            sizes = np.bincount(codes[rows], minlength=len(names))
            largest: list[int] = np.argsort(-sizes, kind="stable")[:_MOST_GROUPS].tolist()
            for code in largest:
                if sizes[code] >= FEWEST:
                    yield self._group(kind, names[code], codes[rows] == code, seen, flagged)
        if self.mentions:
            yield from self._by_mention(rows, seen, flagged)

    def _by_mention(self, rows: NDArray[np.int64], seen: Outcomes, flagged: Flags) -> Iterable[Group]:
        places: dict[str, list[int]] = {}
        numbers: list[int] = rows.tolist()
        for at, row in enumerate(numbers):
            for name in self.mentions[row]:
                places.setdefault(name, []).append(at)
        largest = sorted(places.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_MOST_GROUPS]
        for name, at in largest:
            if len(at) >= FEWEST:
                inside = np.zeros(len(rows), dtype=np.bool_)
                inside[at] = True
                yield self._group("mention", name, inside, seen, flagged)

    def _group(self, kind: str, name: str, inside: Flags, seen: Outcomes, flagged: Flags) -> Group:
        part = Outcomes(seen.scores[inside], seen.rejected[inside], seen.weights[inside])
        hit = flagged[inside]
        return Group(
            kind=kind,
            name=name,
            comments=len(part),
            rejected=int(np.count_nonzero(part.rejected)),
            precision=curves.weighted_share(part.rejected, part.weights, hit),
            recall=curves.weighted_share(hit, part.weights, part.rejected),
            false_alarms=curves.weighted_share(hit, part.weights, ~part.rejected),
            auc=curves.estimate(curves.cells(part), curves.auc, self.rounds) if part.two_sided else curves.NOTHING,
        )
