"""The ways one comment is read: as it stands, unmasked, and in windows where it is long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import ascii_letters

import numpy as np
from numpy.typing import NDArray

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


def read_comment(comment: int, text: str, *, disguised: bool = True) -> Iterator[Reading]:
    """Yields all readings of a comment, the raw ones first; at least one, even of an empty text.

    Args:
        comment: Its index in the batch.
        text: Raw.
        disguised: Whether anything in it may be; `may_be_disguised` tells it for many at once.
    """
    yield from _windows(comment, text, None)
    if disguised:
        folded = fold(text)
        if folded.changed and folded.text != text:
            yield from _windows(comment, folded.text, folded)


def _windows(comment: int, text: str, folded: Folded | None) -> Iterator[Reading]:
    if len(text) <= WINDOW:
        yield Reading(comment, text, 0, folded)
        return
    for start in range(0, len(text) - OVERLAP, WINDOW - OVERLAP):
        yield Reading(comment, text[start : start + WINDOW], start, folded)


def may_be_disguised(texts: Sequence[str]) -> list[bool]:
    """Tells which texts `fold` must be asked about. It is right to ask about few, and this costs a hundredth of it.

    Returns:
        Per text; false only where folding changes nothing: plain ASCII without a letter that stands between gaps,
        beside a digit or sign, before a capital I, or three times in a row.
    """
    plain = [text if text.isascii() else _UNPLAIN for text in texts]
    codes = np.frombuffer("\n".join(plain).encode("ascii"), np.uint8)
    ends = np.cumsum([len(text) + 1 for text in plain])
    # Four line ends more, so that every character has neighbours to the right.
    around = np.append(codes, np.full(4, ord("\n"), np.uint8))
    letter, sign, after, gap, restless = _CLASSES[:, around]
    folded = around | np.uint8(0x20)
    same = folded[:-1] == folded[1:]
    here, next_one, third = slice(0, -3), slice(1, -2), slice(2, -1)
    hits = restless[here] | (sign[here] & letter[next_one]) | (letter[here] & after[next_one])
    hits |= gap[here] & letter[next_one] & gap[third] & letter[3:]
    hits |= letter[here] & same[:-2] & same[1:-1]
    found = np.zeros(len(texts), bool)
    found[np.searchsorted(ends, np.flatnonzero(hits), side="right")] = True
    return found.tolist()


def _class_of(chars: str) -> NDArray[np.bool_]:
    return np.isin(np.arange(256), [ord(char) for char in chars])


_UNPLAIN = "\0"
# As the steps of folding see ASCII. Source: `text/spacing.py`, `text/signs.py`, `text/lookalikes.py`.
_CLASSES = np.stack(
    (
        _class_of(ascii_letters),
        _class_of("0123456789@$!|*"),  # before a letter
        _class_of("0123456789@$*I"),  # behind one
        _class_of(" ._*"),
        (np.arange(256) < ord(" ")) & (np.arange(256) != ord("\n")) | (np.arange(256) > ord("~")),
    )
)
