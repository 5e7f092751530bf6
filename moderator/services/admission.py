"""What is let in: the rules that every comment meets, whatever source it comes from."""

from __future__ import annotations

from moderator.domain.comment import IncomingComment

MAX_TEXT_CHARS = 100_000
"""Longest text let in, in code points, unless set otherwise."""

_MAX_BYTES: tuple[tuple[str, str, int], ...] = (
    ("source", "source", 200),
    ("remote_id", "id", 1000),
    ("parent_remote_id", "parent_id", 1000),
    ("author_remote_id", "author_id", 1000),
    ("author_name", "author_name", 1000),
    ("article_url", "article_url", 2000),
    ("article_title", "article_title", 4000),
    ("section", "section", 400),
    ("language", "lang", 40),
)
"""Attribute, the name that messages use, and how long it may be. PostgreSQL indexes at most 2,700 bytes."""

_NEVER_TOO_LONG = min(limit for _, _, limit in _MAX_BYTES) // 4


def problem(comment: IncomingComment, max_text_chars: int = MAX_TEXT_CHARS) -> tuple[str, str] | None:
    """Why a comment can't be taken in.

    Args:
        comment: Any.
        max_text_chars: Longest text, in code points.

    Returns:
        A stable code and a reason in words that quotes nothing, or `None` where nothing is wrong.
    """
    body = comment.body
    if not body or body.isspace():
        return "text.empty", "text: empty"
    if len(body) > max_text_chars:
        return "text.too_long", f"text: {len(body):,} characters, the limit is {max_text_chars:,}"
    fault = _fault(body)
    if fault:
        return f"text.{fault[0]}", f"text: {fault[1]}"
    if not comment.remote_id or not comment.source:
        return "id.missing", "id: missing"
    for attribute, name, limit in _MAX_BYTES:
        value: str | None = getattr(comment, attribute)
        if not value or (len(value) <= _NEVER_TOO_LONG and value.isprintable()):
            continue  # printable: no NUL, no surrogates
        fault = _fault(value)
        if fault is None and len(value.encode()) > limit:
            fault = ("too_long", f"longer than {limit:,} bytes")
        if fault:
            return f"{name}.{fault[0]}", f"{name}: {fault[1]}"
    return None


def _fault(value: str) -> tuple[str, str] | None:
    """What no database stores: NUL (PostgreSQL) and half of a surrogate pair (both)."""
    if "\0" in value:
        return "nul", "holds a NUL character"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "surrogate", "holds half of a surrogate pair"
    return None
