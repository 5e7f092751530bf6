"""Everything that is kept of one author, read for that author."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, select

from moderator.storage.columns import APPEAL, ARTICLE, AUTHOR, COMMENT, DECISION, DECISION_NOTE, REVISION, SCORESET

_PAGE = 200


class SubjectComment(NamedTuple):
    """A comment's columns with those of its article, and what belongs to it, each in order of time."""

    values: RowMapping
    texts: Sequence[RowMapping]
    score_sets: Sequence[RowMapping]
    decisions: Sequence[RowMapping]
    appeals: Sequence[RowMapping]


def authors(conn: Connection, ids: Sequence[int]) -> list[RowMapping]:
    """The rows of some authors."""
    return list(conn.execute(select(AUTHOR).where(AUTHOR.c.id.in_(ids)).order_by(AUTHOR.c.id)).mappings())


def comments(conn: Connection, ids: Sequence[int]) -> Iterator[SubjectComment]:
    """Comments with all that belongs to them, a page in memory at a time."""
    columns = COMMENT.c
    tables = COMMENT.join(ARTICLE, ARTICLE.c.id == columns.article_id)
    of = select(COMMENT, ARTICLE.c.url, ARTICLE.c.title, ARTICLE.c.section).select_from(tables)
    notes = DECISION.outerjoin(DECISION_NOTE, DECISION_NOTE.c.seq == DECISION.c.seq)
    decided = select(DECISION, DECISION_NOTE.c.note).select_from(notes).order_by(DECISION.c.seq)
    settled = DECISION.c.decided_at_ms.label("settled_at_ms")
    appealed = select(APPEAL, settled).outerjoin(DECISION, DECISION.c.seq == APPEAL.c.decided_seq).order_by(APPEAL.c.id)
    for start in range(0, len(ids), _PAGE):
        these = list(ids[start : start + _PAGE])
        texts = _grouped(conn, select(REVISION).order_by(REVISION.c.number), REVISION.c.comment_id, these)
        scored = select(SCORESET).order_by(SCORESET.c.scored_at_ms, SCORESET.c.id)
        sets = _grouped(conn, scored, SCORESET.c.comment_id, these)
        decisions = _grouped(conn, decided, DECISION.c.comment_id, these)
        appeals = _grouped(conn, appealed, APPEAL.c.comment_id, these)
        for row in conn.execute(of.where(columns.id.in_(these)).order_by(columns.id)).mappings():
            number = row["id"]
            yield SubjectComment(row, texts[number], sets[number], decisions[number], appeals[number])


def _grouped(
    conn: Connection, statement: Select[Any], by: Any, these: Sequence[int]
) -> defaultdict[int, list[RowMapping]]:
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(statement.where(by.in_(these))).mappings():
        found[row["comment_id"]].append(row)
    return found
