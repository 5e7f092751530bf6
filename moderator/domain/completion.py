"""How a filter line may go on: its last part completed from the language's own words and from what is known. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from moderator.domain.comment import AuthorKind, Order, Status
from moderator.domain.filter import KEYS
from moderator.domain.score import Label

_LAST = re.compile(r'(?:[^\s"]|"[^"]*"?)*$')
_FIXED: Mapping[str, Iterable[str]] = {
    "status": (*Status, "all"),
    "order": tuple(Order),
    "author": tuple(AuthorKind),
}


def complete(line: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    """Ways to go on with a filter line.

    Args:
        line: What was typed so far; its last part is completed.
        known: Values that exist, by key: `lang`, `section`, `source`, `author`.

    Returns:
        Whole lines, the likeliest first. Empty where nothing fits, or nothing was begun.
    """
    match = _LAST.search(line)
    begun = match.group() if match else ""
    if not begun:
        return []
    before = line[: len(line) - len(begun)]
    return [f"{before}{way}" for way in _ways(begun, known) if way != begun]


def _ways(begun: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    key, colon, value = begun.partition(":")
    if not colon:
        starts = [_start(name) for name in KEYS if name.startswith(begun.lower())]
        return starts + [f"label:{label}>" for label in Label if label.startswith(begun.lower())]
    if key == "label":
        return [f"label:{label}>" for label in Label if label.startswith(value.lower())]
    if key == "status" and "," in value:
        done, _, value = value.rpartition(",")
        left = [one for one in Status if one.startswith(value.lower()) and one not in done.split(",")]
        return [f"status:{done},{one}" for one in left]
    values = dict.fromkeys([*_FIXED.get(key, ()), *known.get(key, ())])
    bare = value.lstrip('"').lower()
    fitting = [one for one in values if one.lower().startswith(bare)]
    return [f"{key}:{one if one in _FIXED.get(key, ()) else _quoted(one)}" for one in fitting]


def _start(key: str) -> str:
    """How a part with this key begins."""
    return {"risk": "risk>", "age": "age<"}.get(key, f"{key}:")


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) or value.lower() in set(AuthorKind) else value
