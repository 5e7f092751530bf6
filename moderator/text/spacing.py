"""Words written with gaps ("k n e w", "g.u.i.l.t.y") or with stretched letters ("soooo")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from moderator.text import tables
from moderator.text.addresses import addresses, outside
from moderator.text.edits import Edit

# Scripts with upper and lower case; in the others a letter between spaces is a word.
_L = "A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0370-\u052f"
_SPACED_HINT = re.compile(f"[ ._*\xb7-][{_L}][ ._*\xb7-][{_L}](?![^\\W_])")
_SPACED = re.compile(f"(?<![^\\W_])[{_L}]([ ._*\xb7-])[{_L}](?:\\1[{_L}])+(?![^\\W_])")
_LONGEST_KNOWN = 14
_LEAST_LETTERS = 4
# "U.S.S.R." is an abbreviation, in Russian letters too; six capitals with points between them hardly are.
_LEAST_CAPITALS = 6
_MOST_ONE_LETTER_WORDS = 5
_LEAST_DIFFERENT = 3

_STRETCHED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_WORD = re.compile(r"(?<!\w)[^\W\d_]++(?!\w)")
_ROMAN = re.compile("[IVXLCDM]{3,8}|[ivxlcdm]{3,8}")
_KEPT = 2
# "Schifffahrt", "Flussschiffer": three in a row where two words meet, deep inside a word.
_SEAM = 3


def spaced(text: str) -> Iterator[Edit]:
    """Changes that close the gaps in words spelt letter by letter.

    A word needs four letters, or three if it's one that people do disguise. Enumerations ("a b c d"), abbreviations
    ("U.S.A.") and runs of one-letter words ("r u ok") stay.
    """
    if _SPACED_HINT.search(text) is None:
        return
    for run in outside(_SPACED.finditer(text), addresses(text)):
        for first, last in _spelt_words(run.group()[::2], run.group(1)):
            for gap in range(run.start() + 2 * first + 1, run.start() + 2 * last, 2):
                yield Edit(gap, gap + 1, "")


def _spelt_words(letters: str, separator: str) -> list[tuple[int, int]]:
    """Where the words are in a row of single letters, by index of first and last letter; none if ordinary."""
    known = _known_words(letters.lower())
    if known:
        return known
    first = 1 if letters[0] == "I" and letters[1:].islower() and len(letters) > _LEAST_LETTERS else 0
    return [(first, len(letters) - 1)] if _is_spelt(letters, separator) else []


def _known_words(letters: str) -> list[tuple[int, int]]:
    """Reads a row as disguised words with one-letter words between them; nothing if a letter is left over."""
    words, ordinary = tables.disguised_words(), tables.ordinary_words()
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(letters):
        longest = min(len(letters), at + _LONGEST_KNOWN)
        end = next((end for end in range(longest, at + 2, -1) if letters[at:end] in words), None)
        if end is not None:
            found.append((at, end - 1))
        elif letters[at] not in ordinary:
            return []
        at = end or at + 1
    return found


def _is_spelt(letters: str, separator: str) -> bool:
    lower = letters.lower()
    if len(letters) < _LEAST_LETTERS or len(set(lower)) < _LEAST_DIFFERENT:
        return False
    if letters.isupper() and separator != " " and len(letters) < _LEAST_CAPITALS:
        return False
    if len(letters) <= _MOST_ONE_LETTER_WORDS and tables.ordinary_words().issuperset(lower):
        return False
    in_order = sum(1 for one, other in pairwise(lower) if ord(other) - ord(one) == 1)
    return in_order * 2 < len(letters)


def stretched(text: str) -> Iterator[Edit]:
    """Changes that leave two of three or more equal letters in a row.

    Words of one letter thrice ("www", "KKK"), Roman numbers and seams of compounds ("Schifffahrt") stay.
    """
    lower = text.lower()
    if not any(char * (_KEPT + 1) in lower for char in set(lower) if char != char.upper()):
        return
    words = (word for word in _WORD.finditer(text) if _STRETCHED.search(word.group()))
    for word in outside(words, addresses(text)):
        letters = word.group()
        if _ROMAN.fullmatch(letters):
            continue
        for run in _STRETCHED.finditer(letters):
            start, end = run.span()
            is_triple = end - start == _SEAM
            if is_triple and (len(letters) == _SEAM or (start >= _SEAM and len(letters) - end >= _SEAM)):
                continue
            if letters[start].lower() != letters[start].upper():
                yield Edit(word.start() + start + _KEPT, word.start() + end, "")
