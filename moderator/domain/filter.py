"""The filter line: a few words that people type, read as a `QueueQuery`, and written back. Pure, no I/O.

    label:insult>0.7 lang:ru author:guest article:"the bridge" age<2h text:"closed again" status:escalated order:newest

A word without a colon is looked for in article titles and addresses. Quotes hold words together: `author:"A. Reader"`.
Several parts narrow each other down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from moderator.domain.comment import AuthorKind, Order, Status
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.errors import FilterError

KEYS: Mapping[str, str] = {
    "label": "label:insult>0.7",
    "risk": "risk>0.5",
    "lang": "lang:ru",
    "section": "section:world",
    "author": "author:guest",
    "article": 'article:"part of a title"',
    "text": 'text:"closed again"',
    "age": "age<2h",
    "source": "source:demo",
    "status": "status:escalated",
    "like": "like:1204",
    "id": "id:1204",
    "order": "order:newest",
}
"""Every key of the language with an example of its use."""

UNITS: Mapping[str, int] = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""Units of an age, in seconds, the shortest first."""

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_KEYED = re.compile(r"(?P<key>[A-Za-z_]+)(?P<sign>:|[<>]=?|=)(?P<value>.*)", re.DOTALL)
_BOUNDED = re.compile(r"(?P<name>[^><=≥≤]+?)\s*(?:(?P<sign>>=?|<=?|≥|≤|=)\s*(?P<number>.+))?")
_BAND = re.compile(r"(?P<low>.*?)\.\.(?P<high>.*)")
_AGE = re.compile(r"(?P<sign>[<>]=?)?\s*(?P<count>\d{1,5})\s*(?P<unit>[mhdw])")
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
        FilterError: With a sentence that names the part that isn't understood and its place, and a hint that shows how
            it's meant.
    """
    if text.count('"') % 2:
        at = text.rindex('"')
        raise FilterError("a quotation mark is never closed", 'author:"A. Reader"', at, len(text))
    query = QueueQuery(order=order)
    words: list[str] = []
    named: set[str] = set()
    for token in _TOKEN.finditer(text):
        try:
            word, given = _take(token.group(), query)
        except FilterError as error:
            raise FilterError(error.what, error.example, token.start(), token.end()) from None
        words += word
        named |= given.keys()
        query = replace(query, **given)
    if words:
        if query.article is not None:
            raise FilterError("words without a colon look in article titles, and so does article:", KEYS["article"])
        query = replace(query, article=" ".join(words))
    if query.id is not None and "statuses" not in named:
        # Whoever knows the number wants to see it wherever it stands.
        query = replace(query, statuses=frozenset(Status))
    return query


def format_filter(query: QueueQuery) -> str:
    """The line that `parse_filter` would read as this query, without its order. Empty for the whole queue."""
    parts: list[str] = []
    usual = QueueQuery().statuses if query.id is None else frozenset(Status)
    if query.statuses != usual:
        parts.append("status:" + ",".join(sorted(query.statuses)))
    if query.label is not None:
        bounds = ((">", query.at_least), ("<", query.below))
        parts += [f"label:{query.label}{sign}{bound:g}" for sign, bound in bounds if bound is not None]
    if query.min_risk is not None:
        parts.append(f"risk>{query.min_risk:g}")
    ages = (("<", query.younger_s), (">", query.older_s))
    parts += [f"age{sign}{_age_text(age)}" for sign, age in ages if age is not None]
    if query.author_kind is not None:
        parts.append(f"author:{query.author_kind.value}")
    named = {"lang": query.language, "section": query.section, "author": query.author, "source": query.source}
    named |= {"article": query.article, "text": query.text}
    parts += [f"{key}:{_quoted(value)}" for key, value in named.items() if value is not None]
    parts += [f"{key}:{number}" for key, number in (("like", query.like), ("id", query.id)) if number is not None]
    return " ".join(parts)


def _take(token: str, query: QueueQuery) -> tuple[list[str], dict[str, Any]]:
    """What one part of the line is: a bare word, or fields that the query gets."""
    match = _KEYED.fullmatch(token)
    if match is None:
        return [_bare(token)], {}
    key, sign, value = match["key"].lower(), match["sign"], match["value"]
    if key in _LABELS and sign != ":":
        key, value = "label", f"{key}{sign}{value}"
    elif key == "age" and sign[0] in "<>":
        value = sign + value
    elif "<" in sign or (">" in sign and key != "risk" and key in _READERS):
        raise FilterError(f"'{key}' can't be compared like this", KEYS.get(key, ", ".join(KEYS)))
    read = _READERS.get(key)
    if read is None:
        near = get_close_matches(key, KEYS, n=1)
        raise FilterError(f"'{key}' isn't something to filter by", KEYS[near[0]] if near else ", ".join(KEYS))
    if not _bare(value):
        raise FilterError(f"'{key}' has nothing behind it", KEYS[key])
    given = read(value)
    if query.label is not None and given.get("label", query.label) is not query.label:
        raise FilterError("one line can ask for one label only", "label:insult>0.3 label:insult<0.7")
    return [], given


def label_range(value: str) -> dict[str, Any]:
    """What `label:` takes, as fields of a query: `insult>0.7`, `insult<0.3`, `insult=0.3..0.7`, `insult`.

    Raises:
        FilterError: There is no such label, or that's no range of 0..1.
    """
    match = _BOUNDED.fullmatch(_bare(value))
    if match is None:
        raise FilterError(f"'{_bare(value)}' names no label", KEYS["label"])
    name = match["name"].strip().lower().replace(" ", "_").replace("-", "_")
    if name not in _LABELS:
        near = get_close_matches(name, _LABELS, n=1)
        raise FilterError(f"there is no label '{name}'", f"label:{near[0]}>0.7" if near else ", ".join(_LABELS))
    number = match["number"] or str(_DEFAULT_SCORE)
    band = _BAND.fullmatch(number)
    if band is not None:
        low, high = _share(band["low"], "label"), _share(band["high"], "label")
        if low >= high:
            raise FilterError(f"there is nothing from {low:g} to {high:g}", "label:insult=0.3..0.7")
        # The upper end is outside, but for 1: nothing lies above it.
        return {"label": _LABELS[name], "at_least": low} | ({"below": high} if high < 1 else {})
    bound = "below" if (match["sign"] or "")[:1] in {"<", "≤"} else "at_least"
    return {"label": _LABELS[name], bound: _share(number, "label")}


def _share(value: str, key: str) -> float:
    value = _bare(value).lstrip(">=")
    try:
        share = float(value.replace(",", "."))
    except ValueError:
        raise FilterError(f"'{value}' isn't a number", KEYS[key]) from None
    if not 0.0 <= share <= 1.0:
        raise FilterError(f"{value} is outside 0 to 1", KEYS[key])
    return share


def _age(value: str) -> dict[str, Any]:
    match = _AGE.fullmatch(_bare(value).lower())
    if match is None:
        raise FilterError(f"'{_bare(value)}' isn't an age", "age<2h, age>30m, age<1d, age>2w")
    seconds = int(match["count"]) * UNITS[match["unit"]]
    return {"older_s" if (match["sign"] or "<").startswith(">") else "younger_s": seconds}


def _age_text(seconds: int) -> str:
    fitting = [name for name, size in UNITS.items() if seconds % size == 0]
    unit = fitting[-1] if fitting else "m"
    return f"{seconds // UNITS[unit]}{unit}"


def _author(value: str) -> dict[str, Any]:
    kinds = {kind.value: kind for kind in AuthorKind}
    # In quotes it's a name: many a guest calls himself Guest.
    return {"author_kind": kinds[value.lower()]} if value.lower() in kinds else {"author": _bare(value)}


def _number(value: str, key: str) -> int:
    digits = _bare(value).lstrip("#")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 15 or int(digits) < 1:  # noqa: PLR2004 - no such table
        raise FilterError(f"'{_bare(value)}' isn't the number of a comment", KEYS[key])
    return int(digits)


def _statuses(value: str) -> dict[str, Any]:
    names = [part.strip().lower() for part in _bare(value).split(",") if part.strip()]
    if not names:
        raise FilterError("'status' has nothing behind it", KEYS["status"])
    if names == ["all"]:
        return {"statuses": frozenset(Status)}
    return {"statuses": frozenset(Status(_one_of(name, Status, "status")) for name in names)}


def _one_of(value: str, known: Iterable[str], key: str) -> str:
    names = list(known)
    if _bare(value).lower() in names:
        return _bare(value).lower()
    raise FilterError(f"there is no {key} '{_bare(value)}'", f"{key}: {', '.join(names)}")


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "label": label_range,
    "risk": lambda value: {"min_risk": _share(value, "risk")},
    "lang": lambda value: {"language": _bare(value).lower()},
    "section": lambda value: {"section": _bare(value)},
    "author": _author,
    "article": lambda value: {"article": _bare(value)},
    "text": lambda value: {"text": _bare(value)},
    "age": _age,
    "source": lambda value: {"source": _bare(value)},
    "status": _statuses,
    "like": lambda value: {"like": _number(value, "like")},
    "id": lambda value: {"id": _number(value, "id")},
    "order": lambda value: {"order": Order(_one_of(value, Order, "order"))},
}


def _bare(token: str) -> str:
    return token.replace('"', "").strip()


def _quoted(value: str) -> str:
    # A value that would be read as something else needs the quotes, too.
    return f'"{value}"' if re.search(r"\s", value) or value.lower() in set(AuthorKind) else value
