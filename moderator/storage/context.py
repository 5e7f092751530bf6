"""Comments that are known only because others answer them: read beside those, and in no queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, exists, func, select

from moderator.domain.comment import CONTEXT, IncomingComment, ScoringState, Status, content_hash
from moderator.storage.columns import COMMENT
from moderator.storage.comment_rows import COMMENT_COLUMNS, comment_row, take_turns, write_revisions
from moderator.storage.places import article_ids, author_ids, author_key, insert_rows, lookup, reserve_ids

_C = COMMENT.c
_PARENT = COMMENT.alias("parent")
_OPEN = (Status.PENDING.value, Status.ESCALATED.value, Status.DEFERRED.value)
_SCORING = COMMENT_COLUMNS.index("scoring")


def highest_id(conn: Connection) -> int:
    """The highest number of a comment so far; 0 where there's none."""
    return conn.execute(select(func.coalesce(func.max(_C.id), 0))).scalar_one()


def missing_parents(conn: Connection, source: str, *, since_ms: int, above_id: int, limit: int) -> list[str]:
    """Remote ids of comments that waiting ones answer and that nobody has ever given us.

    Args:
        conn: A transaction.
        source: Whose.
        since_ms: Only parents of what came in from then on, UTC milliseconds.
        above_id: Only parents of comments with a higher number: spares reading what was read before.
        limit: How many at most, those of the newest comments first.
    """
    known = exists().where(_PARENT.c.source == _C.source, _PARENT.c.remote_id == _C.parent_remote_id)
    wanted = (
        select(_C.parent_remote_id)
        .where(_C.id > above_id, _C.source == source, _C.parent_remote_id.is_not(None))
        .where(_C.status.in_(_OPEN), _C.received_at_ms >= since_ms, ~known)
        .group_by(_C.parent_remote_id)
        .order_by(func.max(_C.id).desc())
        .limit(limit)
    )
    return [str(remote_id) for remote_id in conn.execute(wanted).scalars()]


def store_context(conn: Connection, comments: Sequence[IncomingComment], now_ms: int) -> int:
    """Stores comments of one source for reading beside others. Those that are known already stay as they are.

    Args:
        conn: In a write transaction.
        comments: Any number.
        now_ms: UTC milliseconds.

    Returns:
        How many were new.
    """
    if not comments:
        return 0
    source = comments[0].source
    take_turns(conn, source)
    by_id = {comment.remote_id: comment for comment in comments if comment.source == source}
    statement = select(_C.remote_id).where(_C.source == source)
    for (remote_id,) in lookup(conn, statement, _C.remote_id, list(by_id)):
        del by_id[remote_id]
    fresh = list(by_id.values())
    articles = article_ids(conn, source, fresh, now_ms)
    authors = author_ids(conn, source, fresh, now_ms)
    rows: list[tuple[Any, ...]] = []
    texts: list[tuple[int, int, str, bytes]] = []
    for comment_id, comment in zip(reserve_ids(conn, COMMENT, len(fresh)), fresh, strict=True):
        place = articles[comment.article_url], authors[author_key(comment)]
        row = comment_row(comment_id, comment, place, 1, now_ms, status=CONTEXT)
        # Nobody scores it: it's judged when its source gives it as waiting.
        rows.append((*row[:_SCORING], ScoringState.SCORED.value, *row[_SCORING + 1 :]))
        texts.append((comment_id, 1, comment.body, content_hash(comment.body)))
    insert_rows(conn, COMMENT, COMMENT_COLUMNS, rows)
    write_revisions(conn, texts, now_ms)
    return len(fresh)
