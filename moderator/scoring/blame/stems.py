"""Words without their endings, so that one entry of a glossary covers all forms of a word."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import import_module
from typing import Protocol, cast

from moderator.scoring.blame.lexicon import data_text

SHAPE = "glosses/shape.toml"
"""Name of the file that says how words are taken apart."""

_ALGORITHMS = {"ru": "russian", "de": "german", "fr": "french", "es": "spanish"}
_REMEMBERED = 20_000
_LEAST = 3
"""Letters that a stem keeps."""

_REFLEXIVE_FROM = 6


@lru_cache(maxsize=_REMEMBERED)
def stem(word: str, language: str) -> str:
    """A lower-case word without its ending: Snowball's, else by the endings in `shape.toml`.

    Args:
        word: One word.
        language: ISO 639-1. In one without either the word stays as it is.
    """
    if language in _ALGORITHMS:
        return _stemmer(language).stemWord(word)
    if len(word) >= _REFLEXIVE_FROM and word.endswith(shape(language, "reflexive")):
        word = word[:-2]
    for ending in shape(language, "endings"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word


@cache
def shape(language: str, part: str) -> tuple[str, ...]:
    """What `shape.toml` says of a language, the longest first; empty where it says nothing."""
    return tuple(sorted(_shapes().get(language, {}).get(part, "").split(), key=lambda one: (-len(one), one)))


@cache
def _shapes() -> dict[str, dict[str, str]]:
    return cast("dict[str, dict[str, str]]", tomllib.loads(data_text(SHAPE)))


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - Snowball's own name


@cache
def _stemmer(language: str) -> _Stemmer:
    # One language's module instead of the package, which has 36 of them. It has no type stubs.
    name = _ALGORITHMS[language]
    made = getattr(import_module(f"snowballstemmer.{name}_stemmer"), f"{name.title()}Stemmer")
    return cast("_Stemmer", made())
