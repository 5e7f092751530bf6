"""Whether a Detoxify variant may be asked about a text, by its language."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from moderator.text.language import UNKNOWN, detect

SURE = 0.6
"""Confidence from which a language that the model never learned makes it silent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to do with one text.

    Attributes:
        language: ISO 639-1 code, or `und`: what the score set will say.
        judged: Whether the model is asked at all. Where not, every label is `None`.
    """

    language: str
    judged: bool


def ask(text: str, claimed: str | None, languages: frozenset[str]) -> Asked:
    """Decides whether a model that learned `languages` can judge a text.

    A claimed language counts unless the text clearly speaks another: a source that calls everything English must not
    make a Russian text "not toxic". Where the language can't be told (a few words, names, a link, emoji), a text in
    Latin letters or without letters is scored, since every variant knows English and most such texts are names and
    common words; one in another script is not.

    Args:
        text: The raw text.
        claimed: What the caller says (`en`, `en-US`), or `None`; `und` says nothing.
        languages: ISO 639-1 codes that the model was trained on.
    """
    found = detect(text, claimed)
    if found.code in languages:
        return Asked(found.code, judged=True)
    if found.code != UNKNOWN and (claimed not in {None, UNKNOWN} or found.confidence >= SURE):
        return Asked(found.code, judged=False)
    return Asked(UNKNOWN, judged=_is_latin(text))


def _is_latin(text: str) -> bool:
    """Whether at least half of the letters are of the Latin script; also true where there are none."""
    latin = other = 0
    for char in text:
        if char.isascii():
            latin += char.isalpha()
        elif char.isalpha():
            # Mathematical letters spell Latin words too.
            name = unicodedata.name(char, "")
            if "LATIN" in name or name.startswith("MATHEMATICAL"):
                latin += 1
            else:
                other += 1
    return latin >= other
