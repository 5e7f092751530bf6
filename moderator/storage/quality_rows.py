"""Second opinions and golden items in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, select

from moderator.domain.comment import ERASED, Status
from moderator.domain.decision import Action, ActorKind
from moderator.domain.quality import VERDICTS, BlindItem, GoldenAnswer, Offer, Pair
from moderator.domain.stats import NO_LABEL, NOT_JUDGED
from moderator.storage.columns import ARTICLE, COMMENT, DECISION, GOLDEN, OPINION, REVISION

_C, _D, _G, _O = COMMENT.c, DECISION.c, GOLDEN.c, OPINION.c
_UNDO, _OWN = DECISION.alias("undo"), DECISION.alias("own")
_BY_HAND = _OWN.c.actor_kind == ActorKind.HUMAN.value
_VERDICTS = tuple(action.value for action in VERDICTS)
_SETTLED = (Status.APPROVED.value, Status.REJECTED.value)
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
    texts = and_(REVISION.c.comment_id == _D.comment_id, REVISION.c.number == _D.revision)
    statement = _item(_D.seq).select_from(
        DECISION.join(COMMENT, _C.id == _D.comment_id)
        .join(REVISION, texts)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
    )
    wanted = statement.where(*drawn_for(moderator, share))
    return _first(conn, wanted.order_by(_D.seq), moderator, comment_id)


def drawn_for(moderator: str, share: float) -> list[ColumnElement[bool]]:
    """What makes a decision one that was drawn, that nobody else has judged, and that somebody may judge.

    They may not where they decided on the comment themselves, be it before or after.

    Args:
        moderator: Who is to look.
        share: Of all approvals and rejections, 0..1.
    """
    edge = "g" if share >= 1.0 else f"{int(share * 16**_DIGITS):0{_DIGITS}x}"
    return [
        _D.decision_id < edge,
        _D.actor_kind == ActorKind.HUMAN.value,
        _D.action.in_(_VERDICTS),
        _D.moderator != moderator,
        ~exists().where(_UNDO.c.undo_of == _D.seq),
        ~exists().where(_O.decision_seq == _D.seq, _O.action.in_(_VERDICTS)),
        ~exists().where(_OWN.c.comment_id == _D.comment_id, _OWN.c.moderator == moderator, _BY_HAND),
    ]


def golden(conn: Connection, moderator: str, comment_id: int | None = None) -> BlindItem | None:
    """The first golden item that somebody, who didn't settle it, hasn't judged."""
    texts = and_(REVISION.c.comment_id == _G.comment_id, REVISION.c.number == _G.revision)
    statement = _item(None).select_from(
        GOLDEN.join(COMMENT, _C.id == _G.comment_id).join(REVISION, texts).join(ARTICLE, ARTICLE.c.id == _C.article_id)
    )
    wanted = statement.where(_G.set_by != moderator).order_by(_G.set_at_ms, _G.comment_id)
    return _first(conn, wanted, moderator, comment_id)


def offered(conn: Connection, share: float, moderator: str, most: int) -> tuple[list[Offer], list[Offer]]:
    """What may be put among the comments that wait for somebody, as if it waited: settled, and current in its text.

    Args:
        conn: A transaction.
        share: Of all approvals and rejections, 0..1.
        moderator: Who is to judge.
        most: How many of each at most.

    Returns:
        Drawn decisions, by their lot, and golden items, the oldest first.
    """
    current = and_(_C.id == _D.comment_id, _C.revision == _D.revision, _C.status.in_(_SETTLED))
    draw = select(_D.comment_id, _D.revision, _D.seq).join(COMMENT, current).where(*drawn_for(moderator, share))
    drawn_rows = draw.where(_unjudged(moderator)).order_by(_D.decision_id).limit(most) if share > 0 else None
    current = and_(_C.id == _G.comment_id, _C.revision == _G.revision, _C.status.in_(_SETTLED))
    own = exists().where(_OWN.c.comment_id == _C.id, _OWN.c.moderator == moderator, _BY_HAND)
    known = exists().where(_D.comment_id == _C.id, _D.revision == _C.revision)
    golden_rows = select(_G.comment_id, _G.revision).join(COMMENT, current)
    golden_rows = golden_rows.where(_G.set_by != moderator, _unjudged(moderator), ~own, known)
    golden_rows = golden_rows.order_by(_G.set_at_ms, _G.comment_id).limit(most)
    return (
        []
        if drawn_rows is None
        else [Offer(number, revision, seq) for number, revision, seq in conn.execute(drawn_rows)],
        [Offer(number, revision, None) for number, revision in conn.execute(golden_rows)],
    )


def has_judged(conn: Connection, offer: Offer, moderator: str) -> bool:
    """Whether somebody has given an opinion on a text."""
    same = (_O.comment_id == offer.comment_id, _O.revision == offer.revision, _O.moderator == moderator)
    return conn.execute(select(_O.id).where(*same)).first() is not None


def _unjudged(moderator: str) -> ColumnElement[bool]:
    return ~exists().where(_O.comment_id == _C.id, _O.revision == _C.revision, _O.moderator == moderator)


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
    conn: Connection, item: BlindItem | Offer, *, moderator: str, action: Action, reason_code: str | None, now_ms: int
) -> int:
    """Writes what somebody said of an item. Returns the opinion's number."""
    values = {"comment_id": item.comment_id, "revision": item.revision, "decision_seq": item.decision_seq}
    said = {"moderator": moderator, "action": action.value, "reason_code": reason_code, "given_at_ms": now_ms}
    return conn.execute(insert(OPINION).values(values | said).returning(_O.id)).scalar_one()


def take_back(conn: Connection, opinion_id: int) -> bool:
    """Takes an opinion away. Returns whether it was there."""
    return conn.execute(delete(OPINION).where(_O.id == opinion_id)).rowcount > 0


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
    statement = select(*columns).join(OPINION, _O.decision_seq == _D.seq)
    statement = statement.where(_O.given_at_ms >= since_ms, _O.action.in_(_VERDICTS))
    for row in conn.execute(statement.order_by(_O.id)):
        word = str(row.rule).partition(" ")[0]
        label = _LABELS.get(word, word)
        yield Pair(label, row.moderator, Action(row.action), row.second_by, Action(row.second))


def answers(conn: Connection, since_ms: int) -> Iterator[GoldenAnswer]:
    """What people said of golden items since a time."""
    same = and_(_G.comment_id == _O.comment_id, _G.revision == _O.revision)
    statement = select(_O.moderator, _G.action.label("known"), _O.action).join(GOLDEN, same)
    wanted = statement.where(_O.decision_seq.is_(None), _O.given_at_ms >= since_ms, _O.action.in_(_VERDICTS))
    for row in conn.execute(wanted.order_by(_O.id)):
        yield GoldenAnswer(row.moderator, Action(row.known), Action(row.action))
