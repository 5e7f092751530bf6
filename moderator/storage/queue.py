"""The queue as moderators read it: pages by keyset, never by offset, and each order straight from its index.

A page is found in two steps: numbers first, from the index alone, then the rows of those numbers. A filter that no
index answers is tried on the first few thousand in order, which fills a page of a common kind at once; only a rare kind
reads the table through. So the worst filter on a million comments costs one pass, not a million random reads.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    Select,
    and_,
    func,
    literal_column,
    select,
    union_all,
)

from moderator.domain.comment import Order, QueueRow, Status
from moderator.domain.queue import QueueQuery
from moderator.storage.columns import COMMENT
from moderator.storage.conditions import any_stream, filters, streams
from moderator.storage.rows import Viewpoint, is_due, rows

_C = COMMENT.c
_ORDERS: dict[Order, tuple[ColumnElement[Any], bool, bool]] = {
    # key, whether it descends, whether the id descends: as the indexes of `tables.CommentRow` have it
    Order.RISK: (_C.risk, True, False),
    Order.OLDEST: (_C.posted_at_ms, False, False),
    Order.NEWEST: (_C.posted_at_ms, True, True),
    Order.BEST: (_C.likes, True, False),
}
_PEEK = 2_000
_FEW = 20_000
"""Up to here, looking every comment of a status up is quicker than reading the table through."""

_Statement = Select[Any, Any] | CompoundSelect[Any, Any]


def _sorted(statement: Any, order: Order, key: ColumnElement[Any], number: ColumnElement[Any]) -> Any:
    _, key_falls, id_falls = _ORDERS[order]
    return statement.order_by(key.desc() if key_falls else key, number.desc() if id_falls else number)


def _walk(conn: Connection, query: QueueQuery, now_ms: int, place: ColumnElement[bool] | None) -> _Statement:
    """Statement for a query's numbers without its filters, in order, read off the order's index alone."""
    key = _ORDERS[query.order][0]
    narrowed = () if place is None else (place,)
    branches = streams(conn, query, now_ms)
    # The key is read only where branches must be merged by it.
    if len(branches) == 1:
        return _sorted(select(_C.id).where(branches[0], *narrowed), query.order, key, _C.id)
    selects = [select(_C.id, key.label("sort_key")).where(branch, *narrowed) for branch in branches]
    # Each branch comes sorted from its index, and both databases merge them without sorting again.
    return _sorted(union_all(*selects), query.order, literal_column("sort_key"), literal_column("id"))


def _sift(query: QueueQuery, walk: _Statement, wanted: list[ColumnElement[bool]]) -> Select[Any]:
    """Statement for those numbers of a limited walk that pass the filters."""
    numbers = walk.subquery()
    found = select(_C.id).join(numbers, numbers.c.id == _C.id).where(*wanted)
    return _sorted(found, query.order, _ORDERS[query.order][0], _C.id)


def _read_through(conn: Connection, query: QueueQuery, now_ms: int, place: ColumnElement[bool] | None) -> Select[Any]:
    """Statement for a query's numbers that reads the table, or a filter's own index, once and sorts what passes."""
    wanted = [any_stream(conn, query, now_ms), *filters(conn, query, whole=True)]
    if place is not None:
        wanted.append(place)
    if query.min_risk is not None and query.order is Order.RISK:
        wanted.append(_C.risk >= query.min_risk)
    return _sorted(select(_C.id).where(*wanted), query.order, _ORDERS[query.order][0], _C.id)


def _are_few(conn: Connection, walk: _Statement) -> bool:
    counted = select(func.count()).select_from(walk.limit(_FEW + 1).subquery())
    return conn.execute(counted).scalar_one() <= _FEW


def _page(
    conn: Connection, query: QueueQuery, now_ms: int, limit: int, place: ColumnElement[bool] | None = None
) -> list[int]:
    """Numbers of the first `limit` comments of a query, or of those that follow a row."""
    walk = _walk(conn, query, now_ms, place)
    wanted = filters(conn, query)
    if not wanted:
        return list(conn.execute(walk.limit(limit)).scalars())
    found = list(conn.execute(_sift(query, walk.limit(_PEEK), wanted).limit(limit)).scalars())
    if len(found) == limit:
        return found
    rest = _sift(query, walk, wanted) if _are_few(conn, walk) else _read_through(conn, query, now_ms, place)
    return list(conn.execute(rest.limit(limit)).scalars())


def ids(conn: Connection, query: QueueQuery, view: Viewpoint | None = None) -> array[int]:
    """Numbers of all comments of a query, in its order: 8 bytes each, for a list that scrolls through a million."""
    if not query.statuses:
        return array("q")
    now_ms = (view or Viewpoint()).now_ms
    statement = _walk(conn, query, now_ms, None)
    wanted = filters(conn, query)
    if wanted and _are_few(conn, statement):
        statement = _sift(query, statement, wanted)
    elif wanted:
        statement = _read_through(conn, query, now_ms, None)
    result = cast("CursorResult[Any]", conn.execute(statement))
    with result:
        # The driver's own rows: a million of SQLAlchemy's would take a second more.
        return array("q", [row[0] for row in cast("Iterator[tuple[int]]", result.cursor)])


def first_rows(conn: Connection, query: QueueQuery, limit: int, view: Viewpoint | None = None) -> list[QueueRow]:
    """The first `limit` rows of a query in its order."""
    if not query.statuses:
        return []
    view = view or Viewpoint()
    return rows(conn, _page(conn, query, view.now_ms, limit), view)


def next_rows(
    conn: Connection, query: QueueQuery, after: QueueRow, limit: int, view: Viewpoint | None = None
) -> list[QueueRow]:
    """The `limit` rows that follow `after`, a row that this query gave, also when it has left the queue meanwhile."""
    if not query.statuses:
        return []
    view = view or Viewpoint()
    key, key_falls, id_falls = _ORDERS[query.order]
    at: float = {Order.RISK: after.risk, Order.BEST: after.likes}.get(query.order, after.posted_at_ms)
    # Two ranges, each one seek in the index: the rest of the ties, then everything beyond them.
    ties = and_(key == at, _C.id < after.id if id_falls else _C.id > after.id)
    beyond = key < at if key_falls else key > at
    page: list[int] = []
    for place in (ties, beyond):
        if len(page) < limit:
            page += _page(conn, query, view.now_ms, limit - len(page), place)
    return rows(conn, page, view)


def count(conn: Connection, query: QueueQuery, view: Viewpoint | None = None) -> int:
    """How many comments a query has."""
    if filters(conn, query):
        return len(ids(conn, query, view))
    return sum(
        conn.execute(select(func.count()).select_from(COMMENT).where(stream)).scalar_one()
        for stream in streams(conn, query, (view or Viewpoint()).now_ms)
    )


def status_counts(conn: Connection, view: Viewpoint | None = None) -> dict[Status, int]:
    """How many comments stand where; every status is a key."""
    counts = dict.fromkeys(Status, 0)
    for status, number in conn.execute(select(_C.status, func.count()).group_by(_C.status)):
        counts[Status(status)] = number
    woken = select(func.count()).select_from(COMMENT).where(is_due((view or Viewpoint()).now_ms))
    due = conn.execute(woken).scalar_one()
    counts[Status.DEFERRED] -= due
    counts[Status.PENDING] += due
    return counts
