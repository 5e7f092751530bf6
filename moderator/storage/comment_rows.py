"""Rows of comments and of their texts, as every writer makes them."""

from __future__ import annotations

import os
from itertools import count
from typing import Any

from sqlalchemy import Connection, func, select

from moderator.domain.comment import IncomingComment, ScoringState, Status
from moderator.domain.policy import UNSCORED_RISK, Route
from moderator.storage.columns import REVISION
from moderator.storage.places import insert_rows

UNSCORED: dict[str, Any] = {
    "scoring": ScoringState.WAITING.value,
    "scoring_error": None,
    "risk": UNSCORED_RISK,
    "route": Route.REVIEW.value,
    "lead_label": None,
    "lead_score": None,
}
"""Columns of a comment that waits for its scores."""

COMMENT_COLUMNS = (
    *("id", "source", "remote_id", "article_id", "author_id", "parent_remote_id", "posted_at_ms", "received_at_ms"),
    *("likes", "dislikes", "language", "status", "revision", *UNSCORED),
)
"""What `comment_row` gives values for, in its order."""

_SALT_BYTES = 16
_LOCK_NAMESPACE = 0x696E74616B65


def take_turns(conn: Connection, source: str) -> None:
    """Lets two writers of one source wait for each other, so that what one looked up the other doesn't add meanwhile.

    SQLite has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(func.hashtextextended(source, _LOCK_NAMESPACE))
        conn.execute(select(lock))


def comment_row(
    comment_id: int,
    comment: IncomingComment,
    place: tuple[int, int],
    revision: int,
    now_ms: int,
    *,
    status: str = Status.PENDING.value,
) -> tuple[Any, ...]:
    """One comment as it comes in.

    Args:
        comment_id: Its number here.
        comment: As its source gives it.
        place: Numbers of its article and of its author.
        revision: Number of its current text.
        now_ms: Time of intake, UTC milliseconds.
        status: As stored.
    """
    return (
        comment_id,
        comment.source,
        comment.remote_id,
        *place,
        comment.parent_remote_id,
        now_ms if comment.posted_at_ms is None else comment.posted_at_ms,
        now_ms,
        comment.likes,
        comment.dislikes,
        comment.language,
        status,
        revision,
        *UNSCORED.values(),
    )


def write_revisions(conn: Connection, texts: list[tuple[int, int, str, bytes]], now_ms: int) -> None:
    """Writes texts: number of the comment, number of the text, the text, and its digest."""
    if not texts:
        return
    salts = os.urandom(_SALT_BYTES * len(texts))
    rows = [
        (*text, salts[at : at + _SALT_BYTES], now_ms) for at, text in zip(count(step=_SALT_BYTES), texts, strict=False)
    ]
    insert_rows(conn, REVISION, ("comment_id", "number", "body", "content_hash", "salt", "seen_at_ms"), rows)
