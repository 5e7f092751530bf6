"""The queue as moderators read it: pages by keyset, never by offset, and each order straight from its index.

A page is found in two steps: numbers first, from the index alone, then the rows of those numbers. A filter that no
index answers is tried on the first few thousand in order, which fills a page of a common kind at once; only a rare kind
reads the table through. So the worst filter on a million comments costs one pass, not a million random reads.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from moderator.domain.comment import CONTEXT, ERASED, Order, QueueRow, Status
from moderator.domain.queue import QueueQuery, Scored
from moderator.domain.score import Label
from moderator.storage.columns import COMMENT, SCORESET
from moderator.storage.conditions import any_stream, filters, streams
from moderator.storage.rows import Viewpoint, is_due, rows

_C = COMMENT.c
ORDERS: dict[Order, tuple[ColumnElement[Any], bool, bool]] = {
    # key, whether it descends, whether the id descends: as the indexes of `tables.CommentRow` have it
    Order.RISK: (_C.risk, True, False),
    Order.OLDEST: (_C.posted_at_ms, False, False),
    Order.NEWEST: (_C.posted_at_ms, True, True),
    Order.BEST: (_C.likes, True, False),
}
"""What each order goes by, and in which direction."""

_PEEK = 1_000
_FEW = 20_000
"""Up to here, looking every comment of a status up is quicker than reading the table through."""


class _Place(NamedTuple):
    """A part of a queue: what lies in it, and whether all of it ties in the order's key."""

    inside: tuple[ColumnElement[bool], ...] = ()
    tied: bool = False


_WHOLE = _Place()


def _sorted(
    statement: Any, order: Order, key: ColumnElement[Any], number: ColumnElement[Any], *, tied: bool = False
) -> Any:
    _, key_falls, id_falls = ORDERS[order]
    by_id = number.desc() if id_falls else number
    return statement.order_by(by_id) if tied else statement.order_by(key.desc() if key_falls else key, by_id)


def _walk(conn: Connection, query: QueueQuery, now_ms: int, limit: int, place: _Place) -> list[int]:
    """The first numbers of a query without its filters, each status read off the order's index alone."""
    key, key_falls, id_falls = ORDERS[query.order]
    found: list[list[tuple[float, int]]] = []
    for stream in streams(conn, query, now_ms):
        statement = _sorted(select(key, _C.id).where(stream, *place.inside), query.order, key, _C.id, tied=place.tied)
        found.append(list(cast("Iterable[tuple[float, int]]", conn.execute(statement.limit(limit)))))
    if len(found) > 1:
        # Merged here: PostgreSQL would sort a UNION of them whole before it cut the page off.
        falls = (-1 if key_falls else 1, -1 if id_falls else 1)
        merged = heapq.merge(*found, key=lambda pair: (falls[0] * pair[0], falls[1] * pair[1]))
        return [number for _, number in islice(merged, limit)]
    return [number for _, number in found[0]]


def _sift(conn: Connection, numbers: list[int], wanted: list[ColumnElement[bool]], limit: int) -> list[int]:
    """Those of a page of numbers that pass the filters, at most `limit`, in the same order."""
    passed = set(conn.execute(select(_C.id).where(_C.id.in_(numbers), *wanted)).scalars())
    return [number for number in numbers if number in passed][:limit]


def _search(conn: Connection, query: QueueQuery, now_ms: int, place: _Place) -> Select[Any]:
    """Statement for a query's numbers with its filters: through its statuses if they're short, else the whole table."""
    branches = streams(conn, query, now_ms)
    few = all(
        conn.execute(
            select(func.count()).select_from(select(_C.id).where(branch).limit(_FEW + 1).subquery())
        ).scalar_one()
        <= _FEW
        for branch in branches
    )
    if few:
        wanted = [or_(*branches), *filters(conn, query, now_ms)]
    else:
        wanted = [any_stream(conn, query, now_ms), *filters(conn, query, now_ms, whole=True)]
        if query.min_risk is not None and query.order is Order.RISK:
            wanted.append(_C.risk >= query.min_risk)
    return _sorted(select(_C.id).where(*wanted, *place.inside), query.order, ORDERS[query.order][0], _C.id)


def _page(conn: Connection, query: QueueQuery, now_ms: int, limit: int, place: _Place = _WHOLE) -> list[int]:
    """Numbers of the first `limit` comments of a query, or of those that follow a row."""
    wanted = filters(conn, query, now_ms)
    if not wanted:
        return _walk(conn, query, now_ms, limit, place)
    ahead = _walk(conn, query, now_ms, _PEEK, place)
    found = _sift(conn, ahead, wanted, limit) if ahead else []
    if len(found) == limit or len(ahead) < _PEEK:
        return found
    return list(conn.execute(_search(conn, query, now_ms, place).limit(limit)).scalars())


