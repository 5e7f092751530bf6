"""Comments in a page's JSON-LD: schema.org `Comment`, in articles, postings and graphs, answers within comments.

Source: https://schema.org/Comment, and what publishers write for it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any, cast

from selectolax.lexbor import LexborHTMLParser

from moderator.connectors.markup import text_of_html
from moderator.connectors.pages.found import Found, number_in

_MARKUP = re.compile(
    r"</?(?:p|br|a|div|span|b|i|em|strong|blockquote|ul|li)(?:\s[^<>]*)?/?>|&(?:#\d+|#x[0-9a-f]+|[a-z]+\d?);",
    re.IGNORECASE,
)
_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!\[CDATA\[|<!--)|(?://\s*)?(?:\]\]>|-->)\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_COMMENT_TYPES = frozenset({"Comment", "UserComments", "Answer"})
_HOLDERS = ("comment", "comments", "suggestedAnswer", "acceptedAnswer")
_MOST_OBJECTS = 200_000


def read_json_ld(tree: LexborHTMLParser) -> list[Found]:
    """Every comment in the page's JSON-LD, parents before answers."""
    found: list[Found] = []
    for script in tree.css('script[type*="ld+json"]'):
        found.extend(_comments(_data(_WRAPPING.sub("", script.text()))))
    return found


def _data(text: str) -> Any:
    """What a script holds, `None` where that's no JSON even without the commas that templates leave behind lists."""
    for attempt in (text, _TRAILING_COMMA.sub("", text)):
        try:
            # `strict=False` takes the raw line ends that hand-made templates leave inside strings.
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _comments(data: Any) -> Iterator[Found]:
    """Walks with a stack: what nests is a stranger's choice."""
    waiting: list[tuple[Any, str, bool]] = [(data, "", False)]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        value, parent, is_held = waiting.pop()
        if isinstance(value, list):
            waiting.extend((each, parent, is_held) for each in reversed(cast("list[Any]", value)))
        elif isinstance(value, dict):
            entry = cast("dict[str, Any]", value)
            number = parent
            if _types(entry) & _COMMENT_TYPES or (is_held and _string(entry.get("text"))):
                comment = _comment(entry, parent)
                number = comment.number
                yield comment
            waiting.extend(
                (cast("Any", inner), number, key in _HOLDERS)
                for key, inner in reversed(entry.items())
                if isinstance(inner, dict | list) and key not in {"author", "creator", "parentItem"}
            )


def _types(entry: dict[str, Any]) -> set[str]:
    given = entry.get("@type")
    names = cast("list[Any]", given) if isinstance(given, list) else [given]
    return {name.rpartition("/")[2] for name in names if isinstance(name, str)}


def _comment(entry: dict[str, Any], parent: str) -> Found:
    text = _string(entry.get("text")) or _string(entry.get("commentText")) or _string(entry.get("description"))
    author, url = _author(entry), ""
    if isinstance(author, dict):
        person = cast("dict[str, Any]", author)
        author, url = _string(person.get("name")), _string(person.get("url"))
    return Found(
        number=_number(entry),
        text=None if not text else text_of_html(text, keep_lines=True) if _MARKUP.search(text) else text.strip(),
        author=html.unescape(str(author)),
        author_id=url or None,
        parent=_number(entry.get("parentItem")) or parent,
        posted=tuple(
            filter(None, (_string(entry.get(key)) for key in ("dateCreated", "datePublished", "commentTime")))
        ),
        likes=_string(entry.get("upvoteCount")) or _interactions(entry, "LikeAction"),
        dislikes=_string(entry.get("downvoteCount")) or _interactions(entry, "DislikeAction"),
    )


def _interactions(entry: dict[str, Any], kind: str) -> str:
    """How often readers did something, as forums count it."""
    given = entry.get("interactionStatistic")
    for each in cast("list[Any]", given) if isinstance(given, list) else [given]:
        counter = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        action = counter.get("interactionType")
        name = cast("dict[str, Any]", action).get("@type") if isinstance(action, dict) else action
        if isinstance(name, str) and name.rpartition("/")[2] == kind:
            return _string(counter.get("userInteractionCount"))
    return ""


def _author(entry: dict[str, Any]) -> Any:
    author = entry.get("author") or entry.get("creator") or ""
    if isinstance(author, list):
        return cast("list[Any]", author)[0] if author else ""
    return cast("Any", author) if isinstance(author, dict) else _string(author)


def _number(entry: Any) -> str:
    if isinstance(entry, str):
        return number_in(entry) or entry
    if not isinstance(entry, dict):
        return ""
    known = cast("dict[str, Any]", entry)
    addresses = [_string(known.get(key)) for key in ("url", "@id", "identifier")]
    return number_in(*addresses) or next((address for address in addresses if address), "")


def _string(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
