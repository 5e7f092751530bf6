"""The filter line of the decision log: a few words that people type, read as a `DecisionFilter`. Pure, no I/O.

    by:anna action:reject reason:spam since:2d section:world comment:1204 text:bridge

A word without a colon is looked for in the comments' texts. Quotes hold words together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from moderator.domain.decision import Action
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.filter import UNITS, FilterError

HISTORY_KEYS: Mapping[str, str] = {
    "by": "by:anna",
    "action": "action:reject",
    "reason": "reason:spam",
    "since": "since:2d",
    "until": "until:2026-11-01",
    "section": "section:world",
    "source": "source:demo",
    "article": "article:bridge",
    "comment": "comment:1204",
    "text": 'text:"closed again"',
}
"""Every key of the language with an example of its use."""

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_SPAN = re.compile(r"(\d{1,5})\s*([mhdw])")


def parse_history(line: str, now_ms: int) -> DecisionFilter:
    """Reads a filter line.

    Args:
        line: What was typed. Empty means the whole log.
        now_ms: What `since:2d` counts from, UTC milliseconds.

    Raises:
        FilterError: With a sentence that names the part that isn't understood, and a hint that shows how it's meant.
    """
    if line.count('"') % 2:
        raise FilterError("a quotation mark is never closed", HISTORY_KEYS["text"], line.rindex('"'), len(line))
    found: dict[str, Any] = {}
    words: list[str] = []
    for token in _TOKEN.finditer(line):
        key, colon, value = token.group().partition(":")
        if not colon:
            words.append(_bare(key))
            continue
        try:
            found |= _read(key.lower(), _bare(value), now_ms)
        except FilterError as error:
            raise FilterError(error.what, error.example, token.start(), token.end()) from None
    if words:
        found["text"] = " ".join([*([found["text"]] if "text" in found else []), *words])
    return replace(DecisionFilter(), **found)


def _read(key: str, value: str, now_ms: int) -> dict[str, Any]:
    if key not in HISTORY_KEYS:
        near = get_close_matches(key, HISTORY_KEYS, n=1)
        example = HISTORY_KEYS[near[0]] if near else " ".join(HISTORY_KEYS.values())
        raise FilterError(f"'{key}' isn't something to filter the log by", example)
    if not value:
        raise FilterError(f"'{key}' has nothing behind it", HISTORY_KEYS[key])
    if key in {"since", "until"}:
        return {f"{key}_ms": _time(key, value, now_ms)}
    return _READERS.get(key, lambda value: {key: value})(value)


def _action(value: str) -> dict[str, Any]:
    try:
        return {"action": Action(value.lower())}
    except ValueError:
        raise FilterError(f"there is no action '{value}'", f"action: {', '.join(Action)}") from None


def _comment(value: str) -> dict[str, Any]:
    if not value.isdecimal():
        raise FilterError(f"'{value}' isn't the number of a comment", HISTORY_KEYS["comment"])
    return {"comment_id": int(value)}


def _time(key: str, value: str, now_ms: int) -> int:
    span = _SPAN.fullmatch(value)
    if span is not None:
        return now_ms - int(span[1]) * UNITS[span[2]] * 1000
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise FilterError(f"'{value}' is neither a date nor a length of time", HISTORY_KEYS[key]) from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "by": lambda value: {"moderator": value},
    "action": _action,
    "comment": _comment,
}


def _bare(token: str) -> str:
    return token.replace('"', "").strip()
