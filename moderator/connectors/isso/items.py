"""Isso's comments as our values: pure functions, however a comment arrived."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

from moderator.domain.comment import IncomingComment, Status

STATUSES: Mapping[int, Status] = {1: Status.APPROVED, 2: Status.PENDING, 4: Status.REJECTED}
"""Mode -> status. 4 is a deleted comment that is kept for its replies."""


@dataclass(frozen=True, slots=True)
class IssoItem:
    """A comment as Isso has it.

    Attributes:
        text: Markdown, as it was typed.
        author: Stored with HTML escaped.
        uri: Path of the article.
        key: What its activate and delete links are signed with.
    """

    id: int
    mode: int
    text: str = field(repr=False)
    author: str = field(repr=False)
    uri: str
    title: str
    created_ms: int | None
    key: str = field(repr=False)
    parent: int | None = None


def to_comment(item: IssoItem, source: str, site: str = "") -> IncomingComment:
    """One comment.

    Args:
        item: As Isso has it.
        source: Name of the source.
        site: Put before the article's path.
    """
    return IncomingComment(
        source=source,
        remote_id=str(item.id),
        body=item.text,
        article_url=site.rstrip("/") + item.uri,
        article_title=item.title,
        author_name=html.unescape(item.author),
        parent_remote_id=str(item.parent) if item.parent else None,
        posted_at_ms=item.created_ms,
    )
