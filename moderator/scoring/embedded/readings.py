"""The ways one comment is read: as it stands, unmasked, and in windows where it is long."""

# ruff: noqa: PLC0415  # the tables of folding wait until a text needs them: most don't, and loading is to be quick

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_letters, digits, printable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moderator.text.normalize import Folded

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


def read_comment(comment: int, text: str, *, disguised: bool = True) -> list[Reading]:
    """Returns all readings of a comment, the raw ones first; at least one, even of an empty text.

    Args:
        comment: Its index in the batch.
        text: Raw.
        disguised: Whether anything in it may be; `may_be_disguised` tells it for many at once.
    """
    readings = _windows(comment, text, None)
    if disguised:
        from moderator.text.normalize import fold

        folded = fold(text)
        if folded.changed and folded.text != text:
            readings += _windows(comment, folded.text, folded)
    return readings


def _windows(comment: int, text: str, folded: Folded | None) -> list[Reading]:
    if len(text) <= WINDOW:
        return [Reading(comment, text, 0, folded)]
    starts = range(0, len(text) - OVERLAP, WINDOW - OVERLAP)
    return [Reading(comment, text[start : start + WINDOW], start, folded) for start in starts]


def may_be_disguised(texts: Sequence[str]) -> list[bool]:
    """Tells which texts `fold` must be asked about: few.

    Returns:
        Per text; false only where folding changes nothing: letters of Western Europe, usual punctuation and emoji,
        without a letter that stands between gaps, beside a digit or sign, before a capital I, or three times in a row.
    """
    codes = np.frombuffer("\n".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum([len(text) + 1 for text in texts])
    # Four line ends more, so that every character has neighbours to the right.
    around = np.append(np.minimum(codes, _CLASSES_END - 1), np.full(4, ord("\n"), np.uint32))
    around[: codes.size][(codes >= _EMOJI[0]) & (codes < _EMOJI[1])] = ord("-")
    kinds = _CLASSES[around]
    letter, gap = (kinds & _LETTER) != 0, (kinds & _GAP) != 0
    one_case = around | np.uint32(0x20)
    same = one_case[:-1] == one_case[1:]
    first, second, third, fourth, fifth = (slice(start, start + codes.size) for start in range(5))
    hits = (kinds[first] & _RESTLESS) != 0
    hits |= ((kinds[first] & _SIGN) != 0) & letter[second]
    hits |= letter[first] & ((kinds[second] & _AFTER) != 0)
    hits |= gap[first] & letter[second] & gap[third] & letter[fourth] & ((kinds[fifth] & (_LETTER | _DIGIT)) == 0)
    hits |= letter[first] & same[first] & same[second]
    found = np.zeros(len(texts), bool)
    found[np.searchsorted(ends, np.flatnonzero(hits), side="right")] = True
    return found.tolist()


# As the steps of folding see characters. Source: `text/spacing.py`, `text/signs.py`, `text/lookalikes.py`,
# `text/letters.py`. What isn't named here is looked at more closely.
_LETTER, _SIGN, _AFTER, _GAP, _DIGIT, _RESTLESS = (np.uint8(1 << bit) for bit in range(6))
_CLASSES_END = 0x2100
_EMOJI = (0x1F300, 0x1F650)
_WESTERN = "".join(chr(code) for code in range(0xC0, 0x100) if chr(code).isalpha())
_MEMBERS = {
    _LETTER: ascii_letters + _WESTERN,
    _SIGN: digits + "@$!|*",  # where a letter follows
    _AFTER: digits + "@$*I",  # where a letter is before
    _GAP: " ._*",
    _DIGIT: digits,
}


def _classes() -> NDArray[np.uint8]:
    calm = printable[:-5] + "\n" + _WESTERN + "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac\xa3\xa1\xbf"
    table = np.full(_CLASSES_END, _RESTLESS, np.uint8)
    table[[ord(char) for char in calm]] = 0
    for kind, chars in _MEMBERS.items():
        table[[ord(char) for char in chars]] |= kind
    return table


_CLASSES = _classes()
