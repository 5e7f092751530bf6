"""What other thresholds would make of the queue: a suggestion for every waiting comment, in the time of a key press.

Nothing here writes. A change of policy is a change of the configuration, made by a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.clock import Clock, system_clock
from moderator.domain.policy import Policy, Route, Threshold
from moderator.domain.score import Label
from moderator.storage.engine import Database
from moderator.storage.score_matrix import WaitingScores, waiting_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMN = {label: at for at, label in enumerate(Label)}


@dataclass(slots=True, eq=False)
class _Reached:
    """Which comments of a block reach a label's thresholds; kept until the thresholds move."""

    threshold: Threshold
    review: NDArray[np.bool_]
    priority: NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class _Block:
    """Comments under the same thresholds of their own.

    Attributes:
        scores: Shape `(labels, comments)`, so that a label's scores lie side by side.
        own: Thresholds of their section, which stand over any general ones.
        unjudged: Comments of which a required label wasn't judged.
    """

    scores: NDArray[np.float64]
    own: Mapping[Label, Threshold]
    unjudged: NDArray[np.bool_]
    reached: dict[Label, _Reached] = field(default_factory=dict[Label, _Reached])

    def at(self, label: Label, threshold: Threshold) -> _Reached:
        known = self.reached.get(label)
        if known is None or known.threshold != threshold:
            scores = self.scores[_COLUMN[label]]
            known = _Reached(threshold, scores >= threshold.review, scores >= threshold.priority)
            self.reached[label] = known
        return known


class WhatIf:
    """Everything that waits, ready to be routed by any thresholds. Belongs to one thread at a time.

    Args:
        waiting: Scores and sections of what waits.
        policy: What is in force: its sections and required labels stay as they are.

    Attributes:
        total: How many comments wait.
    """

    def __init__(self, waiting: WaitingScores, policy: Policy) -> None:
        self.policy = policy
        self.total = len(waiting.sections)
        sections = np.array(waiting.sections, dtype=object)
        differing = [name for name, own in policy.sections.items() if own and name in set(waiting.sections)]
        rest = ~np.isin(sections, differing) if differing else np.ones(self.total, dtype=np.bool_)
        self._blocks = [
            self._block(waiting.scores[rest], {}),
            *(self._block(waiting.scores[sections == name], policy.sections[name]) for name in differing),
        ]

    def counts(self, thresholds: Mapping[Label, Threshold]) -> dict[Route, int]:
        """How many waiting comments each route would have with these general thresholds.

        Of a million comments it takes a few milliseconds where one label moved since the last call.
        """
        counts = dict.fromkeys(Route, 0)
        for block in self._blocks:
            looked = block.unjudged.copy()
            first = np.zeros_like(looked)
            for label, threshold in {**thresholds, **block.own}.items():
                reached = block.at(label, threshold)
                looked |= reached.review
                first |= reached.priority
            at_least_review, priority = int(np.count_nonzero(looked)), int(np.count_nonzero(first))
            counts[Route.PRIORITY] += priority
            counts[Route.REVIEW] += at_least_review - priority
            counts[Route.APPROVE] += len(looked) - at_least_review
        return counts

    def reached(self, label: Label, threshold: Threshold) -> tuple[int, int]:
        """How many comments reach a label's thresholds, whatever the other labels say: `review`, and `priority`."""
        found = [block.at(label, block.own.get(label, threshold)) for block in self._blocks]
        return (
            sum(int(np.count_nonzero(each.review)) for each in found),
            sum(int(np.count_nonzero(each.priority)) for each in found),
        )

    def _block(self, scores: NDArray[np.float64], own: Mapping[Label, Threshold]) -> _Block:
        required = [_COLUMN[label] for label in self.policy.required]
        unjudged = np.zeros(len(scores), dtype=np.bool_)
        for column in required:
            unjudged |= np.isnan(scores[:, column])
        return _Block(np.ascontiguousarray(scores.T), own, unjudged)


class Tuning:
    """Loads what thresholds are tried out on.

    Args:
        db: The database; closed by who opened it.
        policy: What is in force.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, policy: Policy, clock: Clock = system_clock) -> None:
        self._db = db
        self._policy = policy
        self._clock = clock

    def what_if(self) -> WhatIf:
        """Everything that waits now, in memory: 64 bytes a comment and a little.

        Raises:
            StorageError: The database failed.
        """
        with self._db.read() as conn:
            waiting = waiting_scores(conn, self._clock())
        return WhatIf(waiting, self._policy)


def changes_as_toml(before: Mapping[Label, Threshold], after: Mapping[Label, Threshold]) -> list[str]:
    """What to write into the configuration to get from some thresholds to others, line by line. Empty for no change."""
    lines: list[str] = []
    for label, threshold in after.items():
        old = before.get(label)
        if threshold == old:
            continue
        lines.append(f"[policy.thresholds.{label.value}]")
        for name in ("review", "priority"):
            value = getattr(threshold, name)
            was = None if old is None else getattr(old, name)
            lines.append(f"{name} = {value:.2f}" + ("" if value == was or was is None else f"  # was {was:.2f}"))
        lines.append("")
    return lines[:-1]
