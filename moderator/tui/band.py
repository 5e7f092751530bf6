"""A band of one label's scores: two handles over a histogram, and what lies between them. Plain state."""

from __future__ import annotations

import random
from collections.abc import Mapping

from moderator.domain.queue import Scored
from moderator.domain.score import Label

STEPS = 100
"""A handle moves by hundredths."""

SAMPLE = 6
_LABELS = tuple(Label)


class Band:
    """Where the handles are and what lies between them.

    Attributes:
        label: Whose scores are shown.
        scored: The queue's scores; `None` while they are being read.
        low: The lower handle, in hundredths; its score is inside.
        high: The upper one; its score is outside, unless it's 100.
        at_high: Whether the upper handle is the one that moves.
    """

    def __init__(self, label: Label, low: float, seed: int | None = None) -> None:
        self.label = label
        self.scored: Scored | None = None
        self.low = round(low * STEPS)
        self.high = STEPS
        self.at_high = False
        self._chance = random.Random(seed)  # noqa: S311 - a sample to look at, no secret

    @property
    def places(self) -> tuple[int, int]:
        """First place of the band in the scores, and the one after its last."""
        if self.scored is None:
            return 0, 0
        return self.scored.places(self.low / STEPS, self.high / STEPS)

    @property
    def count(self) -> int:
        """How many comments lie in the band."""
        first, end = self.places
        return max(end - first, 0)

    def revisions(self) -> Mapping[int, int]:
        """Comments in the band, each with the revision that its score is of, the highest score first."""
        first, end = self.places
        if self.scored is None:
            return {}
        ids, revisions = self.scored.ids[first:end], self.scored.revisions[first:end]
        return dict(zip(reversed(ids), reversed(revisions), strict=True))

    def score_of(self, comment_id: int) -> float | None:
        """A comment's score."""
        if self.scored is None or comment_id not in self.scored.ids:
            return None
        return self.scored.scores[self.scored.ids.index(comment_id)]

    def sample(self) -> list[int]:
        """A few comments of the band picked at random, the highest score first."""
        first, end = self.places
        if self.scored is None or end <= first:
            return []
        chosen = self._chance.sample(range(first, end), min(SAMPLE, end - first))
        return [self.scored.ids[place] for place in sorted(chosen, reverse=True)]

    def move(self, steps: int) -> None:
        """Moves the handle in hand; it stops at the other one."""
        if self.at_high:
            self.high = max(min(self.high + steps, STEPS), self.low + 1)
        else:
            self.low = min(max(self.low + steps, 0), self.high - 1)

    def grab(self, at: float) -> None:
        """Takes the handle that is nearer to a score, and moves it there."""
        step = round(at * STEPS)
        self.at_high = abs(self.high - step) < abs(self.low - step)
        self.move(step - (self.high if self.at_high else self.low))

    def next_label(self, step: int) -> Label:
        """Goes to another label; its scores are to be read."""
        self.label = _LABELS[(_LABELS.index(self.label) + step) % len(_LABELS)]
        self.scored = None
        return self.label
