"""Reading whole tables for export, a page in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, and_, null, select

from moderator.domain.decision import Decision
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.score import ScoreSet
from moderator.storage.columns import ARTICLE, AUTHOR, COMMENT, DECISION, DECISION_NOTE, OUTBOX, REVISION
from moderator.storage.decision_rows import conditions, to_decision
from moderator.storage.score_rows import score_sets

_PAGE = 500
_C, _D = COMMENT.c, DECISION.c


class DecisionRecord(NamedTuple):
    """A decision, how far it got to its source, and its text where that was asked for and is still there."""

    decision: Decision
    push_state: str | None
    text: str | None


class CommentRecord(NamedTuple):
    """A comment's columns with those of its article, author and text, and what the scorers said."""

    values: RowMapping
    score_sets: tuple[ScoreSet, ...]


def decisions(conn: Connection, wanted: DecisionFilter, *, with_text: bool) -> Iterator[DecisionRecord]:
    """Decisions in the order they were made."""
    body = REVISION.c.body if with_text else null()
    tables = DECISION.outerjoin(DECISION_NOTE, DECISION_NOTE.c.seq == _D.seq).outerjoin(
        OUTBOX, OUTBOX.c.decision_seq == _D.seq
    )
    if with_text:
        decided = and_(REVISION.c.comment_id == _D.comment_id, REVISION.c.number == _D.revision)
        tables = tables.outerjoin(REVISION, decided)
    statement = (
        select(DECISION, DECISION_NOTE.c.note, OUTBOX.c.state.label("push_state"), body.label("text"))
        .select_from(tables)
        .where(*conditions(conn, wanted))
        .order_by(_D.seq)
        .limit(_PAGE)
    )
    last = 0
    while True:
        page = conn.execute(statement.where(_D.seq > last)).mappings().all()
        for row in page:
            values: dict[str, Any] = dict(row)
            push_state, text = values.pop("push_state"), values.pop("text")
            yield DecisionRecord(to_decision(values), push_state, text)
        if len(page) < _PAGE:
            return
        last = page[-1]["seq"]


def comments(conn: Connection, ids: Sequence[int], *, with_text: bool) -> Iterator[CommentRecord]:
    """Comments with these numbers, in this order; what doesn't exist is left out."""
    body = REVISION.c.body if with_text else null()
    statement = (
        select(
            COMMENT,
            ARTICLE.c.url,
            ARTICLE.c.title,
            ARTICLE.c.section,
            AUTHOR.c.key,
            AUTHOR.c.name,
            AUTHOR.c.kind,
            body.label("text"),
        )
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .join(AUTHOR, AUTHOR.c.id == _C.author_id)
    )
    if with_text:
        statement = statement.join(REVISION, and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision))
    for start in range(0, len(ids), _PAGE):
        page = list(ids[start : start + _PAGE])
        found = {row["id"]: row for row in conn.execute(statement.where(_C.id.in_(page))).mappings()}
        scores = score_sets(conn, page, spans=False)
        for number in page:
            if number in found:
                yield CommentRecord(found[number], scores.get(number, ()))
