"""Texts with every group masked, a few sentences at a time: what a network may read that must not know a name.

What isn't English is glossed word by word: see `glosses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.scoring.blame.crowds import stands_for_all, unlisted_groups
from moderator.scoring.blame.glosses import Glossary
from moderator.scoring.blame.nouns import GROUPS, TARGETABLE, Kind
from moderator.scoring.blame.reading import Reading

MASK = "[MASK]"
"""Stands for a group. A pretrained BERT knows it as a word left out."""

ONE = "person"
"""Stands for somebody who is named by what he is: no group, and what he is mustn't weigh."""

_BLAMABLE = TARGETABLE | {Kind.THEY, Kind.YOU}
_SENTENCES = 3
_CONTEXT_SENTENCES = 2
# About as many wordpieces as an encoder reads at once hold so many words, punctuation included.
_MOST_WORDS = 85


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or a group's mask, in a window.

    Attributes:
        start, end: Where it stands in the window's text.
        place: Index of its sentence; -1 in what was said before the text (title, parent).
        first, last: Its tokens in that sentence.
        group: Whether it is a mask.
    """

    start: int
    end: int
    place: int
    first: int
    last: int
    group: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A few neighbouring sentences as a network reads them.

    Attributes:
        text: Lower case, words and punctuation apart, groups masked.
        places: The sentences in it, context not counted.
        pieces: Its words in order.
    """

    text: str
    places: range
    pieces: tuple[Piece, ...]

    @property
    def named(self) -> bool:
        """Whether a group is masked in it, and not only `they` spoken of."""
        return any(piece.group for piece in self.pieces)

    @property
    def ends(self) -> list[int]:
        """Where each piece ends in the text."""
        return [piece.end for piece in self.pieces]


def masked_windows(
    readings: Sequence[Reading], context: Sequence[Reading] = (), glossary: Glossary | None = None
) -> list[Window]:
    """Windows over a text in which somebody is named who could be blamed.

    Args:
        readings: The text's sentences.
        context: Sentences said before it: the last ones lead each window of a text that names no group itself.
        glossary: Says in English what isn't.

    Returns:
        Windows of up to three sentences, fewer where they are long, neighbours sharing one; none where nobody is named.
    """
    named = any(phrase.kind in GROUPS for reading in readings for phrase in reading.phrases)
    own = [_masked(reading, glossary) for reading in readings]
    before = () if named else tuple(_masked(reading, glossary) for reading in context[-_CONTEXT_SENTENCES:])
    windows: list[Window] = []
    for last in _ends(len(readings)):
        first = _first(readings, last)
        shown = own[first : last + 1]
        if any(one.blamable for one in (*before, *shown)):
            windows.append(_window(shown, range(first, last + 1), before))
    # A glossary may do without every word of a short sentence.
    return [window for window in windows if window.pieces]


def _ends(count: int) -> list[int]:
    """The last sentence of each window."""
    step = _SENTENCES - 1
    ends = list(range(step, count, step))
    return ends if ends and ends[-1] == count - 1 else [*ends, count - 1][: count or 0]


def _first(readings: Sequence[Reading], last: int) -> int:
    first, words = last, len(readings[last].sentence.words)
    while first > 0 and last - first < _SENTENCES - 1:
        words += len(readings[first - 1].sentence.words)
        if words > _MOST_WORDS:
            break
        first -= 1
    return first


@dataclass(frozen=True, slots=True)
class _Masked:
    """A sentence with what is masked in it.

    Attributes:
        words: What is read, the first and last token it stands for, and whether it is a group's mask.
        blamable: Whether somebody is spoken of who could be blamed.
    """

    words: list[tuple[str, int, int, bool]]
    blamable: bool


def _window(shown: Sequence[_Masked], places: range, before: Sequence[_Masked]) -> Window:
    pieces: list[Piece] = []
    words: list[str] = []
    at = 0
    for place, sentence in [*((-1, one) for one in before), *zip(places, shown, strict=True)]:
        for word, first, last, group in sentence.words:
            pieces.append(Piece(at, at + len(word), place, first, last, group))
            words.append(word)
            at += len(word) + 1
    return Window(" ".join(words), places, tuple(pieces))


def _masked(reading: Reading, glossary: Glossary | None) -> _Masked:
    words = reading.sentence.words
    unlisted = unlisted_groups(reading, glossary)
    masks = [(first, last, True) for first, last in unlisted]
    for phrase in reading.phrases:
        if phrase.kind in TARGETABLE and (phrase.kind is not Kind.COLLECTIVE or phrase.type):
            group = phrase.kind is not Kind.INDIVIDUAL or stands_for_all(reading, phrase, glossary)
            masks.append((phrase.first, phrase.last, group))
    read: list[tuple[str, int, int, bool]] = []
    at = 0
    for first, last, group in sorted(masks):
        if first >= at:
            read += [(_read(words[i], glossary), i, i, False) for i in range(at, first)]
            read.append((MASK if group else ONE, first, last, group))
            at = last + 1
    read += [(_read(words[i], glossary), i, i, False) for i in range(at, len(words))]
    blamable = bool(unlisted) or any(phrase.kind in _BLAMABLE for phrase in reading.phrases)
    return _Masked([one for one in read if one[0]], blamable)


def _read(word: str, glossary: Glossary | None) -> str:
    return word if glossary is None else glossary.of(word)
