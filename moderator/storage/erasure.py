"""Erasing texts and who wrote them, with a proof that stays. The decision log holds nothing that must go.

What goes: every text of a comment with its salt (so that the digests in the log say nothing any more) and its words in
the index, scores and marked evidence, moderators' notes on it, leases, and the author where nothing else is theirs.
What stays: that there was a comment with this number at its source, so that it isn't taken in once more, and the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from moderator.domain.comment import ERASED, AuthorKind, ScoringState
from moderator.domain.decision_log import Erasure, ErasureKind
from moderator.storage.chain import author_ref, erasure_hash, erasure_head, head
from moderator.storage.columns import (
    AUTHOR,
    CHAIN_HEAD,
    COMMENT,
    DECISION,
    DECISION_NOTE,
    ERASURE,
    LEASE,
    REVISION,
    SCORE_SPAN,
    SCORESET,
)

NOBODY = "erased"
"""Key of the author, one for each source, whose comments the erased ones are."""

MOST_AT_ONCE = 500
"""Comments erased in one transaction: whoever decides waits no longer than for these."""

_A, _C = AUTHOR.c, COMMENT.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be erased for whom.

    Attributes:
        kind: Why.
        subject: Whose or what, see `Erasure`.
        ordered_by: On whose order.
        done_by: Alias of who runs it.
        app_version: Of this program.
    """

    kind: ErasureKind
    subject: str
    ordered_by: str
    done_by: str
    app_version: str


def authors_by_ref(conn: Connection, key: bytes, ref: str) -> list[int]:
    """Numbers of the authors that a reference means: one, or none.

    Args:
        conn: A transaction.
        key: The operator's key, under which references are made.
        ref: 32 hexadecimal digits.
    """
    everyone = select(_A.id, _A.source, _A.key).where(_A.key != NOBODY)
    return [row.id for row in conn.execute(everyone) if author_ref(key, row.source, row.key) == ref]


def any_guest(conn: Connection, author_ids: Sequence[int]) -> bool:
    """Whether one of these authors is known by a name alone, which several people may use."""
    guests = select(_A.id).where(_A.id.in_(author_ids), _A.kind == AuthorKind.GUEST.value)
    return conn.execute(guests.limit(1)).first() is not None


def comments_of(conn: Connection, author_ids: Sequence[int]) -> list[int]:
    """Numbers of the comments that these authors wrote, in order."""
    return list(conn.execute(select(_C.id).where(_C.author_id.in_(author_ids)).order_by(_C.id)).scalars())


def known(conn: Connection, comment_id: int) -> str | None:
    """The status of a comment as stored, `ERASED` included; `None` where there's no such comment."""
    return conn.execute(select(_C.status).where(_C.id == comment_id)).scalar()


def first_received_ms(conn: Connection, comment_ids: Sequence[int]) -> int | None:
    """When the first of these comments was taken in, UTC milliseconds."""
    return conn.execute(select(func.min(_C.received_at_ms)).where(_C.id.in_(comment_ids))).scalar()


def counts(conn: Connection, comment_ids: Sequence[int]) -> tuple[int, int]:
    """How many texts and how many notes some comments have."""
    texts = select(func.count()).select_from(REVISION).where(REVISION.c.comment_id.in_(comment_ids))
    notes = select(func.count()).select_from(DECISION_NOTE).where(DECISION_NOTE.c.seq.in_(_decisions(comment_ids)))
    return conn.execute(texts).scalar_one(), conn.execute(notes).scalar_one()


def erase(conn: Connection, comment_ids: Sequence[int], order: Order, *, now_ms: int) -> Erasure | None:
    """Erases comments and writes the proof, in the caller's transaction.

    Args:
        conn: A write transaction, durable; the file holds what was deleted until `sweeping.sweep`.
        comment_ids: Which; those that were erased before are left out.
        order: For whom.
        now_ms: UTC milliseconds.

    Returns:
        The proof; `None` where nothing was left to erase.
    """
    rows = select(_C.id, _C.source, _C.author_id).where(_C.id.in_(comment_ids), _C.status != ERASED).order_by(_C.id)
    locked = conn.execute(rows.with_for_update()).all()
    if not locked:
        return None
    ids = [row.id for row in locked]
    # Comments before the chain's head, as every writer does: the head is locked for the proof's place in the chain.
    conn.execute(select(CHAIN_HEAD.c.seq).with_for_update())
    if conn.dialect.name == "sqlite":
        # What is deleted is overwritten at once; what lay about from before goes with `sweeping.sweep`.
        conn.exec_driver_sql("PRAGMA secure_delete = ON")
    texts, notes = counts(conn, ids)
    proof = _prove(conn, order, (len(ids), texts, notes), now_ms)
    _delete(conn, ids)
    for source in sorted({row.source for row in locked}):
        these = [row.id for row in locked if row.source == source]
        gone: dict[str, Any] = {
            "author_id": _nobody(conn, source, now_ms),
            "status": ERASED,
            "deferred_until_ms": None,
            "language": None,
            "scoring": ScoringState.SCORED.value,
            "scoring_error": None,
            "lead_label": None,
            "lead_score": None,
            "risk": 0.0,
            "erased_in": proof.seq,
        }
        conn.execute(update(COMMENT).where(_C.id.in_(these)).values(gone))
    writers = sorted({row.author_id for row in locked})
    theirs = exists().where(_C.author_id == _A.id)
    conn.execute(delete(AUTHOR).where(_A.id.in_(writers), _A.key != NOBODY, ~theirs))
    return proof


