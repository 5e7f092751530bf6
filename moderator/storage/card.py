"""One comment with everything a moderator needs, in a handful of queries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select

from moderator.domain.comment import CONTEXT, AuthorKind, AuthorRecord, Card, Status, ThreadEntry
from moderator.errors import NotFoundError
from moderator.storage.appeal_rows import waiting_on
from moderator.storage.columns import ARTICLE, AUTHOR, COMMENT, REVISION
from moderator.storage.rows import Viewpoint, ever_waited, row_columns, row_tables, stored, to_row
from moderator.storage.score_rows import score_sets

MAX_REPLIES = 50
"""Replies that a card carries; it counts the others."""

MAX_ABOVE = 8
"""Comments above the one answered that a card carries: a thread's head is rarely farther."""

MAX_LATEST = 10
"""Comments of the same author that a card carries."""

MAX_COUNTED = 1_000
"""Where counting an author's comments of a status stops: a site's nameless guest may have written half of them all."""

_C = COMMENT.c


def card(conn: Connection, comment_id: int, view: Viewpoint | None = None) -> Card:
    """One comment with its text, place, author, thread and scores.

    Raises:
        NotFoundError: No comment has that number.
    """
    view = view or Viewpoint()
    values = _comment(conn, comment_id, view)
    thread = COMMENT.c.source == values["source"]
    answered = values["parent_remote_id"]
    above = _above(conn, thread, answered)
    siblings: tuple[ThreadEntry, ...] = ()
    if answered is not None:
        siblings = _entries(conn, thread, _C.parent_remote_id == answered, _C.id != comment_id, limit=MAX_REPLIES)
    parent = above.pop() if above else None
    answers = and_(thread, COMMENT.c.parent_remote_id == values["remote_id"])
    replies = _entries(conn, answers, limit=MAX_REPLIES)
    count = len(replies)
    if count == MAX_REPLIES:
        count = conn.execute(select(func.count()).select_from(COMMENT).where(answers)).scalar_one()
    return Card(
        row=to_row(values),
        source=values["source"],
        remote_id=values["remote_id"],
        revision=values["revision"],
        body=values["body"],
        previous_body=_text(conn, comment_id, values["revision"] - 1),
        article_url=values["article_url"],
        author=_author(conn, values),
        parent=parent,
        above=tuple(above),
        siblings=siblings,
        parent_missing=values["parent_remote_id"] is not None and parent is None,
        replies=replies,
        reply_count=count,
        score_sets=score_sets(conn, [comment_id]).get(comment_id, ()),
        scoring_error=values["scoring_error"],
        appeal=waiting_on(conn, comment_id),
    )


def _comment(conn: Connection, comment_id: int, view: Viewpoint) -> RowMapping:
    more: tuple[ColumnElement[Any], ...] = (
        _C.remote_id,
        _C.author_id,
        _C.scoring_error,
        REVISION.c.body,
        ARTICLE.c.url.label("article_url"),
        AUTHOR.c.first_seen_ms,
    )
    statement = select(*row_columns(view.now_ms), *more).select_from(row_tables(view))
    values = conn.execute(statement.where(_C.id == comment_id, ever_waited())).mappings().first()
    if values is None:
        raise NotFoundError(
            f"there is no comment {comment_id}", hint="`moderator queue` lists the comments with their numbers."
        )
    return values


def _text(conn: Connection, comment_id: int, number: int) -> str | None:
    if number < 1:
        return None
    text = select(REVISION.c.body).where(REVISION.c.comment_id == comment_id, REVISION.c.number == number)
    return conn.execute(text).scalar()


def _above(conn: Connection, thread: ColumnElement[bool], remote_id: str | None) -> list[ThreadEntry]:
    """What a comment answers and what that answers, the first of the thread first."""
    found: list[ThreadEntry] = []
    seen: set[str] = set()
    while remote_id is not None and remote_id not in seen and len(found) <= MAX_ABOVE:
        seen.add(remote_id)
        this = conn.execute(select(_C.id, _C.parent_remote_id).where(thread, _C.remote_id == remote_id)).first()
        if this is None:
            break
        found += _entries(conn, _C.id == this.id)
        remote_id = this.parent_remote_id
    return found[::-1]


def _latest(conn: Connection, values: RowMapping) -> tuple[ThreadEntry, ...]:
    """An author's latest comments beside this one, of each status off the index, then merged."""
    newest: list[int] = []
    for status in Status:
        theirs = select(_C.id).where(_C.author_id == values["author_id"], stored(status), _C.id != values["id"])
        newest += conn.execute(theirs.order_by(_C.id.desc()).limit(MAX_LATEST)).scalars()
    chosen = sorted(newest, reverse=True)[:MAX_LATEST]
    return _entries(conn, _C.id.in_(chosen), limit=MAX_LATEST)[::-1] if chosen else ()


def _author(conn: Connection, values: RowMapping) -> AuthorRecord:
    counted = [
        select(_C.id).where(_C.author_id == values["author_id"], stored(status)).limit(MAX_COUNTED).subquery()
        for status in Status
    ]
    counts = conn.execute(select(*(select(func.count()).select_from(each).scalar_subquery() for each in counted))).one()
    return AuthorRecord(
        name=values["author_name"],
        kind=AuthorKind(values["author_kind"]),
        first_seen_ms=values["first_seen_ms"],
        counts=dict(zip(Status, counts, strict=True)),
        latest=_latest(conn, values),
    )


def _entries(conn: Connection, *conditions: ColumnElement[bool], limit: int = 1) -> tuple[ThreadEntry, ...]:
    """Comments of a thread with their current texts, oldest first."""
    statement = (
        select(_C.id, AUTHOR.c.name, REVISION.c.body, _C.posted_at_ms, _C.status)
        .join(AUTHOR, AUTHOR.c.id == _C.author_id)
        .join(REVISION, and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision))
        .where(*conditions)
        .order_by(_C.posted_at_ms, _C.id)
        .limit(limit)
    )
    return tuple(
        ThreadEntry(
            id=each.id,
            author_name=each.name,
            body=each.body,
            posted_at_ms=each.posted_at_ms,
            status=None if each.status == CONTEXT else Status(each.status),
        )
        for each in conn.execute(statement)
    )
