"""Sentences for the learned layer, composed out of `data/grammar.toml`: blame, its harmless twins, and the rest."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from moderator.scoring.blame.lexicon import LANGUAGES, data_text
from moderator.scoring.blame.peoples import rows

SHARES = {"en": 0.4, "ru": 0.2, "uk": 0.15, "de": 0.13, "fr": 0.06, "es": 0.06}
"""Share of sentences per language, in the order of care that the lexicons got."""

_INVENTED = {
    "en": ("Tark{}ians", "Vel{}ans", "Zor{}ites"), "ru": ("Тарк{}цы", "Вель{}йцы"), "uk": ("Тарк{}ці", "Вель{}йці"),
    "de": ("Tark{}ianer", "Vel{}aner"), "fr": ("Tark{}iens", "Vel{}ais"), "es": ("Tark{}anos", "Vel{}eses"),
}  # fmt: skip
_SYLLABLES = {"ru": ("ан", "ов", "ин", "ум"), "uk": ("ан", "ов", "ін", "ум")}
_PEOPLE_SHARE, _ROLE_SHARE = 0.55, 0.35
_HARMLESS_SHARE, _TWIN_SHARE = 0.2, 0.42


@dataclass(frozen=True, slots=True)
class Example:
    """One composed text."""

    text: str
    language: str
    blame: bool


@lru_cache(maxsize=1)
def _grammar() -> Mapping[str, Mapping[str, list[str]]]:
    return cast("Mapping[str, Mapping[str, list[str]]]", tomllib.loads(data_text("grammar.toml")))


def compose(count: int, seed: int, only: str | None = None) -> Iterator[Example]:
    """Composes texts, the same ones for the same seed.

    Args:
        count: How many, over all languages, by `SHARES`.
        seed: Seed of the random choices.
        only: A language that all of them shall be in.
    """
    for language in LANGUAGES if only is None else (only,):
        source = random.Random(f"{seed}/{language}")  # noqa: S311 - composing sentences, not secrets
        for _ in range(round(count * SHARES[language]) if only is None else count):
            yield _example(language, source)


def _example(language: str, source: random.Random) -> Example:
    grammar = _grammar()[language]
    group = _group(language, grammar, source)
    kind = source.random()
    if kind < _HARMLESS_SHARE:
        return Example(_filled(source.choice(grammar["harmless"]), group, grammar, source), language, blame=False)
    frames = grammar["negative"] if kind < _HARMLESS_SHARE + _TWIN_SHARE else grammar["positive"]
    text = _filled(source.choice(frames), group, grammar, source)
    return Example(text, language, blame=frames is grammar["positive"])


def _group(language: str, grammar: Mapping[str, list[str]], source: random.Random) -> str:
    kind = source.random()
    if kind < _PEOPLE_SHARE:
        name = source.choice(rows())[language]
        return name if language in {"en", "de"} else name.lower()
    if kind < _PEOPLE_SHARE + _ROLE_SHARE:
        return source.choice(grammar["roles"])
    syllable = source.choice(_SYLLABLES.get(language, ("and", "ov", "im", "ur", "est")))
    return source.choice(_INVENTED[language]).format(syllable)


def _filled(frame: str, group: str, grammar: Mapping[str, list[str]], source: random.Random) -> str:
    text = frame
    while (at := text.find("{")) >= 0:
        end = text.index("}", at)
        text = text[:at] + _slot(text[at + 1 : end], group, grammar, source) + text[end + 1 :]
    text = text[0].upper() + text[1:]
    return text.lower() if source.random() < 0.15 else text  # noqa: PLR2004 - some people write no capitals


def _slot(name: str, group: str, grammar: Mapping[str, list[str]], source: random.Random) -> str:
    if name in {"g", "g2"}:
        return group
    if name in {"P", "P1"}:
        return source.choice(grammar["penalty"] if source.random() < 0.4 else grammar["blame"])  # noqa: PLR2004
    return source.choice(grammar[{"G": "whole", "D": "deeds", "N": "named", "S": "states", "X": "asides"}[name]])
