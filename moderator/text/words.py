"""The words of a text, each as it is compared and where it stands: whole words by Unicode's rules, in any script.

Source: Unicode Standard Annex #29, word boundaries, https://www.unicode.org/reports/tr29/. Two deviations: an
underscore parts words, and where a script writes no blanks between them (Han, Hiragana, Thai, Lao, Khmer, Burmese)
each character is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Final

from moderator.text.characters import PICTOGRAPH

LONGEST: Final = 200
"""Characters of a word that are compared: putting marks in order takes the square of their number."""

_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u309f\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_UNSEEN: Final = "\u00ad\u200b-\u200d\u2060\ufeff"
"""Soft hyphens, joiners and blanks of no width: they part nothing that a reader sees as one."""
_APOSTROPHES: Final = "'\u2019\u02bc"
_HIDDEN: Final = re.compile(f"[{_UNSEEN}]")
_MARKS_UNTIL: Final = 0x1F000
_FIRST_MARK: Final = 0x300
# What French and Italian set before a vowel.
_ELISIONS: Final = frozenset({"l", "d", "j", "n", "s", "m", "t", "c", "qu", "un", "dell", "all", "nell"})
_POSSESSIVES: Final = frozenset({"", "s"})
_MOST_SIGNS_BETWEEN: Final = 3
_DASHES: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands: `[start, end)` in code points.

    Attributes:
        key: As it's compared: no case, one form of each letter.
    """

    start: int
    end: int
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text that holds a word.

    Attributes:
        readings: The word as written, and without the article or the genitive that an apostrophe sets it apart from.
        joins: Whether it can be one expression with the word before it: nothing but blanks, or a few signs, between.
    """

    readings: tuple[Word, ...]
    joins: bool


def word_key(word: str) -> str:
    """A word as it's compared."""
    if word.isascii():
        return word[:LONGEST].lower()
    seen = _HIDDEN.sub("", word[: 2 * LONGEST])[:LONGEST]
    folded = unicodedata.normalize("NFKC", seen).casefold()
    # The dotted capital I of Turkish leaves its dot behind.
    return unicodedata.normalize("NFC", folded.replace("i\u0307", "i"))


def spots(text: str) -> Iterator[Spot]:
    """The words of a text, in its order. Time is linear in the text."""
    end = 0
    pattern = _PLAIN if text.isascii() else _pattern()
    for match in pattern.finditer(text):
        yield Spot(tuple(_readings(match)), _joins(text[end : match.start()]) if end else False)
        end = match.end()


def _readings(match: re.Match[str]) -> Iterator[Word]:
    whole = match.group()
    yield Word(match.start(), match.end(), word_key(whole))
    parts = re.split(f"[{_APOSTROPHES}]", whole) if match.lastgroup == "apart" else ()
    if not parts:
        return
    start, end = match.span()
    if word_key(parts[0]) in _ELISIONS and len(parts) > 1:
        start += len(parts[0]) + 1
        yield Word(start, end, word_key(whole[start - match.start() :]))
    if word_key(parts[-1]) in _POSSESSIVES:
        end -= len(parts[-1]) + 1
        if start < end:
            yield Word(start, end, word_key(whole[start - match.start() : end - match.start()]))


def _joins(between: str) -> bool:
    bare = between.strip()
    if not bare or bare in _DASHES:
        return True
    return bare == between and len(between) <= _MOST_SIGNS_BETWEEN and not any(sign.isspace() for sign in between)


_PLAIN: Final = re.compile(r"(?P<apart>[0-9A-Za-z]++(?:'[0-9A-Za-z]++)++'?+)|[0-9A-Za-z]++")
"""Words of a text that is ASCII, as most are: ten times as quick."""


@cache
def _pattern() -> re.Pattern[str]:
    codes = (code for code in range(_FIRST_MARK, _MARKS_UNTIL) if unicodedata.category(chr(code)) in {"Mn", "Mc"})
    # As ranges: a class of single characters is many times slower.
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    marks = "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs) + _UNSEEN
    letters = rf"(?:[^\W_{_UNSPACED}]++[{marks}]*+)++"
    return re.compile(
        rf"(?P<apart>{letters}(?:[{_APOSTROPHES}]{letters})++[{_APOSTROPHES}]?+)"
        rf"|{letters}|(?:(?=[{_UNSPACED}])[^\W_][{marks}]*+)|{PICTOGRAPH.pattern}"
    )
