"""Appeals in the database: opened with a row of the log, settled by the next person's decision, both ways linked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, select, update

from moderator.domain.appeal import Appeal, Outcome
from moderator.domain.decision import Action, ActorKind
from moderator.errors import DecisionConflictError
from moderator.storage.columns import APPEAL, DECISION

_A, _D = APPEAL.c, DECISION.c
_OUTCOMES = {Action.REJECT.value: Outcome.UPHELD, Action.APPROVE.value: Outcome.OVERTURNED}


def add(
    conn: Connection, *, comment_id: int, decision_seq: int, opened_seq: int, text: str, received_at_ms: int
) -> Appeal:
    """Notes an appeal against a decision, and gives it back."""
    values = {"comment_id": comment_id, "decision_seq": decision_seq, "opened_seq": opened_seq}
    conn.execute(insert(APPEAL), {**values, "text": text, "received_at_ms": received_at_ms})
    return _appeals(conn, _select().where(_A.decision_seq == decision_seq))[0]


def waiting_on(conn: Connection, comment_id: int) -> Appeal | None:
    """The appeal that a comment waits for a decision on."""
    found = _appeals(conn, _select().where(_A.comment_id == comment_id, _A.decided_seq.is_(None)))
    return found[0] if found else None


def decided_by(conn: Connection, seq: int) -> bool:
    """Whether a decision was one on an appeal."""
    return conn.execute(select(_A.id).where(_A.decided_seq == seq)).first() is not None


def listed(conn: Connection, *, settled: bool) -> Sequence[Appeal]:
    """Appeals in the order they came in, those that are settled too or only the open ones."""
    statement = _select() if settled else _select().where(_A.decided_seq.is_(None))
    return _appeals(conn, statement.order_by(_A.id))


def refuse_first(conn: Connection, comment_id: int, moderator: str, actor_kind: ActorKind) -> None:
    """Keeps who rejected a comment from deciding on the appeal against that.

    Raises:
        DecisionConflictError: It's theirs.
    """
    appeal = waiting_on(conn, comment_id) if actor_kind is ActorKind.HUMAN else None
    if appeal is not None and appeal.moderator == moderator:
        raise DecisionConflictError(
            "You rejected this comment and its author appealed: somebody else decides now.", code="conflict.appeal"
        )


def follow(conn: Connection, decision: Mapping[str, Any]) -> None:
    """Settles the appeal that a person's decision was about, or opens it again where that decision is taken back.

    Args:
        conn: The transaction that writes the decision.
        decision: Its values, as they are stored.
    """
    if decision["actor_kind"] != ActorKind.HUMAN.value:
        return
    if decision["undo_of"] is not None:
        undone = _A.decided_seq == decision["undo_of"]
        conn.execute(update(APPEAL).where(undone).values(decided_seq=None, outcome=None))
    elif decision["action"] in _OUTCOMES:
        settled: dict[str, Any] = {"decided_seq": decision["seq"], "outcome": _OUTCOMES[decision["action"]].value}
        waits = and_(_A.comment_id == decision["comment_id"], _A.decided_seq.is_(None))
        conn.execute(update(APPEAL).where(waits).values(**settled))


def _select() -> Select[Any]:
    first = (_D.moderator, _D.decided_at_ms.label("rejected_at_ms"), _D.reason_code, _D.reason_title)
    own = (_A.id, _A.comment_id, _A.decision_seq, _A.text, _A.received_at_ms, _A.decided_seq, _A.outcome)
    return select(*[*own, *first]).join(DECISION, _D.seq == _A.decision_seq)


def _appeals(conn: Connection, statement: Select[Any]) -> list[Appeal]:
    return [_appeal(row) for row in conn.execute(statement)]


def _appeal(row: Row[Any]) -> Appeal:
    return Appeal(
        id=row.id,
        comment_id=row.comment_id,
        decision_seq=row.decision_seq,
        text=row.text,
        received_at_ms=row.received_at_ms,
        moderator=row.moderator,
        rejected_at_ms=row.rejected_at_ms,
        reason_code=row.reason_code,
        reason_title=row.reason_title,
        decided_seq=row.decided_seq,
        outcome=Outcome(row.outcome) if row.outcome else None,
    )
