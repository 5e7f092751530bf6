"""Which groups a text names, by the lexicons of collective blame: a look at each word, without reading the sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from moderator.scoring.blame.lexicon import LANGUAGES, Lexicon, lexicon
from moderator.scoring.blame.peoples import people_forms, rows
from moderator.text.normalize import fold

ANY_GROUP = "any group"
NO_GROUP = "no group"

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001 - the apostrophe that people type
_GROUPS = frozenset({"people", "role", "party"})
_MOST_CHARACTERS = 4_000


def mentions(text: str, language: str) -> frozenset[str]:
    """Groups that a text names: peoples by their English plural, others by the word, and `ANY_GROUP` for any at all.

    Args:
        text: As stored; only its first 4000 characters are looked at.
        language: ISO 639-1 code.

    Returns:
        `NO_GROUP` alone where it names none; nothing in a language without a lexicon.
    """
    if language not in LANGUAGES:
        return frozenset()
    words, peoples = lexicon(language), _peoples(language)
    found: set[str] = set()
    for match in _WORD.finditer(fold(text[:_MOST_CHARACTERS]).text.lower()):
        word = match.group()
        if words.word(word).tags & _GROUPS:
            found.add(peoples.get(word) or _plural(words, word))
    return frozenset({*found, ANY_GROUP}) if found else frozenset({NO_GROUP})


@lru_cache(maxsize=len(LANGUAGES))
def _peoples(language: str) -> dict[str, str]:
    """Every form of a people's name in a language, with the English plural."""
    names = {row[language].lower(): row["en"] for row in rows()}
    if language == "en":
        names |= {row["en_adjective"].lower(): row["en"] for row in rows()}
        names |= {row["en"].lower().removesuffix("s"): row["en"] for row in rows()}
    else:
        stems = {name[: max(len(name) - 2, 3)]: english for name, english in names.items()}
        for form in people_forms(language):
            stem = next((form[:end] for end in range(len(form), 2, -1) if form[:end] in stems), None)
            if stem is not None:
                names.setdefault(form, stems[stem])
    return names


def _plural(words: Lexicon, word: str) -> str:
    plural = f"{word}s"
    return plural if words.word(word).singular and words.word(plural).plural else word
