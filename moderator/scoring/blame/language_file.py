"""The parts of a language file: lists, endings, word classes and patterns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from moderator.scoring.blame.patterns import Pattern, compile_line


def listed(section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The words of one key; none where it is missing."""
    return tuple(str(section.get(key, "")).split())


def endings(morphology: Mapping[str, Any]) -> dict[str, str]:
    """Endings of nouns, each with the numbers it can be read as: `p`, `s` or both."""
    readings: dict[str, str] = {}
    for key, mark in (("noun_plural", "p"), ("noun_singular", "s")):
        for ending in listed(morphology, key):
            plain = "" if ending == "-" else ending
            readings[plain] = readings.get(plain, "") + mark
    return readings


def word_classes(words: Mapping[str, str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Classes of words, and of beginnings of words (`word*`)."""
    exact: dict[str, list[str]] = {}
    prefixes: dict[str, list[str]] = {}
    for tag, listing in words.items():
        for word in listing.split():
            target, key = (prefixes, word[:-1]) if word.endswith("*") else (exact, word)
            target.setdefault(key, []).append(tag)
    return exact, prefixes


def read_patterns(raw: Mapping[str, Any]) -> list[Pattern]:
    """All patterns, of blame and of what surrounds it."""
    macros = cast("Mapping[str, str]", raw["macros"])
    found: list[Pattern] = []
    for section in ("predicates", "cues"):
        for kind, lines in cast("Mapping[str, str]", raw[section]).items():
            found.extend(compile_line(line.strip(), kind, macros) for line in lines.splitlines() if line.strip())
    return found
