"""Letters of one script that pass for letters of another, in words that mix scripts.

A word of one script is never touched, however much it resembles one of another: that's ordinary text. A mixed word is
read in one script only if all its strangers have a look-alike there, so that names with a foreign ending stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderator.text import tables
from moderator.text.edits import Edit

_STRANGER = "\u0370-\u03ff\u0400-\u052f\u0531-\u0586\u13a0-\u13fd"
_ANY_STRANGER = re.compile(f"[{_STRANGER}]")
_MIXED = re.compile(f"[A-Za-z][{_STRANGER}]|[{_STRANGER}][A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
# A name in Latin letters with a Cyrillic case ending is common in Russian and Ukrainian.
_CAPITALS = re.compile(r"(?<!\w)[A-Za-z][a-z]*I[a-zI]*(?!\w)")
_PAIR_OF_CAPITALS = re.compile("[a-z]II[a-z]")
_NAME_WITH_ENDING = re.compile("[A-Z][A-Za-z]+[\u0430-\u0457]{1,3}")


def disguised(text: str) -> Iterator[Edit]:
    """Changes that bring each disguised word into one script; letters keep their places."""
    if _ANY_STRANGER.search(text) is None or _LATIN.search(text) is None or _MIXED.search(text) is None:
        return
    mostly_cyrillic: bool | None = None
    for word in _WORD.finditer(text):
        letters = word.group()
        if _MIXED.search(letters) is None:
            continue
        if mostly_cyrillic is None:
            mostly_cyrillic = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
        plain = _in_one_script(letters, mostly_cyrillic=mostly_cyrillic)
        if plain is not None:
            yield Edit(word.start(), word.end(), plain)


def capitals(text: str) -> Iterator[Edit]:
    """Changes that make an "l" of each capital "I" that stands for one: two in a row among small letters ("kiIIing").

    One alone is only read so in a word that people do disguise, and never in a name such as "LinkedIn".
    """
    for word in _CAPITALS.finditer(text):
        letters = word.group()
        small = letters[0] + letters[1:].replace("I", "l")
        if _PAIR_OF_CAPITALS.search(letters) or small.lower() in tables.disguised_words():
            yield Edit(word.start(), word.end(), small)


def count_disguised_words(text: str) -> int:
    """How many words of a text mix scripts in such a way that a letter passes for another."""
    return sum(1 for _ in disguised(text))


def _in_one_script(word: str, *, mostly_cyrillic: bool) -> str | None:
    table = tables.lookalikes()
    latin = set(_LATIN.findall(word))
    strangers = set(word) - latin
    strangers.difference_update(char for char in tuple(strangers) if char < "\u0370")
    can_be_latin = strangers <= table.to_latin.keys() and not strangers.isdisjoint(table.same)
    can_be_cyrillic = (
        latin <= table.to_cyrillic.keys() and not latin.isdisjoint(table.same) and _all_cyrillic(strangers)
    )
    if can_be_latin and can_be_cyrillic:
        count = len(_LATIN.findall(word))
        can_be_latin = count * 2 > len(word) or (count * 2 == len(word) and not mostly_cyrillic)
    if can_be_latin:
        if mostly_cyrillic and _NAME_WITH_ENDING.fullmatch(word):
            return None
        return word.translate(str.maketrans({char: table.to_latin[char] for char in strangers}))
    if can_be_cyrillic:
        return word.translate(str.maketrans({char: table.to_cyrillic[char] for char in latin}))
    return None


def _all_cyrillic(letters: set[str]) -> bool:
    return all(_CYRILLIC.match(letter) for letter in letters)
