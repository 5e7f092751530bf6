"""WordPress comments as our values: pure functions of what its REST API gives, however that arrived.

Source: https://developer.wordpress.org/rest-api/reference/comments/ (fields and statuses), and WordPress 6.1 itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from moderator.connectors.markup import text_of_html
from moderator.domain.comment import AuthorKind, IncomingComment, Status

STATUSES: Mapping[str, Status] = {
    "hold": Status.PENDING,
    "approved": Status.APPROVED,
    "spam": Status.REJECTED,
    "trash": Status.REJECTED,
    "post-trashed": Status.REJECTED,
}
"""A filter says `approve` where an answer says `approved`."""

_POST = re.compile(r"/wp/v2/([a-z0-9_-]+)/(\d+)$")


def to_comment(item: Mapping[str, Any], source: str, titles: Mapping[int, str] | None = None) -> IncomingComment:
    """One comment.

    Args:
        item: As given with `context=edit`.
        source: Name of the source.
        titles: Title per post.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is of another kind.
        ValueError: The date can't be read.
    """
    author = int(item["author"])
    # What the reader wrote; `rendered` adds paragraphs, smart quotes and links.
    body = text_of_html(item["content"]["raw"], keep_lines=True)
    return IncomingComment(
        source=source,
        remote_id=str(int(item["id"])),
        body=body,
        article_url=str(item["link"]).split("#", 1)[0],
        article_title=(titles or {}).get(int(item["post"]), ""),
        author_name=text_of_html(str(item["author_name"])),
        author_kind=AuthorKind.REGISTERED if author else AuthorKind.GUEST,
        author_remote_id=str(author) if author else None,
        parent_remote_id=str(int(item["parent"])) if item["parent"] else None,
        posted_at_ms=_utc_ms(str(item["date_gmt"])),
    )


def post_of(item: Mapping[str, Any]) -> tuple[str, int] | None:
    """Where a comment's article is found: the collection (`posts`, `pages`) and its number."""
    up = item.get("_links", {}).get("up", [])
    match = _POST.search(unquote(str(up[0].get("href", "")))) if up else None
    return (match[1], int(match[2])) if match else None


def _utc_ms(text: str) -> int:
    """`date_gmt` has no zone and is UTC; `date` is the site's own time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