def ids(conn: Connection, query: QueueQuery, view: Viewpoint | None = None) -> array[int]:
    """Numbers of all comments of a query, in its order: 8 bytes each, for a list that scrolls through a million."""
    if not query.statuses:
        return array("q")
    now_ms = (view or Viewpoint()).now_ms
    statement = _search(conn, query, now_ms, _WHOLE) if filters(conn, query, now_ms) else _all(conn, query, now_ms)
    result = cast("CursorResult[Any]", conn.execute(statement))
    with result:
        # The driver's own rows: a million of SQLAlchemy's would take a second more.
        return array("q", [row[0] for row in cast("Iterator[tuple[int]]", result.cursor)])


def _all(conn: Connection, query: QueueQuery, now_ms: int) -> Select[Any] | CompoundSelect[Any, Any]:
    """Statement for all numbers of a query that has no filters."""
    key = ORDERS[query.order][0]
    branches = streams(conn, query, now_ms)
    if len(branches) == 1:
        return _sorted(select(_C.id).where(branches[0]), query.order, key, _C.id)
    # SQLite merges the branches, which come sorted from the index; PostgreSQL sorts them.
    union = union_all(*(select(_C.id, key.label("sort_key")).where(branch) for branch in branches))
    return _sorted(union, query.order, literal_column("sort_key"), literal_column("id"))


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
    key, key_falls, id_falls = ORDERS[query.order]
    at: float = {Order.RISK: after.risk, Order.BEST: after.likes}.get(query.order, after.posted_at_ms)
    # Two ranges, each one seek in the index: the rest of the ties, then everything beyond them.
    ties = _Place((key == at, _C.id < after.id if id_falls else _C.id > after.id), tied=True)
    beyond = _Place((key < at if key_falls else key > at,))
    page: list[int] = []
    for place in (ties, beyond):
        if len(page) < limit:
            page += _page(conn, query, view.now_ms, limit - len(page), place)
    return rows(conn, page, view)


def scored(conn: Connection, query: QueueQuery, label: Label, view: Viewpoint | None = None) -> Scored:
    """A label's score on the current revision of every comment of a query, the lowest first."""
    if not query.statuses:
        return Scored()
    view = view or Viewpoint()
    score = SCORESET.c[label.value]
    current = and_(SCORESET.c.comment_id == _C.id, SCORESET.c.revision == _C.revision)
    statement = (
        # All scores are read through once: looking each comment's up would take ten times as long.
        select(_C.id, SCORESET.c.scored_at_ms, SCORESET.c.id, score, _C.revision)
        .join_from(SCORESET, COMMENT, current)
        .where(score.is_not(None), any_stream(conn, query, view.now_ms), *filters(conn, query, view.now_ms, whole=True))
    )
    if query.min_risk is not None:
        statement = statement.where(_C.risk >= query.min_risk)
    latest: dict[int, tuple[int, int, float, int]] = {}
    result = cast("CursorResult[Any]", conn.execute(statement))
    with result:
        for row in cast("Iterator[tuple[int, int, int, float, int]]", result.cursor):
            if latest.get(row[0], row[1:]) <= row[1:]:
                latest[row[0]] = row[1:]
    order = sorted(latest, key=lambda comment_id: (latest[comment_id][2], comment_id))
    return Scored(
        array("d", [latest[comment_id][2] for comment_id in order]),
        array("q", order),
        array("l", [latest[comment_id][3] for comment_id in order]),
        max(count(conn, query, view) - len(order), 0),
    )


def count(conn: Connection, query: QueueQuery, view: Viewpoint | None = None) -> int:
    """How many comments a query has."""
    view = view or Viewpoint()
    if filters(conn, query, view.now_ms):
        return len(ids(conn, query, view))
    return sum(
        conn.execute(select(func.count()).select_from(COMMENT).where(stream)).scalar_one()
        for stream in streams(conn, query, view.now_ms)
    )


def status_counts(conn: Connection, view: Viewpoint | None = None) -> dict[Status, int]:
    """How many comments stand where; every status is a key."""
    counts = dict.fromkeys(Status, 0)
    for status, number in conn.execute(select(_C.status, func.count()).group_by(_C.status)):
        if status not in {CONTEXT, ERASED}:
            counts[Status(status)] = number
    woken = select(func.count()).select_from(COMMENT).where(is_due((view or Viewpoint()).now_ms))
    due = conn.execute(woken).scalar_one()
    counts[Status.DEFERRED] -= due
    counts[Status.PENDING] += due
    return counts
