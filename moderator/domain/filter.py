"""The filter line: a few words that people type, read as a `QueueQuery`, and written back. Pure, no I/O.

    label:insult>0.7 lang:ru section:world author:guest status:escalated,deferred risk>0.5 order:newest bridge

A word without a colon is looked for in article titles and addresses. Quotes hold words together: `author:"A. Reader"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from moderator.domain.comment import Order, Status
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.errors import ConfigError

KEYS: Mapping[str, str] = {
    "label": "label:insult>0.7",
    "risk": "risk>0.5",
    "lang": "lang:ru",
    "section": "section:world",
    "author": "author:name",
    "article": 'article:"part of a title"',
    "source": "source:demo",
    "status": "status:escalated",
    "order": "order:newest",
}
"""Every key of the language with an example of its use."""

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_KEYED = re.compile(r"(?P<key>[A-Za-z_]+)(?P<sign>:|>=?|=)(?P<value>.*)", re.DOTALL)
_ABOVE = re.compile(r"(?P<name>[^><=]+?)\s*(?:>=?|≥|=)\s*(?P<number>.+)")
_LABELS = {label.value: label for label in Label}
_DEFAULT_SCORE = 0.5


def parse_filter(text: str, order: Order = Order.RISK) -> QueueQuery:
    """Reads a filter line.

    Args:
        text: What was typed. Empty means the whole queue.
        order: Order to keep where the line names none.

    Returns:
        The query.

    Raises:
        ConfigError: With a sentence that names the part that isn't understood, and a hint that shows how it's meant.
    """
    if text.count('"') % 2:
        raise _wrong("a quotation mark is never closed", 'author:"A. Reader"')
    query = QueueQuery(order=order)
    words: list[str] = []
    for token in _TOKEN.findall(text):
        match = _KEYED.fullmatch(token)
        if match is None:
            words.append(_bare(token))
            continue
        key, value = match["key"].lower(), _bare(match["value"])
        if key in _LABELS and match["sign"] != ":":
            key, value = "label", f"{key}>{value}"
        query = _apply(query, key, value)
    if words:
        if query.article is not None:
            raise _wrong("words without a colon look in article titles, and so does article:", KEYS["article"])
        query = replace(query, article=" ".join(words))
    return query


def format_filter(query: QueueQuery) -> str:
    """The line that `parse_filter` would read as this query, without its order. Empty for the whole queue."""
    parts: list[str] = []
    if query.statuses != QueueQuery().statuses:
        parts.append("status:" + ",".join(sorted(query.statuses)))
    if query.label is not None and query.at_least is not None:
        parts.append(f"label:{query.label}>{query.at_least:g}")
    if query.min_risk is not None:
        parts.append(f"risk>{query.min_risk:g}")
    named = {"lang": query.language, "section": query.section, "author": query.author, "source": query.source}
    parts += [f"{key}:{_quoted(value)}" for key, value in named.items() if value is not None]
    if query.article is not None:
        parts.append(f"article:{_quoted(query.article)}")
    return " ".join(parts)


def _apply(query: QueueQuery, key: str, value: str) -> QueueQuery:
    read = _READERS.get(key)
    if read is None:
        near = get_close_matches(key, KEYS, n=1)
        example = KEYS[near[0]] if near else ", ".join(KEYS)
        raise _wrong(f"'{key}' isn't something to filter by", example)
    if not value:
        raise _wrong(f"'{key}' has nothing behind it", KEYS[key])
    return replace(query, **read(value))


def _label(value: str) -> dict[str, Any]:
    match = _ABOVE.fullmatch(value)
    name, number = (match["name"], match["number"]) if match else (value, str(_DEFAULT_SCORE))
    name = name.strip().lower().replace(" ", "_").replace("-", "_")
    if name not in _LABELS:
        near = get_close_matches(name, _LABELS, n=1)
        raise _wrong(f"there is no label '{name}'", f"label:{near[0]}>0.7" if near else ", ".join(_LABELS))
    return {"label": _LABELS[name], "at_least": _share(number, "label")}


def _share(value: str, key: str) -> float:
    try:
        share = float(value.lstrip(">=").replace(",", "."))
    except ValueError:
        raise _wrong(f"'{value}' isn't a number", KEYS[key]) from None
    if not 0.0 <= share <= 1.0:
        raise _wrong(f"{value} is outside 0 to 1", KEYS[key])
    return share


def _statuses(value: str) -> dict[str, Any]:
    names = [part.strip().lower() for part in value.split(",") if part.strip()]
    if not names:
        raise _wrong("'status' has nothing behind it", KEYS["status"])
    if names == ["all"]:
        return {"statuses": frozenset(Status)}
    return {"statuses": frozenset(Status(_one_of(name, Status, "status")) for name in names)}


def _one_of(value: str, known: Iterable[str], key: str) -> str:
    names = list(known)
    if value.lower() in names:
        return value.lower()
    raise _wrong(f"there is no {key} '{value}'", f"{key}: {', '.join(names)}")


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "label": _label,
    "risk": lambda value: {"min_risk": _share(value, "risk")},
    "lang": lambda value: {"language": value.lower()},
    "section": lambda value: {"section": value},
    "author": lambda value: {"author": value},
    "article": lambda value: {"article": value},
    "source": lambda value: {"source": value},
    "status": _statuses,
    "order": lambda value: {"order": Order(_one_of(value, Order, "order"))},
}


def _bare(token: str) -> str:
    return token.replace('"', "").strip()


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _wrong(what: str, example: str) -> ConfigError:
    return ConfigError(f"Filter: {what}.", code="config.filter", hint=f"For example: {example}")
