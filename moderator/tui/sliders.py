"""Thresholds as somebody moves them about: plain state, apart from what draws it and from what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from moderator.domain.policy import Threshold
from moderator.domain.score import Label

_LEAST = 0.01
STEP = 0.01


class Handle(Enum):
    """Which of a label's two thresholds moves."""

    REVIEW = "review"
    PRIORITY = "priority"


class Sliders:
    """One pair of thresholds per label.

    Args:
        in_force: Where they start, and what they are compared with.

    Attributes:
        wanted: Thresholds as they stand now.
        cursor: Index of the label at hand.
        handle: Which of its thresholds moves.
    """

    def __init__(self, in_force: Mapping[Label, Threshold]) -> None:
        self.start(in_force)

    def start(self, in_force: Mapping[Label, Threshold]) -> None:
        """Begins anew, with other thresholds in force."""
        self.in_force = dict(in_force)
        self.wanted = dict(in_force)
        self.labels = tuple(label for label in Label if label in in_force)
        self.cursor = 0
        self.handle = Handle.REVIEW

    @property
    def label(self) -> Label | None:
        """The label at hand; `None` where no label has a threshold."""
        return self.labels[self.cursor] if self.labels else None

    def choose(self, index: int) -> None:
        """Goes to another label, clamped to the list."""
        self.cursor = max(0, min(index, len(self.labels) - 1))

    def switch(self) -> None:
        """The other handle."""
        self.handle = Handle.PRIORITY if self.handle is Handle.REVIEW else Handle.REVIEW

    def step(self, hundredths: int) -> None:
        """Moves the handle; it takes the other one along rather than pass it."""
        if self.label is not None:
            now = self.wanted[self.label]
            self.put((now.review if self.handle is Handle.REVIEW else now.priority) + hundredths * STEP)

    def put(self, value: float) -> None:
        """Puts the handle at a place, to the hundredth, 0.01 to 1."""
        if self.label is None:
            return
        value = round(max(_LEAST, min(value, 1.0)), 2)
        now = self.wanted[self.label]
        if self.handle is Handle.REVIEW:
            self.wanted[self.label] = Threshold(value, max(value, now.priority))
        else:
            self.wanted[self.label] = Threshold(min(value, now.review), value)

    def put_near(self, value: float) -> None:
        """Takes the handle that is nearer to a place and puts it there."""
        if self.label is not None:
            now = self.wanted[self.label]
            nearer = abs(value - now.review) <= abs(value - now.priority)
            self.handle = Handle.REVIEW if nearer else Handle.PRIORITY
            self.put(value)

    def reset(self) -> None:
        """Back to what is in force, for the label at hand."""
        if self.label is not None:
            self.wanted[self.label] = self.in_force[self.label]

    def reset_all(self) -> None:
        """Back to what is in force, for all."""
        self.wanted = dict(self.in_force)
