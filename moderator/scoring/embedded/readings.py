"""The ways one comment is read: as it stands, unmasked, and in windows where it is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from moderator.text.normalize import Folded, fold

# Far above any comment that people write; below it a text is read whole.
WINDOW = 10_000
# Longer than any phrase that should not be torn apart between two windows.
OVERLAP = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One string that stands for a part of a comment.

    Attributes:
        comment: Index of the comment in the batch.
        text: What is scored.
        start: Where `text` begins in what it was cut from.
        folded: The unmasked form it was cut from, or `None` for the raw text.
    """

    comment: int
    text: str = field(repr=False)
    start: int
    folded: Folded | None = field(repr=False)

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Maps `[start, end)` of `text` to code points of the raw comment."""
        start, end = self.start + start, self.start + end
        return (start, end) if self.folded is None else self.folded.to_raw(start, end)


def read_comment(comment: int, text: str) -> Iterator[Reading]:
    """Yields all readings of a comment, the raw ones first; at least one, even of an empty text."""
    yield from _windows(comment, text, None)
    folded = fold(text)
    if folded.changed and folded.text != text:
        yield from _windows(comment, folded.text, folded)


def _windows(comment: int, text: str, folded: Folded | None) -> Iterator[Reading]:
    for start in range(0, max(len(text) - OVERLAP, 1), WINDOW - OVERLAP):
        yield Reading(comment, text[start : start + WINDOW], start, folded)
