"""A `QueueQuery` as SQL conditions: which stored statuses it means, and its filters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, literal_column, or_, select

from moderator.domain.comment import Order, Status
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage import copies
from moderator.storage.columns import ARTICLE, AUTHOR, COMMENT, SCORESET
from moderator.storage.rows import is_due, stored
from moderator.storage.search import contains
from moderator.storage.text_index import text_condition

_C = COMMENT.c


def streams(conn: Connection, query: QueueQuery, now_ms: int) -> list[ColumnElement[bool]]:
    """One condition per stored status that a query means: inside each, an order's index is sorted already."""
    wanted = query.statuses
    found = [stored(status) for status in sorted(wanted - {Status.DEFERRED})]
    if wanted >= {Status.PENDING, Status.DEFERRED}:
        found.append(stored(Status.DEFERRED))
    elif Status.DEFERRED in wanted:
        later = or_(_C.deferred_until_ms.is_(None), _C.deferred_until_ms > now_ms)
        found.append(and_(stored(Status.DEFERRED), later))
    elif Status.PENDING in wanted and conn.execute(select(_C.id).where(is_due(now_ms)).limit(1)).first():
        # The plus keeps the planner on the order's own index: few are due, but many may be deferred.
        due = literal_column("+comment.deferred_until_ms") <= now_ms
        found.append(and_(stored(Status.DEFERRED), due))
    if query.order is Order.RISK and query.min_risk is not None:
        found = [and_(stream, _C.risk >= query.min_risk) for stream in found]
    return found


def _unindexed(conn: Connection, name: str) -> ColumnElement[Any]:
    """A column that SQLite's planner won't take an index for. PostgreSQL weighs indexes by its statistics."""
    return literal_column(f"+comment.{name}") if conn.dialect.name == "sqlite" else _C[name]


def any_stream(conn: Connection, query: QueueQuery, now_ms: int) -> ColumnElement[bool]:
    """What `streams` say, as one condition that no index on the status serves: for reading the table through."""
    status = _unindexed(conn, "status")
    wanted = sorted(query.statuses)
    both = query.statuses >= {Status.PENDING, Status.DEFERRED}
    if both or not query.statuses & {Status.PENDING, Status.DEFERRED}:
        return status.in_(wanted)
    due = and_(status == Status.DEFERRED.value, _C.deferred_until_ms <= now_ms)
    if Status.PENDING in query.statuses:
        return or_(status.in_(wanted), due)
    later = and_(status == Status.DEFERRED.value, or_(_C.deferred_until_ms.is_(None), _C.deferred_until_ms > now_ms))
    return or_(status.in_([each for each in wanted if each is not Status.DEFERRED]), later)


def filters(conn: Connection, query: QueueQuery, now_ms: int, *, whole: bool = False) -> list[ColumnElement[bool]]:
    """What a query asks for beside statuses; empty where an order's index alone answers it.

    Args:
        conn: Says which database it is.
        query: The query.
        now_ms: What ages are counted from, UTC milliseconds.
        whole: The statement goes through the whole table, so that reading all scores once pays.
    """
    found = _places(conn, query) + _authors(conn, query) + _ages(query, now_ms)
    if query.language is not None:
        found.append(_C.language == query.language)
    if query.source is not None:
        found += _source(conn, query.source)
    if query.min_risk is not None and query.order is not Order.RISK:
        found.append(_C.risk >= query.min_risk)
    if query.label is not None:
        found += _band(query.label, query, whole=whole)
    if query.text is not None:
        found.append(text_condition(conn, query.text))
    if query.like is not None:
        found.append(_C.id.in_(copies.numbers(conn, query.like)))
    if query.id is not None:
        found.append(_C.id == query.id)
    return found


def _places(conn: Connection, query: QueueQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.section is not None:
        wanted.append(ARTICLE.c.section == query.section)
    if query.article is not None:
        columns = (ARTICLE.c.title, ARTICLE.c.url)
        wanted.append(or_(*(contains(conn, column, query.article) for column in columns)))
    return [_C.article_id.in_(select(ARTICLE.c.id).where(*wanted))] if wanted else []


def _authors(conn: Connection, query: QueueQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.author is not None:
        wanted.append(contains(conn, AUTHOR.c.name, query.author))
    if query.author_kind is not None:
        wanted.append(AUTHOR.c.kind == query.author_kind.value)
    return [_C.author_id.in_(select(AUTHOR.c.id).where(*wanted))] if wanted else []


def _ages(query: QueueQuery, now_ms: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.younger_s is not None:
        found.append(_C.posted_at_ms > now_ms - query.younger_s * 1000)
    if query.older_s is not None:
        found.append(_C.posted_at_ms <= now_ms - query.older_s * 1000)
    return found


def _band(label: Label, query: QueueQuery, *, whole: bool) -> list[ColumnElement[bool]]:
    """A label's score from a bound on, below another, or both."""
    found: list[ColumnElement[bool]] = []
    if query.at_least is not None:
        found.append(_score(label) >= query.at_least)
    if query.below is not None:
        found.append(_score(label) < query.below)
    if whole and query.at_least is not None:
        reached = select(SCORESET.c.comment_id).where(SCORESET.c[label.value] >= query.at_least)
        found.append(_C.id.in_(reached))
    return found


def _source(conn: Connection, name: str) -> list[ColumnElement[bool]]:
    """The filter for a source; none where every comment is from it, as most sites have one only."""
    others = (select(_C.id).where(side).limit(1) for side in (_C.source < name, _C.source > name))
    if not any(conn.execute(other).first() for other in others):
        return []
    # The index that starts with the source would lead through its comments at random.
    return [_unindexed(conn, "source") == name]


def _score(label: Label) -> ColumnElement[float]:
    """A label's score on the current revision: of several scorers' numbers the latest, as `merge_scores` has it."""
    score = SCORESET.c[label.value]
    return (
        select(score)
        .where(SCORESET.c.comment_id == _C.id, SCORESET.c.revision == _C.revision, score.is_not(None))
        .order_by(SCORESET.c.scored_at_ms.desc(), SCORESET.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
