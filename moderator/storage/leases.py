"""Leases: who has which comment open, until when. One row per comment; an expired one is nobody's."""

from __future__ import annotations

from sqlalchemy import Connection, delete, or_, select, text

from moderator.storage.columns import LEASE

_L = LEASE.c

# As text, since both databases read it: SQLAlchemy's own form would import both dialects, 0.1 s of a program's start.
_TAKE = text(
    """
    INSERT INTO lease (comment_id, holder, moderator, expires_at_ms)
    VALUES (:comment_id, :holder, :moderator, :expires_at_ms)
    ON CONFLICT (comment_id) DO UPDATE
    SET holder = excluded.holder, moderator = excluded.moderator, expires_at_ms = excluded.expires_at_ms
    WHERE lease.expires_at_ms <= :now_ms OR lease.holder = excluded.holder
    """
)


def take(
    conn: Connection, comment_id: int, *, holder: str, moderator: str, now_ms: int, expires_at_ms: int
) -> str | None:
    """Takes or renews a lease.

    Args:
        conn: A write transaction.
        comment_id: The comment.
        holder: Who asks: one running program, unlike any other, also of the same moderator.
        moderator: Their alias, for others to read.
        now_ms: UTC milliseconds.
        expires_at_ms: Until when, UTC milliseconds.

    Returns:
        `None` when `holder` has it now, else the alias of who has.
    """
    values = {"holder": holder, "moderator": moderator, "now_ms": now_ms, "expires_at_ms": expires_at_ms}
    conn.execute(_TAKE, {"comment_id": comment_id, **values})
    return other_holder(conn, comment_id, holder=holder, now_ms=now_ms)


def other_holder(conn: Connection, comment_id: int, *, holder: str, now_ms: int) -> str | None:
    """Alias of another who has the comment open now, `None` where it's free or `holder`'s own."""
    others = select(_L.moderator).where(_L.comment_id == comment_id, _L.expires_at_ms > now_ms, _L.holder != holder)
    return conn.execute(others).scalar()


def release(conn: Connection, comment_id: int, *, holder: str) -> None:
    """Gives one comment back; nothing happens where it isn't `holder`'s."""
    conn.execute(delete(LEASE).where(_L.comment_id == comment_id, _L.holder == holder))


def release_all(conn: Connection, *, holder: str, now_ms: int) -> None:
    """Gives back all that `holder` has, and sweeps away what expired."""
    conn.execute(delete(LEASE).where(or_(_L.holder == holder, _L.expires_at_ms <= now_ms)))
