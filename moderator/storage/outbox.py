"""The outbox: decisions on their way to a source that takes them back, held for the undo window first."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from moderator.storage.columns import OUTBOX

_O = OUTBOX.c


def hold(conn: Connection, *, seq: int, comment_id: int, source: str, not_before_ms: int) -> None:
    """Puts a decision in, not to be sent before `not_before_ms` (UTC milliseconds)."""
    conn.execute(
        insert(OUTBOX).values(
            decision_seq=seq,
            comment_id=comment_id,
            source=source,
            state="held",
            not_before_ms=not_before_ms,
            attempts=0,
        )
    )


def withdraw(conn: Connection, *, seq: int, now_ms: int) -> bool:
    """Takes a decision out again, if its time to be sent hasn't come.

    Returns:
        Whether it was taken out: else the source may know of it already.
    """
    held = update(OUTBOX).where(_O.decision_seq == seq, _O.state == "held", _O.not_before_ms > now_ms)
    return conn.execute(held.values(state="cancelled")).rowcount > 0


def withdraw_all(conn: Connection, *, comment_id: int) -> None:
    """Takes out whatever is still held for a comment: its text was edited, so the decision was about another one."""
    conn.execute(update(OUTBOX).where(_O.comment_id == comment_id, _O.state == "held").values(state="cancelled"))
