"""Second opinions and golden items in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, select

from moderator.domain.comment import ERASED
from moderator.domain.decision import Action, ActorKind
from moderator.domain.quality import VERDICTS, BlindItem, GoldenAnswer, Pair
from moderator.domain.stats import NO_LABEL, NOT_JUDGED
from moderator.storage.columns import ARTICLE, COMMENT, DECISION, GOLDEN, OPINION, REVISION

_C, _D, _G, _O = COMMENT.c, DECISION.c, GOLDEN.c, OPINION.c
_UNDO = DECISION.alias("undo")
_DIGITS = 8
_LABELS = {"": NO_LABEL, "not": NOT_JUDGED}


def given(conn: Connection, moderator: str) -> int:
    """How many opinions somebody gave."""
    return conn.execute(select(func.count()).select_from(OPINION).where(_O.moderator == moderator)).scalar_one()


def drawn(conn: Connection, share: float, moderator: str, comment_id: int | None = None) -> BlindItem | None:
    """The first decision that was drawn for a second look, for somebody else than who made it.

    A decision's number is random (UUID 4), so its first digits are its lot: nobody can choose or foresee it.

    Args:
        conn: A transaction.
        share: Of all approvals and rejections, 0..1.
        moderator: Who is to look.
        comment_id: Only this comment's.
    """
    edge = "g" if share >= 1.0 else f"{int(share * 16**_DIGITS):0{_DIGITS}x}"
    wanted = [
        func.substr(_D.decision_id, 1, _DIGITS) < edge,
        _D.actor_kind == ActorKind.HUMAN.value,
        _D.action.in_([action.value for action in VERDICTS]),
        _D.moderator != moderator,
        ~exists().where(_UNDO.c.undo_of == _D.seq),
        ~exists().where(_O.decision_seq == _D.seq),
    ]
    texts = and_(REVISION.c.comment_id == _D.comment_id, REVISION.c.number == _D.revision)
    statement = _item(_D.seq).select_from(
        DECISION.join(COMMENT, _C.id == _D.comment_id)
        .join(REVISION, texts)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
    )
    return _first(conn, statement.where(*wanted).order_by(_D.seq), moderator, comment_id)


def golden(conn: Connection, moderator: str, comment_id: int | None = None) -> BlindItem | None:
    """The first golden item that somebody, who didn't settle it, hasn't judged."""
    texts = and_(REVISION.c.comment_id == _G.comment_id, REVISION.c.number == _G.revision)
    statement = _item(None).select_from(
        GOLDEN.join(COMMENT, _C.id == _G.comment_id).join(REVISION, texts).join(ARTICLE, ARTICLE.c.id == _C.article_id)
    )
    wanted = statement.where(_G.set_by != moderator).order_by(_G.set_at_ms, _G.comment_id)
    return _first(conn, wanted, moderator, comment_id)


def _item(seq: ColumnElement[int] | None) -> Select[Any]:
    text = [_C.id, REVISION.c.number, REVISION.c.body, ARTICLE.c.title, ARTICLE.c.section, _C.language]
    return select(*text, *([] if seq is None else [seq.label("seq")]))


def _first(conn: Connection, statement: Select[Any], moderator: str, comment_id: int | None) -> BlindItem | None:
    judged = and_(_O.comment_id == _C.id, _O.revision == REVISION.c.number, _O.moderator == moderator)
    statement = statement.where(~exists().where(judged), _C.status != ERASED).limit(1)
    if comment_id is not None:
        statement = statement.where(_C.id == comment_id)
    row = conn.execute(statement).mappings().first()
    if row is None:
        return None
    return BlindItem(
        comment_id=row["id"],
        revision=row["number"],
        decision_seq=row.get("seq"),
        body=row["body"],
        article_title=row["title"],
        section=row["section"],
        language=row["language"],
    )


def add_opinion(
    conn: Connection, item: BlindItem, *, moderator: str, action: Action, reason_code: str | None, now_ms: int
) -> None:
    """Writes what somebody said of an item."""
    values = {"comment_id": item.comment_id, "revision": item.revision, "decision_seq": item.decision_seq}
    said = {"moderator": moderator, "action": action.value, "reason_code": reason_code, "given_at_ms": now_ms}
    conn.execute(insert(OPINION), values | said)


def set_golden(
    conn: Connection, comment_id: int, revision: int, *, action: Action, reason_code: str | None, by: str, now_ms: int
) -> None:
    """Settles the answer for a comment's text; what was settled before is replaced."""
    conn.execute(GOLDEN.delete().where(_G.comment_id == comment_id))
    values = {"comment_id": comment_id, "revision": revision, "action": action.value, "reason_code": reason_code}
    conn.execute(insert(GOLDEN), values | {"set_by": by, "set_at_ms": now_ms})


def pairs(conn: Connection, since_ms: int) -> Iterator[Pair]:
    """Decisions with the second opinion on each, given since a time."""
    columns = (_D.rule, _D.moderator, _D.action, _O.moderator.label("second_by"), _O.action.label("second"))
    statement = select(*columns).join(OPINION, _O.decision_seq == _D.seq).where(_O.given_at_ms >= since_ms)
    for row in conn.execute(statement.order_by(_O.id)):
        word = str(row.rule).partition(" ")[0]
        label = _LABELS.get(word, word)
        yield Pair(label, row.moderator, Action(row.action), row.second_by, Action(row.second))


def answers(conn: Connection, since_ms: int) -> Iterator[GoldenAnswer]:
    """What people said of golden items since a time."""
    same = and_(_G.comment_id == _O.comment_id, _G.revision == _O.revision)
    statement = select(_O.moderator, _G.action.label("known"), _O.action).join(GOLDEN, same)
    wanted = statement.where(_O.decision_seq.is_(None), _O.given_at_ms >= since_ms)
    for row in conn.execute(wanted.order_by(_O.id)):
        yield GoldenAnswer(row.moderator, Action(row.known), Action(row.action))
