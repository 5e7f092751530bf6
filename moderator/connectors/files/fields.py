"""Which of a record's keys or columns says what: our names, the names that others use, and the operator's mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderator.errors import ConfigError

ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("comment_id", "remote_id", "guid", "uuid"),
    "text": ("body", "comment", "content", "message", "comment_text", "comment_content", "raw_message"),
    "article_url": ("url", "link", "page_url", "story_url", "page", "permalink"),
    "article_title": ("title", "headline", "page_title", "story_title"),
    "section": ("category", "topic"),
    "author_name": ("author", "name", "user", "username", "user_name", "display_name", "nickname", "comment_author"),
    "author_id": ("user_id", "userid"),
    "author_kind": ("user_kind", "author_type", "user_type"),
    "parent_id": ("parent", "reply_to", "in_reply_to", "in_reply_to_id", "comment_parent"),
    "posted_at": (
        "created_at",
        "created",
        "date",
        "datetime",
        "timestamp",
        "time",
        "published",
        "published_at",
        "posted",
        "date_gmt",
        "comment_date_gmt",
        "comment_date",
    ),
    "likes": ("like_count", "upvotes", "up_votes", "thumbs_up"),
    "dislikes": ("dislike_count", "downvotes", "down_votes", "thumbs_down"),
    "lang": ("language", "locale"),
    "article": (),
}
"""Our field names and other names for each, first match wins. `article` holds a URL or a title, whichever it is."""

FIELDS: tuple[str, ...] = tuple(ALIASES)
"""The order in which values of a record are handed on."""

NESTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "article": {
        "article_url": ("url", "link"),
        "article_title": ("title", "headline"),
        "section": ("section", "category"),
    },
    "author": {
        "author_name": ("name", "username", "display_name"),
        "author_id": ("id", "user_id"),
        "author_kind": ("kind", "type"),
    },
}
"""Names inside the objects `article` and `author`, for records that have them."""

_SHAPES_KEPT, _LONGEST_SHAPE = 512, 2000
_NOTHING: dict[str, Any] = {}


def check_mapping(mapping: Mapping[str, str], setting: str) -> None:
    """Checks an operator's mapping of our fields to their names.

    Args:
        mapping: Field to key or column.
        setting: Where it stands, for the message.

    Raises:
        ConfigError: A field that doesn't exist.
    """
    for field in mapping:
        if field not in ALIASES:
            raise ConfigError(
                f"{setting}: there is no field {field!r}",
                code="config.mapping",
                hint=f"Fields are: {', '.join(FIELDS)}.",
            )


def column_indexes(header: Sequence[str], mapping: Mapping[str, str]) -> list[int | None]:
    """For each of `FIELDS` the index of its column, or `None`.

    Names are compared without case, and with blanks and hyphens as underscores ("Created At" is `created_at`).
    """
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        places.setdefault(_plain(name), index)
    found: list[int | None] = []
    for field, aliases in ALIASES.items():
        names = (mapping[field],) if field in mapping else (field, *aliases)
        found.append(next((places[plain] for name in names if (plain := _plain(name)) in places), None))
    return found


def _plain(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


class KeyFinder:
    """Takes the values of `FIELDS` out of nested objects. Which keys a record has is looked up once per shape."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = {field: tuple(path.split(".")) for field, path in mapping.items()}
        self._shapes: dict[object, tuple[tuple[int, str | None], ...]] = {}

    def values(self, record: dict[str, Any]) -> list[Any]:
        """One value per field, `None` where the record has none."""
        article: Any = record.get("article")
        author: Any = record.get("author")
        if article.__class__ is not dict:
            article = _NOTHING
        if author.__class__ is not dict:
            author = _NOTHING
        shape: tuple[tuple[str, ...], ...] = (tuple(record), tuple(article), tuple(author))
        places = self._shapes.get(shape)
        if places is None:
            places = tuple(_place(field, record, article, author) for field in FIELDS)
            if sum(len(key) + 1 for keys in shape for key in keys) <= _LONGEST_SHAPE:
                if len(self._shapes) >= _SHAPES_KEPT:
                    self._shapes.clear()
                self._shapes[shape] = places
        objects: tuple[Any, ...] = (record, article, author)
        values = [objects[place].get(key) for place, key in places]
        for field, path in self._mapping.items():
            values[FIELDS.index(field)] = _follow(record, path)
        return values


def _place(
    field: str, record: dict[str, Any], article: dict[str, Any], author: dict[str, Any]
) -> tuple[int, str | None]:
    """Where a field's value stands: in the record (0), its article (1) or its author (2), and under which key."""
    for place, (outer, inner) in enumerate((("article", article), ("author", author)), start=1):
        for name in NESTED[outer].get(field, ()):
            if name in inner:
                return place, name
    for name in (field, *ALIASES[field]):
        if name in record and not (name in NESTED and record[name].__class__ is dict):
            return 0, name
    return 0, None


def _follow(record: dict[str, Any], path: Sequence[str]) -> Any:
    value: Any = record
    for key in path:
        if value.__class__ is not dict:
            return None
        value = value.get(key)
    return value
