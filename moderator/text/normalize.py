"""The copy of a comment that scorers read: disguises taken off, and every character still knowing where it stood.

Folding changes what people do to get past a filter (invisible letters, look-alikes of other scripts, digits for
letters, gaps, stretched letters) and leaves ordinary writing as it is: case, numbers, accents, addresses, handles, any
language in its own letters. The stored text is never changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from moderator.text import letters, lookalikes, signs, spacing
from moderator.text.characters import RESTLESS
from moderator.text.edits import Draft, Edit


class Change(StrEnum):
    """What folding did to a text, for features and explanations."""

    HIDDEN = "hidden"
    MARKS = "marks"
    STYLED = "styled"
    SPACES = "spaces"
    SPACED = "spaced"
    LOOKALIKE = "look-alike"
    SIGNED = "signed"
    STRETCHED = "stretched"


# In this order: a word must be whole and in one script before its digits can be read.
_STEPS: Final[tuple[tuple[Change, Callable[[str], Iterator[Edit]]], ...]] = (
    (Change.SPACED, spacing.spaced),
    (Change.LOOKALIKE, lookalikes.disguised),
    (Change.LOOKALIKE, lookalikes.capitals),
    (Change.SIGNED, signs.signed),
    (Change.STRETCHED, spacing.stretched),
)
_STEPS_BEYOND_ASCII: Final[tuple[tuple[Change, Callable[[str], Iterator[Edit]]], ...]] = (
    (Change.HIDDEN, letters.hidden),
    (Change.STYLED, letters.styled),
    (Change.MARKS, letters.marks),
    (Change.SPACES, letters.spaces),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text with the way back.

    Attributes:
        text: What scorers read.
        offsets: For each character of it the raw code point that it came from, and the raw length at the end.
            Never decreasing; `len(text) + 1` entries.
        changed: Whether `text` differs from the raw text at all.
        changes: What was done. Accents set into one character count as `marks`.
    """

    text: str = field(repr=False)
    offsets: Sequence[int] = field(repr=False)
    changed: bool = False
    changes: frozenset[Change] = frozenset()

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the folded text stood in the raw one.

        Args:
            start: First folded code point, 0 or more.
            end: The one after the last, at most `len(text)`.

        Returns:
            `[start, end)` in raw code points, with all that was taken out inside it: "knew" gives the place of the
            whole "k n e w". Empty only where the given span is.
        """
        if start >= end:
            return self.offsets[start], self.offsets[start]
        last = self.offsets[end - 1]
        return self.offsets[start], self.offsets[bisect_right(self.offsets, last, end - 1)]


def fold(text: str) -> Folded:
    """Takes the disguises off a text.

    Args:
        text: Anything, raw. Case is kept.

    Returns:
        The folded copy. Time and memory are linear in the text.
    """
    draft = Draft(text)
    is_plain = text.isascii() and RESTLESS.search(text) is None
    steps = _STEPS if is_plain else _STEPS_BEYOND_ASCII + _STEPS
    changes = frozenset(change for change, find in steps if draft.apply(find(draft.text)))
    return Folded(draft.text, draft.offsets, draft.text != text, changes)
