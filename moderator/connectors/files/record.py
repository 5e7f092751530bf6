"""From a record's values to an `IncomingComment`: types, numbers, dates, and an id where none is given."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any

from moderator.connectors.files.dates import DateReader, UnknownDateError
from moderator.connectors.files.fields import FIELDS, check_mapping
from moderator.domain.comment import AuthorKind, IncomingComment

MAX_TEXT_CHARS = 100_000
"""Longest text taken, in code points, unless set otherwise."""


class Standing(StrEnum):
    """Where a comment stands at its source, as far as exports say."""

    HELD = "held"
    PUBLISHED = "published"
    SPAM = "spam"
    DELETED = "deleted"


LIVE = frozenset({Standing.HELD, Standing.PUBLISHED})
"""What an export's reader takes unless told otherwise: nobody asks for years of caught spam in a queue."""

_BYTES_PER_CHAR = 12
"""A code point outside the BMP as two JSON escapes."""

_LINE_OVERHEAD_BYTES = 65_536
_LARGEST_COUNT = 2**53
_COUNT = re.compile(r"\+?(\d{1,16})(?:\.0*)?", re.ASCII)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]{1,30})?")
_KINDS = {
    "guest": AuthorKind.GUEST,
    "anonymous": AuthorKind.GUEST,
    "anon": AuthorKind.GUEST,
    "registered": AuthorKind.REGISTERED,
    "member": AuthorKind.REGISTERED,
    "user": AuthorKind.REGISTERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file is read.

    Attributes:
        now_ms: What relative dates count from.
        source: Name of the source, half of each comment's identity.
        name_by_site: Take the site's host for the source's name, where what is read says whose it is.
        article_url: Article of records that name none.
        columns: Our field -> column name, for CSV.
        fields: Our field -> key, dotted for nested objects (`meta.body`), for JSONL.
        max_text_chars: Longest text taken, in code points; bounds the length of a line too.
        zone: Zone of dates that name none.
        day_first: Whether 03/04/2024 is in April; `None` refuses what could be both.
        delimiter: Of a CSV file; `None` finds out.
        take: Which comments of an export that says where each stands.
        now_given: `now_ms` was asked for, so a file's own time doesn't count.
    """

    now_ms: int
    source: str = "import"
    name_by_site: bool = False
    article_url: str = ""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    max_text_chars: int = MAX_TEXT_CHARS
    zone: tzinfo = UTC
    day_first: bool | None = None
    delimiter: str | None = None
    take: frozenset[Standing] = LIVE
    now_given: bool = False

    def __post_init__(self) -> None:
        check_mapping(self.columns, "intake.columns")
        check_mapping(self.fields, "intake.fields")

    @property
    def longest_line(self) -> int:
        """Bytes that a line may have: enough for the longest text, fully escaped."""
        return self.max_text_chars * _BYTES_PER_CHAR + _LINE_OVERHEAD_BYTES


class FieldError(ValueError):
    """A value that can't be used. The message names field and reason and quotes nothing.

    Attributes:
        code: Stable name, `text.missing`.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class RecordReader:
    """Makes comments of records' values.

    Args:
        options: How to read them.
        textual: All values are text (CSV): numbers are read from it, and empty means absent.

    Attributes:
        derived_ids: How many records so far got an id made from their content.
    """

    def __init__(self, options: FileOptions, *, textual: bool) -> None:
        self._source = options.source
        self._article_url = options.article_url
        self._dates = DateReader(options.now_ms, zone=options.zone, day_first=options.day_first)
        self._textual = textual
        self.derived_ids = 0

    def read_fields(self, fields: Mapping[str, Any]) -> IncomingComment:
        """Reads one record given by field names.

        Args:
            fields: Values by names of `fields.FIELDS`; what is missing is absent.

        Raises:
            FieldError: A value is missing or of the wrong kind.
        """
        return self.read([fields.get(name) for name in FIELDS])

    def read(self, values: Sequence[Any]) -> IncomingComment:
        """Reads one record.

        Args:
            values: One per name in `fields.FIELDS`, `None` where absent.

        Raises:
            FieldError: A value is missing or of the wrong kind.
        """
        given_id, body, url, title, section, name, author_id, kind, parent, posted, likes, dislikes, lang, article = (
            values
        )
        if type(body) is not str:
            raise FieldError("text.missing", "text: missing") if body is None else _wrong_type("text", "text")
        url, title = self._article(_text(url, "article_url"), _text(title, "article_title"), article)
        author_ref = _identifier(author_id, "author_id")
        author_name = _text(name, "author_name").strip()
        author_kind = _kind(kind, author_ref)
        parent_id = _identifier(parent, "parent_id")
        posted_ms, fixed = self._posted(posted)
        remote_id = _identifier(given_id, "id")
        if remote_id is None:
            # A relative date moves with every reading, so it can't be part of a lasting id.
            time = str(posted_ms) if fixed else ""
            remote_id = _derived_id(url, author_kind, author_ref or author_name, parent_id or "", time, body)
            self.derived_ids += 1
        return IncomingComment(
            source=self._source,
            remote_id=remote_id,
            body=body,
            article_url=url,
            article_title=title,
            section=_text(section, "section").strip(),
            author_name=author_name,
            author_kind=author_kind,
            author_remote_id=author_ref,
            parent_remote_id=parent_id,
            posted_at_ms=posted_ms,
            likes=self._count(likes, "likes") if likes else _zero(likes, "likes"),
            dislikes=self._count(dislikes, "dislikes") if dislikes else _zero(dislikes, "dislikes"),
            language=None if lang is None else _language(lang),
        )

    def _article(self, url: str, title: str, article: Any) -> tuple[str, str]:
        """An article is known by its URL; without one by the command's own, at last by its title."""
        if type(article) is str:
            if article.startswith("/") or "://" in article:
                url = url or article
            else:
                title = title or article
        elif article is not None:
            raise _wrong_type("article", "an object or text")
        url, title = url.strip() or self._article_url, title.strip()
        return (url or (f"title:{title}" if title else ""), title)

    def _posted(self, value: Any) -> tuple[int | None, bool]:
        if value is None or value == "":
            return None, False
        try:
            return self._dates.read(value)
        except UnknownDateError as error:
            raise FieldError("date.unknown", f"posted_at: unknown date: {error}") from None

    def _count(self, value: Any, name: str) -> int:
        if self._textual:
            value = value.strip()
            if not value:
                return 0
            match = _COUNT.fullmatch(value)
            if match is None:
                negative = value.startswith(("-", "\N{MINUS SIGN}"))
                raise FieldError(f"{name}.range", f"{name}: negative") if negative else _wrong_type(name, "a number")
            value = int(match[1])
        elif type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise _wrong_type(name, "a whole number")
        if value < 0:
            raise FieldError(f"{name}.range", f"{name}: negative")
        if value > _LARGEST_COUNT:
            raise FieldError(f"{name}.range", f"{name}: too large")
        return value


def left_out(standing: Standing) -> tuple[str, str]:
    """Code and words for a comment that isn't taken because of where it stands at its source."""
    said = {
        Standing.HELD: "waits for a decision",
        Standing.PUBLISHED: "is published",
        Standing.SPAM: "is marked as spam",
        Standing.DELETED: "is deleted",
    }
    return f"left.{standing}", f"{said[standing]} there; --take {standing} takes it"


def _wrong_type(name: str, wanted: str) -> FieldError:
    return FieldError(f"{name}.type", f"{name}: not {wanted}")


def _zero(value: Any, name: str) -> int:
    """Nothing, or a nought: 0. An empty list or `false` isn't one."""
    if value is None or value == "" or (type(value) in {int, float}):
        return 0
    raise _wrong_type(name, "a whole number")


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if type(value) is str:
        return value
    raise _wrong_type(name, "text")


def _identifier(value: Any, name: str) -> str | None:
    if type(value) is str:
        return value.strip() or None
    if type(value) is int:
        return str(value)
    if value is None:
        return None
    raise _wrong_type(name, "text or a whole number")


def _kind(value: Any, author_ref: str | None) -> AuthorKind:
    """Where the record doesn't say, whoever has an id is registered."""
    if value is None or value == "":
        return AuthorKind.GUEST if author_ref is None else AuthorKind.REGISTERED
    kind = _KINDS.get(value.strip().lower()) if type(value) is str else None
    if kind is None:
        raise FieldError("author_kind.type", "author_kind: neither guest nor registered")
    return kind


def _language(value: Any) -> str | None:
    """The first part of a language tag (`en` of `en-GB`). It's a hint: what isn't a tag counts as not given."""
    if type(value) is not str:
        raise _wrong_type("lang", "text")
    match = _LANGUAGE.fullmatch(value.strip())
    return match[1].lower() if match else None


def _derived_id(*parts: str) -> str:
    """An id that the same record gets again: article, author, parent, time and text, hashed."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
    return f"made-{digest.hexdigest()[:32]}"
