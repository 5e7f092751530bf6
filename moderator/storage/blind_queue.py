"""Where comments that don't wait would stand among those that do, so that nobody can tell them apart by their place."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from moderator.domain.comment import Order
from moderator.domain.queue import QueueQuery
from moderator.storage.columns import COMMENT
from moderator.storage.conditions import filters
from moderator.storage.queue import ORDERS

_C = COMMENT.c


def places(
    conn: Connection, query: QueueQuery, ids: array[int], others: Sequence[int], now_ms: int
) -> list[tuple[int, int]]:
    """Where other comments would stand in a queue.

    Args:
        conn: A transaction.
        query: The queue.
        ids: All of it, in its order.
        others: Comments that aren't in it.
        now_ms: What ages are counted from, UTC milliseconds.

    Returns:
        For each that the queue's filters let through, in its order: before which index of `ids`, and its number.
    """
    key, key_falls, id_falls = ORDERS[query.order]
    wanted = filters(conn, query, now_ms)
    if query.min_risk is not None and query.order is Order.RISK:
        wanted.append(_C.risk >= query.min_risk)

    values = select(_C.id, key)

    def ranks(*chosen: ColumnElement[bool]) -> dict[int, tuple[float, int]]:
        rows = conn.execute(values.where(*chosen))
        return {at: (-value if key_falls else value, -at if id_falls else at) for at, value in rows}

    known: dict[int, tuple[float, int]] = {}

    def rank(number: int) -> tuple[float, int]:
        if number not in known:
            known.update(ranks(_C.id == number))
        return known[number]

    theirs = ranks(_C.id.in_(others), *wanted)
    return sorted((bisect_left(ids, own, key=rank), number) for number, own in theirs.items())