def forget_idle_authors(conn: Connection) -> None:
    """Takes authors away who have no comment: an edit came under another name, or their comments were erased."""
    theirs = exists().where(_C.author_id == _A.id)
    conn.execute(delete(AUTHOR).where(~theirs))


def _delete(conn: Connection, ids: Sequence[int]) -> None:
    sets = select(SCORESET.c.id).where(SCORESET.c.comment_id.in_(ids))
    conn.execute(delete(SCORE_SPAN).where(SCORE_SPAN.c.scoreset_id.in_(sets)))
    conn.execute(delete(SCORESET).where(SCORESET.c.comment_id.in_(ids)))
    conn.execute(delete(LEASE).where(LEASE.c.comment_id.in_(ids)))
    conn.execute(delete(DECISION_NOTE).where(DECISION_NOTE.c.seq.in_(_decisions(ids))))
    conn.execute(delete(REVISION).where(REVISION.c.comment_id.in_(ids)))


def _decisions(comment_ids: Sequence[int]) -> Any:
    return select(DECISION.c.seq).where(DECISION.c.comment_id.in_(comment_ids))


def _nobody(conn: Connection, source: str, now_ms: int) -> int:
    """The author of a source's erased comments."""
    found = conn.execute(select(_A.id).where(_A.source == source, _A.key == NOBODY)).scalar()
    if found is not None:
        return found
    values = {"source": source, "key": NOBODY, "name": "", "kind": "guest", "first_seen_ms": now_ms}
    return conn.execute(insert(AUTHOR).values(values).returning(_A.id)).scalar_one()


def _prove(conn: Connection, order: Order, numbers: tuple[int, int, int], now_ms: int) -> Erasure:
    decision_seq, decision_hash = head(conn)
    last, last_hash = erasure_head(conn)
    values: dict[str, Any] = {
        "seq": last + 1,
        "erased_at_ms": now_ms,
        "kind": order.kind.value,
        "subject": order.subject,
        "ordered_by": order.ordered_by,
        "done_by": order.done_by,
        **dict(zip(("comments", "texts", "notes"), numbers, strict=True)),
        "decision_seq": decision_seq,
        "decision_hash": decision_hash,
        "app_version": order.app_version,
        "prev_hash": last_hash,
    }
    values["row_hash"] = erasure_hash(values)
    conn.execute(insert(ERASURE), values)
    return to_erasure(values)


def to_erasure(values: Mapping[Any, Any]) -> Erasure:
    """A proof from a row's values."""
    fields: dict[str, Any] = {**values, "kind": ErasureKind(values["kind"])}
    return Erasure(**fields)


def proofs(conn: Connection, after: int = 0) -> list[Erasure]:
    """Every proof after one, in order."""
    rows = select(ERASURE).where(ERASURE.c.seq > after).order_by(ERASURE.c.seq)
    return [to_erasure(dict(row)) for row in conn.execute(rows).mappings()]


def due(conn: Connection, status: str, before_ms: int, after_id: int, limit: int) -> list[int]:
    """Comments that have stood in a status since before a time, with numbers above one, in order.

    A decided comment's time counts from its last decision, another's from when it was taken in.
    """
    decided = (
        select(func.max(DECISION.c.decided_at_ms)).where(DECISION.c.comment_id == _C.id).correlate(COMMENT)
    ).scalar_subquery()
    stood_since = func.coalesce(decided, _C.received_at_ms)
    statement = select(_C.id).where(_C.status == status, _C.id > after_id, stood_since < before_ms)
    return list(conn.execute(statement.order_by(_C.id).limit(limit)).scalars())


def comment_count(conn: Connection) -> int:
    """How many comments there are, erased ones included."""
    return conn.execute(select(func.count()).select_from(COMMENT)).scalar_one()


def any_comment(conn: Connection) -> bool:
    """Whether a comment was ever taken in, erased ones included."""
    return conn.execute(select(_C.id).limit(1)).first() is not None


def erased_comments(conn: Connection) -> set[tuple[str, str]]:
    """Source and remote id of every comment that was erased."""
    taken = select(_C.source, _C.remote_id).where(_C.status == ERASED)
    return {(row.source, row.remote_id) for row in conn.execute(taken)}


def standing(conn: Connection, names: set[tuple[str, str]]) -> list[int]:
    """Numbers of those of some comments, named by source and remote id, that weren't erased here, in order."""
    if not names:
        return []
    rows = conn.execute(select(_C.id, _C.source, _C.remote_id).where(_C.status != ERASED).order_by(_C.id))
    return [row.id for row in rows if (row.source, row.remote_id) in names]
