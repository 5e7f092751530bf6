"""The outbox: decisions on their way to a source that takes them back, held for the undo window first.

A row is claimed before it's sent and settled afterwards, each in a transaction of its own. Whoever dies in between
leaves a claim that runs out: then the row is sent again, which a sink must bear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update

from moderator.domain.comment import Status
from moderator.storage.columns import COMMENT, OUTBOX, REVISION
from moderator.storage.places import lookup

_O = OUTBOX.c
_EARLIER = OUTBOX.alias("earlier")


class State(StrEnum):
    """Where a decision is on its way."""

    HELD = "held"
    """To be sent once `not_before_ms` has come: the undo window, or the pause before another try."""
    SENDING = "sending"
    """Claimed by somebody until `not_before_ms`."""
    SENT = "sent"
    CANCELLED = "cancelled"
    """Taken out before it was sent: undone in time, edited, or overtaken by a later decision."""
    STAYS = "stays"
    """The source knows no way there."""
    CONFLICT = "conflict"
    """The source stood elsewhere than we thought; the comment came back to the queue."""
    DEAD = "dead"
    """Given up after many tries, or refused: waits for `deliver --retry`."""


OPEN = (State.HELD.value, State.SENDING.value)
_DECIDED = (Status.APPROVED.value, Status.REJECTED.value)
GONE = "gone"
"""In `stands_at`: the comment isn't there any more."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row as services see it.

    Attributes:
        seq: Number of the decision.
        last_error: What the last try said, in words, if it failed.
    """

    id: int
    seq: int
    comment_id: int
    source: str
    state: State
    not_before_ms: int
    attempts: int
    last_error: str | None


class Delivered(NamedTuple):
    """A comment whose latest decision arrived at its source; `pending` here where its text was edited since."""

    comment_id: int
    remote_id: str
    status: Status


def hold(conn: Connection, *, seq: int, comment_id: int, source: str, not_before_ms: int) -> None:
    """Puts a decision in, not to be sent before `not_before_ms` (UTC milliseconds)."""
    conn.execute(
        insert(OUTBOX).values(
            decision_seq=seq,
            comment_id=comment_id,
            source=source,
            state=State.HELD.value,
            not_before_ms=not_before_ms,
            attempts=0,
        )
    )


def withdraw(conn: Connection, *, seq: int, now_ms: int) -> bool:
    """Takes a decision out again, if its time to be sent hasn't come.

    Returns:
        Whether it was taken out: else the source may know of it already.
    """
    held = update(OUTBOX).where(
        _O.decision_seq == seq, _O.state == State.HELD.value, _O.attempts == 0, _O.not_before_ms > now_ms
    )
    return conn.execute(held.values(state=State.CANCELLED.value)).rowcount > 0


def withdraw_all(conn: Connection, *, comment_id: int) -> None:
    """Takes out whatever is still held for a comment: its text was edited, so the decision was about another one."""
    held = update(OUTBOX).where(_O.comment_id == comment_id, _O.state == State.HELD.value)
    conn.execute(held.values(state=State.CANCELLED.value))


def claim(conn: Connection, source: str, *, now_ms: int, until_ms: int) -> OutboxEntry | None:
    """Takes the next decision that may be sent to a source, so that nobody else sends it until `until_ms`.

    Decisions on one comment go in their order: a later one waits for an earlier one that's still open.

    Returns:
        The claimed row, or `None` where nothing may be sent now.
    """
    earlier_is_open = exists().where(
        _EARLIER.c.comment_id == _O.comment_id, _EARLIER.c.id < _O.id, _EARLIER.c.state.in_(OPEN)
    )
    due = (
        select(*_ENTRY)
        .where(_O.source == source, _O.state.in_(OPEN), _O.not_before_ms <= now_ms, ~earlier_is_open)
        .order_by(_O.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = conn.execute(due).first()
    if found is None:
        return None
    conn.execute(update(OUTBOX).where(_O.id == found.id).values(state=State.SENDING.value, not_before_ms=until_ms))
    return _entry(tuple(found))


def settle(
    conn: Connection, entry: OutboxEntry, state: State, *, now_ms: int, stands_at: str | None, error: str | None
) -> None:
    """Ends a row's way. Earlier dead ones of the same comment are overtaken by it."""
    values = {
        "state": state.value,
        "settled_at_ms": now_ms,
        "stands_at": stands_at,
        "last_error": error,
        "attempts": _O.attempts + 1,
    }
    conn.execute(update(OUTBOX).where(_O.id == entry.id).values(values))
    if state is not State.DEAD:
        overtaken = and_(_O.comment_id == entry.comment_id, _O.id < entry.id, _O.state == State.DEAD.value)
        conn.execute(update(OUTBOX).where(overtaken).values(state=State.CANCELLED.value))


def postpone(conn: Connection, entry: OutboxEntry, *, not_before_ms: int, error: str) -> None:
    """Gives a claimed row back for another try."""
    values = {
        "state": State.HELD.value,
        "not_before_ms": not_before_ms,
        "attempts": _O.attempts + 1,
        "last_error": error,
    }
    conn.execute(update(OUTBOX).where(_O.id == entry.id, _O.state == State.SENDING.value).values(values))


