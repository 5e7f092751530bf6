"""The shape of a language file, checked before anything is read out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderator.errors import ScoringError

COMPONENTS = ("ACT", "PUN", "INN", "SIL", "HER", "ASC", "DES")
"""What can be said of a group, in the guideline's order."""

_META = ("language", "name", "source", "licence", "reviewed")


def check_schema(code: str, raw: Mapping[str, Any]) -> None:
    """Checks a language file's shape, so that a slip in data is told by name and not by a wrong score.

    Raises:
        ScoringError: A section or key is missing, unknown or of the wrong type.
    """
    meta = raw.get("meta", {})
    missing = [f"meta.{key}" for key in _META if not isinstance(meta.get(key), str)]
    missing += [name for name in ("words", "macros", "predicates", "cues") if not isinstance(raw.get(name), dict)]
    if missing:
        raise _schema_error(code, f"{', '.join(missing)} missing")
    if meta["language"] != code:
        raise _schema_error(code, f"meta.language is {meta['language']!r}")
    unknown = set(raw) - {"spelling", "meta", "words", "macros", "predicates", "cues", "morphology"}
    unknown |= set(raw["predicates"]) - set(COMPONENTS)
    if unknown:
        raise _schema_error(code, f"unknown key {', '.join(sorted(unknown))}")
    for section in ("words", "macros", "predicates", "cues"):
        bad = [key for key, value in raw[section].items() if not isinstance(value, str)]
        if bad:
            raise _schema_error(code, f"{section}.{bad[0]} isn't a string")


def _schema_error(code: str, what: str) -> ScoringError:
    return ScoringError(
        f"blame lexicon {code}.toml: {what}",
        code="blame.lexicon",
        hint="See docs/collective-blame.md for the shape of a language file.",
    )
