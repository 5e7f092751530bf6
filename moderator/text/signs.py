"""Words in which digits and signs stand for letters ("p0lice", "s@cked", "$cum"), or stars blot them out ("f**k")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from moderator.text import tables
from moderator.text.addresses import addresses, outside
from moderator.text.edits import Edit

_TOKEN = re.compile(r"[\w@$!|*]+")
# A whole token with a digit or sign in it.
_SIGNED_TOKEN = re.compile(r"(?<![\w@$!|*])[^\W0-9]*+[0-9@$!|*][\w@$!|*]*+")
_HINT = re.compile(r"[0-9@$!|*](?:(?=[^\W\d_])|(?<=[^\W\d_][0-9@$*]))")
_SIGN = re.compile("[0-9@$!|]")
_SIGN_RUN = re.compile("[0-9@$!|]+")
# Latin, Greek and Cyrillic; a digit inside a word of another script is no letter.
_LETTER = re.compile("[A-Za-z\xc0-\u024f\u0370-\u052f]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_PUNCTUATION = "!|"

# What is taken for a letter inside a word without asking whether the result is a known word.
_FREELY = frozenset("01345670@$")
_LONGEST = 30
_MOST_READINGS = 3
_MOST_SIGNS = 3
_LONGEST_RUN = 2
_HEX = re.compile("[0-9a-f]+", re.IGNORECASE)
_MOST_HEX_SIGNS = 2
_COLOUR = 6
_PLURAL_OF_A_CODE = re.compile(r"[A-Z]+\d+s")
_VOWELS = frozenset("aeiouy")
# At the start of a word these stand before "l" more often than before "i".
_BEFORE_L = frozenset("bcfgp")


def signed(text: str) -> Iterator[Edit]:
    """Changes that put letters for digits and signs, and for stars; each letter keeps its place.

    Inside a word of letters signs are read freely. At its edges, where "4x4", "covid19", "@handle" and "$GOOG" are
    ordinary, only if the reading is a word that people do disguise (`data/disguised_words.txt`).
    """
    if _HINT.search(text) is None:
        return
    for token in outside(_SIGNED_TOKEN.finditer(text), _without_signed_words(text)):
        found = token.group()
        core = found.strip(_PUNCTUATION)
        if len(core) < len(found) and _read(found) is not None:
            core = found
        reading = _read(core)
        if reading is not None:
            start = token.start() + found.index(core)
            yield Edit(start, start + len(core), reading)


def _without_signed_words(text: str) -> list[tuple[int, int]]:
    # "@rabs" looks like a handle; it stays open to reading, which only takes known words.
    return [span for span in addresses(text) if _is_address(text[slice(*span)])]


def _is_address(chunk: str) -> bool:
    word = chunk.strip("\"'«»“”(),.:;?!")
    return not (word.startswith("@") and _TOKEN.fullmatch(word) and _read(word) is not None)


@lru_cache(maxsize=4096)
def _read(word: str) -> str | None:
    """The word behind the signs, or `None` if this is ordinary writing."""
    if not 1 < len(word) <= _LONGEST or "_" in word or not _LETTER.search(word):
        return None
    if "*" in word:
        return _blotted(word)
    signs = _SIGN.findall(word)
    script = "cyrillic" if _CYRILLIC.search(word) else "latin"
    table = tables.letters_for_signs(script)
    if not signs or not table.keys() >= set(signs) or word.lower() in tables.ordinary_words():
        return None
    known = _known_reading(word, table)
    if known is not None:
        return _in_case(word, known)
    return _in_case(word, _plain_reading(word, table)) if _reads_freely(word, signs) else None


def _known_reading(word: str, table: dict[str, str]) -> str | None:
    choices = [table.get(char, char) if _SIGN.match(char) else char for char in word.lower()]
    if sum(len(choice) > 1 for choice in choices) > _MOST_READINGS:
        return None
    words = tables.disguised_words()
    return next((reading for reading in map("".join, product(*choices)) if reading in words), None)


def _reads_freely(word: str, signs: list[str]) -> bool:
    letters = len(word) - len(signs)
    if _SIGN.match(word[0]) or _SIGN.match(word[-1]) or not _FREELY.issuperset(signs):
        return False
    if any(len(run) > _LONGEST_RUN or len(set(run)) > 1 for run in _SIGN_RUN.findall(word)):
        return False
    if len(signs) > min(_MOST_SIGNS, letters) or _is_hexadecimal(word, len(signs)):
        return False
    if word.isupper() and len(signs) * 2 > letters:
        return False
    if "@" in signs and not _CYRILLIC.search(word):  # "lunch@work" is written like that in English
        left, _, right = word.partition("@")
        return min(len(left), len(right)) == 1
    return not _PLURAL_OF_A_CODE.fullmatch(word)


def _is_hexadecimal(word: str, signs: int) -> bool:
    """Whether this may be a hash or a colour, "F5FFFA"; "b4d" and "d34d" aren't long enough."""
    return (signs > _MOST_HEX_SIGNS or len(word) >= _COLOUR) and _HEX.fullmatch(word) is not None


def _plain_reading(word: str, table: dict[str, str]) -> str:
    lower = word.lower()
    read: list[str] = []
    for at, char in enumerate(lower):
        choice = table.get(char, char) if _SIGN.match(char) else char
        if set(choice) == {"i", "l"}:
            choice = _i_or_l(read[-1] if read else "", lower[at + 1 : at + 2], is_second=at == 1)
        read.append(choice[0])
    return "".join(read)


def _i_or_l(before: str, after: str, *, is_second: bool) -> str:
    """Reads a "1" by its neighbours: "po1ice", "a1l", "b1ack", but "k1ll", "d1e"."""
    if before in _VOWELS:
        return "l"
    return "l" if after in _VOWELS and is_second and before in _BEFORE_L else "i"


def _blotted(word: str) -> str | None:
    core = word.lower()
    if not core[0].isalpha() or set(core) - {"*"} - set(filter(str.isalpha, core)):
        return None
    for candidate in tables.blotted_words().get((len(core), core[0]), ()):
        if all(sign in {"*", letter} for sign, letter in zip(core, candidate, strict=True)):
            return _in_case(word, candidate)
    return None


def _in_case(word: str, reading: str) -> str:
    is_loud = "".join(filter(str.isalpha, word)).isupper() and sum(map(str.isalpha, word)) > 1
    return "".join(
        char if char.isalpha() else (letter.upper() if is_loud else letter)
        for char, letter in zip(word, reading, strict=True)
    )