def revive(conn: Connection, sources: Sequence[str], *, now_ms: int) -> int:
    """Gives dead rows of some sources another life, and those that wait for another try their turn now.

    Returns:
        How many dead ones there were.
    """
    of_these = _O.source.in_(sources)
    waiting = and_(of_these, _O.state == State.HELD.value, _O.attempts > 0)
    conn.execute(update(OUTBOX).where(waiting).values(not_before_ms=now_ms))
    dead = update(OUTBOX).where(of_these, _O.state == State.DEAD.value)
    values = {"state": State.HELD.value, "attempts": 0, "not_before_ms": now_ms, "settled_at_ms": None}
    return conn.execute(dead.values(values)).rowcount


def last_heard(conn: Connection, comment_id: int) -> Status | None:
    """Where a comment stood at its source when we last heard of it.

    Returns:
        `pending` where nothing was ever sent; `None` where it was gone.
    """
    settled = select(_O.stands_at).where(_O.comment_id == comment_id, _O.stands_at.is_not(None)).order_by(_O.id.desc())
    found = conn.execute(settled.limit(1)).scalar()
    if found is None:
        return Status.PENDING
    return None if found == GONE else Status(found)


def delivered_before(conn: Connection, source: str, remote_ids: Sequence[str], before_ms: int) -> list[Delivered]:
    """Those of a source's comments whose latest decision was delivered before a time, and stood there since we heard.

    Args:
        conn: A transaction.
        source: Name of the source.
        remote_ids: Any number.
        before_ms: UTC milliseconds, exclusive.

    Returns:
        Them, in the order of their numbers.
    """
    one = OUTBOX.alias("one")
    latest = select(func.max(one.c.id)).where(one.c.comment_id == COMMENT.c.id, one.c.state != State.CANCELLED.value)
    statement = (
        select(COMMENT.c.id, COMMENT.c.remote_id, COMMENT.c.status)
        .select_from(COMMENT.join(OUTBOX, _O.comment_id == COMMENT.c.id))
        .where(
            _O.id == latest.correlate(COMMENT).scalar_subquery(),
            COMMENT.c.source == source,
            COMMENT.c.status.in_([Status.PENDING.value, *_DECIDED]),
            _O.state == State.SENT.value,
            _O.stands_at.in_(_DECIDED),
            _O.settled_at_ms < before_ms,
        )
    )
    rows = lookup(conn, statement, COMMENT.c.remote_id, remote_ids)
    return sorted(Delivered(row.id, row.remote_id, Status(row.status)) for row in rows)


def hear(conn: Connection, comment_id: int, stands_at: Status) -> None:
    """Notes where a comment stands at its source now, in place of what was heard last."""
    last = select(func.max(_O.id)).where(_O.comment_id == comment_id, _O.stands_at.is_not(None)).scalar_subquery()
    conn.execute(update(OUTBOX).where(_O.id == last).values(stands_at=stands_at.value))


def text_of(conn: Connection, comment_id: int, revision: int) -> str:
    """The text that a decision was made on; empty where it was erased since."""
    _r = REVISION.c
    found = conn.execute(select(_r.body).where(_r.comment_id == comment_id, _r.number == revision)).scalar()
    return found or ""


def entries(conn: Connection, states: Sequence[State], *, limit: int = 1000) -> list[OutboxEntry]:
    """Rows in these states, the oldest first."""
    statement = select(*_ENTRY).where(_O.state.in_([state.value for state in states])).order_by(_O.id).limit(limit)
    return [_entry(tuple(row)) for row in conn.execute(statement)]


def depths(conn: Connection) -> dict[tuple[str, State], int]:
    """How many rows each source has in each state that still matters: held, being sent, dead."""
    mattering = [*OPEN, State.DEAD.value]
    counted = select(_O.source, _O.state, func.count()).where(_O.state.in_(mattering)).group_by(_O.source, _O.state)
    return {(source, State(state)): number for source, state, number in conn.execute(counted)}


def next_due_ms(conn: Connection) -> int | None:
    """When the next open row may be sent; `None` where none is open."""
    return conn.execute(select(func.min(_O.not_before_ms)).where(_O.state.in_(OPEN))).scalar()


def last_errors(conn: Connection) -> dict[str, str]:
    """What the latest failing open or dead row of each source says."""
    failing = or_(_O.state.in_(OPEN), _O.state == State.DEAD.value)
    newest = (
        select(_O.source, func.max(_O.id).label("id")).where(failing, _O.last_error.is_not(None)).group_by(_O.source)
    ).subquery()
    return {row[0]: row[1] for row in conn.execute(select(_O.source, _O.last_error).join(newest, newest.c.id == _O.id))}


def standing_of(conn: Connection, seq: int) -> tuple[str, str] | None:
    """What became of a decision: its source and state in the outbox; `None` where it was never to be sent."""
    found = conn.execute(select(_O.source, _O.state).where(_O.decision_seq == seq)).first()
    return None if found is None else (found.source, found.state)


def held_here(conn: Connection) -> dict[str, int]:
    """How many comments of each source wait here for a decision."""
    waiting = (Status.PENDING.value, Status.ESCALATED.value, Status.DEFERRED.value)
    counted = select(COMMENT.c.source, func.count()).where(COMMENT.c.status.in_(waiting)).group_by(COMMENT.c.source)
    return {row[0]: row[1] for row in conn.execute(counted)}


_ENTRY = (_O.id, _O.decision_seq, _O.comment_id, _O.source, _O.state, _O.not_before_ms, _O.attempts, _O.last_error)


def _entry(row: Sequence[Any]) -> OutboxEntry:
    return OutboxEntry(row[0], row[1], row[2], row[3], State(row[4]), row[5], row[6], row[7])
