"""Reads the tables in `text/data`, each once and only when it's first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def _lines(name: str) -> list[str]:
    text = (_DATA / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Letters that pass for letters of another script.

    Attributes:
        to_latin: Cyrillic, Greek and other letters to the Latin letter that they pass for.
        to_cyrillic: Latin letters to the Cyrillic letter that they pass for.
        same: Strangers whose glyph can't be told apart; without one of these a mixed word is no disguise.
    """

    to_latin: dict[str, str]
    to_cyrillic: dict[str, str]
    same: frozenset[str]


@cache
def lookalikes() -> Lookalikes:
    """The pairs of `lookalikes.tsv`."""
    to_latin: dict[str, str] = {}
    to_cyrillic: dict[str, str] = {}
    same: set[str] = set()
    for line in _lines("lookalikes.tsv"):
        stranger, latin, nearness, way = line.split("\t")
        to_latin[stranger] = latin
        if way == "both":
            to_cyrillic[latin] = stranger
        if nearness == "same":
            same.update((stranger, latin) if way == "both" else stranger)
    return Lookalikes(to_latin, to_cyrillic, frozenset(same))


@cache
def styled() -> dict[str, str]:
    """The letters of `styled.tsv`, each to the plain letter that it is read as."""
    plain: dict[str, str] = {}
    for line in _lines("styled.tsv"):
        fancy, letters = line.split("\t")
        plain.update(zip(fancy, letters, strict=True))
    return plain


@cache
def disguised_words() -> frozenset[str]:
    """The words of `disguised_words.txt`, lower case."""
    return frozenset(word for line in _lines("disguised_words.txt") for word in line.split())


@cache
def blotted_words() -> dict[tuple[int, str], tuple[str, ...]]:
    """The words of `blotted_words.txt` by length and first letter, likeliest first."""
    shapes: dict[tuple[int, str], list[str]] = {}
    for word in (word for line in _lines("blotted_words.txt") for word in line.split()):
        shapes.setdefault((len(word), word[0]), []).append(word)
    return {shape: tuple(words) for shape, words in shapes.items()}


@cache
def letters_for_signs(script: str) -> dict[str, str]:
    """For each digit or sign the letters that it may stand for, likeliest first.

    Args:
        script: `latin` or `cyrillic`.
    """
    rows = (line.split("\t") for line in _lines("letters_for_signs.tsv"))
    return {sign: letters for row_script, sign, letters in rows if row_script == script}


@cache
def ordinary_words() -> frozenset[str]:
    """Words of one letter, and words with digits that are no disguise; lower case."""
    return frozenset(word for line in _lines("ordinary_words.txt") for word in line.split())


@cache
def function_words() -> dict[str, tuple[str, ...]]:
    """For each small word of `function_words.tsv` the languages that have it."""
    languages: dict[str, dict[str, None]] = {}
    for line in _lines("function_words.tsv"):
        code, words = line.split("\t")
        for word in words.split():
            languages.setdefault(word, {})[code] = None
    return {word: tuple(codes) for word, codes in languages.items()}
