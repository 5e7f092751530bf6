"""Texts with every group masked, a few sentences at a time: what a network may read that must not know a name.

What isn't English is glossed word by word: see `glosses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.scoring.blame.glosses import Glossary
from moderator.scoring.blame.nouns import GROUPS, TARGETABLE, Kind
from moderator.scoring.blame.reading import Reading

MASK = "[MASK]"
"""Stands for a group. A pretrained BERT knows it as a word left out."""

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
    before = () if named else tuple(context[-_CONTEXT_SENTENCES:])
    windows: list[Window] = []
    for last in _ends(len(readings)):
        first = _first(readings, last)
        shown = readings[first : last + 1]
        if any(phrase.kind in _BLAMABLE for reading in (*before, *shown) for phrase in reading.phrases):
            windows.append(_window(shown, range(first, last + 1), before, glossary))
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


def _window(shown: Sequence[Reading], places: range, before: Sequence[Reading], glossary: Glossary | None) -> Window:
    pieces: list[Piece] = []
    words: list[str] = []
    at = 0
    for place, reading in [*((-1, one) for one in before), *zip(places, shown, strict=True)]:
        for said, first, last, group in _words(reading):
            word = said if group or glossary is None else glossary.of(said)
            if not word:
                continue
            pieces.append(Piece(at, at + len(word), place, first, last, group))
            words.append(word)
            at += len(word) + 1
    return Window(" ".join(words), places, tuple(pieces))


def _words(reading: Reading) -> list[tuple[str, int, int, bool]]:
    words = reading.sentence.words
    found: list[tuple[str, int, int, bool]] = []
    at = 0
    for phrase in reading.phrases:
        if phrase.kind not in TARGETABLE or phrase.first < at or (phrase.kind is Kind.COLLECTIVE and not phrase.type):
            continue
        found += [(words[i], i, i, False) for i in range(at, phrase.first)]
        found.append((MASK, phrase.first, phrase.last, True))
        at = phrase.last + 1
    return found + [(words[i], i, i, False) for i in range(at, len(words))]
