"""How far each source has been read, and when it's read again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from moderator.storage.columns import SOURCE_CURSOR

_S = SOURCE_CURSOR.c


def cursor_of(conn: Connection, source: str) -> str:
    """Where reading a source goes on; empty where it was never read."""
    return conn.execute(select(_S.cursor).where(_S.source == source)).scalar() or ""


def pulled_at_ms(conn: Connection, source: str) -> int:
    """When a source was last read to its end, UTC milliseconds; 0 where it never was."""
    return conn.execute(select(_S.updated_at_ms).where(_S.source == source)).scalar() or 0


def claim(conn: Connection, source: str, *, now_ms: int, next_ms: int, due_only: bool) -> bool:
    """Takes a source's next pull, so that no other program pulls it at the same time.

    Args:
        conn: In a write transaction.
        source: Its name.
        now_ms: UTC milliseconds.
        next_ms: When somebody may pull again.
        due_only: Leave it alone where its time hasn't come.

    Returns:
        Whether it's ours.
    """
    if conn.execute(select(_S.source).where(_S.source == source).with_for_update()).first() is None:
        fresh = {"source": source, "cursor": "", "updated_at_ms": 0, "tried_at_ms": now_ms, "next_pull_ms": next_ms}
        conn.execute(insert(SOURCE_CURSOR).values(**fresh, failures=0))
        return True
    taken = update(SOURCE_CURSOR).where(_S.source == source)
    if due_only:
        taken = taken.where(or_(_S.next_pull_ms.is_(None), _S.next_pull_ms <= now_ms))
    return conn.execute(taken.values(tried_at_ms=now_ms, next_pull_ms=next_ms)).rowcount > 0


def succeeded(conn: Connection, source: str, *, cursor: str, now_ms: int, held_there: int | None) -> None:
    """A pull went to its end."""
    values = {"cursor": cursor, "updated_at_ms": now_ms, "failures": 0, "last_error": None, "held_there": held_there}
    _set(conn, source, values)


def failed(conn: Connection, source: str, *, error: str, next_ms: int) -> None:
    """A pull broke off; the cursor stays where it was."""
    _set(conn, source, {"failures": failures_of(conn, source) + 1, "last_error": error, "next_pull_ms": next_ms})


def read_from_the_beginning(conn: Connection, source: str) -> None:
    """Has the next pull begin at the very beginning: something changed there that reading on wouldn't show."""
    _set(conn, source, {"cursor": ""})


def failures_of(conn: Connection, source: str) -> int:
    """How many pulls failed in a row."""
    return conn.execute(select(_S.failures).where(_S.source == source)).scalar() or 0


def _set(conn: Connection, source: str, values: dict[str, Any]) -> None:
    conn.execute(update(SOURCE_CURSOR).where(_S.source == source).values(values))
