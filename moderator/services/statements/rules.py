"""The rules of the EU Transparency Database: which fields a statement has, how long, and with which values.

Source: https://transparency.dsa.ec.europa.eu/page/api-documentation (schema version 2, in force since July 2025) and
https://github.com/digital-services-act/transparency-database (`StatementStoreRequest`). `database.toml` has the lists.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, cast

MOST_AT_ONCE = 100
"""Statements that one call takes."""

GROUND, EXPLANATION, FACTS, OTHER = 500, 2000, 5000, 500
"""Most characters of each kind of text."""

_PUID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_LANGUAGE = re.compile(r"[A-Z]{2}")
_FIRST_POSTED, _FIRST_APPLIED = date(2000, 1, 1), date(2020, 1, 1)
_REQUIRED = (
    "decision_visibility",
    "decision_ground",
    "content_type",
    "category",
    "territorial_scope",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
    "puid",
)
_GROUNDS = {
    "DECISION_GROUND_ILLEGAL_CONTENT": ("illegal_content_legal_ground", "illegal_content_explanation"),
    "DECISION_GROUND_INCOMPATIBLE_CONTENT": ("incompatible_content_ground", "incompatible_content_explanation"),
}


@cache
def lists() -> Mapping[str, Any]:
    """The database's lists by the name of the field, and what each reason code is there."""
    return tomllib.loads((files("moderator.services.statements") / "database.toml").read_text(encoding="utf-8"))


def territory() -> tuple[str, ...]:
    """Countries that a decision may be for: those of the Union and of the European Economic Area."""
    return (*lists()["union"], *lists()["economic_area"])


def category(reason: str | None, own: Mapping[str, str] | None = None) -> tuple[str, tuple[str, ...]]:
    """What a reason code is in the database.

    Args:
        reason: The code.
        own: Codes that the operator put elsewhere, with their category.

    Returns:
        The category, and keywords that specify it.
    """
    code = reason or "other"
    if own and code in own:
        return own[code], ()
    known: Mapping[str, list[str]] = lists()["reasons"]
    first, *keywords = known.get(code, known["other"])
    return first, tuple(keywords)


def problems(statement: Mapping[str, Any]) -> list[str]:
    """What the database would refuse in a statement, a sentence each; empty where it would take it."""
    found = [f"{name} is missing" for name in _REQUIRED if statement.get(name) in (None, "", [])]
    ground = _GROUNDS.get(str(statement.get("decision_ground")), ())
    found += [f"{name} is missing" for name in ground if not statement.get(name)]
    for name, value in statement.items():
        if name not in _CHECKS:
            found.append(f"{name} is no field of a statement")
        elif value not in (None, "", []):
            found += [f"{name} {problem}" for problem in _CHECKS[name](value)]
    if not found and str(statement["application_date"]) < str(statement["content_date"]):
        found.append("application_date is before content_date")
    return found


def _one_of(name: str) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        if value not in lists()[name]:
            yield "has a value that isn't in the database's list"

    return check


def _some_of(allowed: Callable[[], Any]) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield "is no list"
        elif not set(cast("list[str]", value)) <= set(allowed()):
            yield "has a value that isn't in the database's list"

    return check


def _text(most: int) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield "is no text"
        elif len(value) > most:
            yield f"has {len(value)} characters, {most} at most"

    return check


def _matches(pattern: re.Pattern[str], words: str) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield words

    return check


def _day(first: date) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        try:
            if date.fromisoformat(value) < first:
                yield f"is before {first}"
        except (TypeError, ValueError):
            yield "is no date such as 2026-11-22"

    return check


_CHECKS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "decision_visibility": _some_of(lambda: lists()["decision_visibility"]),
    "decision_ground": _one_of("decision_ground"),
    "decision_ground_reference_url": _text(OTHER),
    "illegal_content_legal_ground": _text(GROUND),
    "illegal_content_explanation": _text(EXPLANATION),
    "incompatible_content_ground": _text(GROUND),
    "incompatible_content_explanation": _text(EXPLANATION),
    "incompatible_content_illegal": _one_of("yes_or_no"),
    "content_type": _some_of(lambda: lists()["content_type"]),
    "category": _one_of("category"),
    "category_addition": _some_of(lambda: lists()["category"]),
    "category_specification": _some_of(lambda: lists()["category_specification"]),
    "territorial_scope": _some_of(territory),
    "content_language": _matches(_LANGUAGE, "isn't two capital letters"),
    "content_date": _day(_FIRST_POSTED),
    "application_date": _day(_FIRST_APPLIED),
    "end_date_visibility_restriction": _day(_FIRST_APPLIED),
    "decision_facts": _text(FACTS),
    "source_type": _one_of("source_type"),
    "automated_detection": _one_of("yes_or_no"),
    "automated_decision": _one_of("automated_decision"),
    "puid": _matches(_PUID, "has other characters than letters, digits, - and _, or more than 500"),
}
"""Fields that a statement about a comment can have, and what is asked of each."""
