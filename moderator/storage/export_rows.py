"""Reading whole tables for export, a page in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, RowMapping, Select, Text, and_, case, null, or_, select
from sqlalchemy import cast as cast_to

from moderator.domain.decision_log import DecisionFilter
from moderator.domain.score import ScoreSet
from moderator.storage.columns import APPEAL, ARTICLE, AUTHOR, COMMENT, DECISION, DECISION_NOTE, OUTBOX, REVISION
from moderator.storage.decision_rows import conditions
from moderator.storage.outbox import State
from moderator.storage.score_rows import score_sets

_PAGE = 2_000
_A, _C, _D = APPEAL.c, COMMENT.c, DECISION.c
_JSON = ("scorers", "thresholds")


Page = dict[str, Sequence[Any]]
"""Some rows of a statement at once: values by the name of their column, as the driver gives them."""


class CommentRecord(NamedTuple):
    """A comment's columns with those of its article, author and text, and what the scorers said."""

    values: RowMapping
    score_sets: tuple[ScoreSet, ...]


def decisions(
    conn: Connection, wanted: DecisionFilter, *, with_text: bool, after_seq: int = 0, until_seq: int | None = None
) -> Iterator[Page]:
    """Decisions in the order they were made, with how far they got to their source.

    Objects and lists are JSON in a text, as they are stored: nobody in between has to read them.

    Args:
        conn: A transaction.
        wanted: Which.
        with_text: Also notes and the texts decided on, as far as they are there still.
        after_seq: Only those after this one.
        until_seq: Only those up to this one.
    """
    statement = _decision_columns(with_text=with_text).where(*conditions(conn, wanted)).order_by(_D.seq).limit(_PAGE)
    if until_seq is not None:
        statement = statement.where(_D.seq <= until_seq)
    names = [str(column.key) for column in statement.selected_columns]
    last, place = after_seq, names.index("seq")
    while True:
        result = conn.execute(statement.where(_D.seq > last))
        with result:
            # The driver's own rows: SQLAlchemy's would take as long as all the rest.
            page = list(cast("Iterable[tuple[Any, ...]]", result.cursor))
        if page:
            columns: Iterable[Sequence[Any]] = zip(*page, strict=True)
            yield dict(zip(names, columns, strict=True))
        if len(page) < _PAGE:
            return
        last = page[-1][place]


def _decision_columns(*, with_text: bool) -> Select[Any]:
    """A decision's columns, its way to the source, and the appeal that it has to do with."""
    plain = [column for column in DECISION.c if column.name not in _JSON]
    as_text = [cast_to(_D[name], Text).label(name) for name in _JSON]
    sent = case((OUTBOX.c.state == State.SENT.value, OUTBOX.c.settled_at_ms))
    way = (OUTBOX.c.state.label("push_state"), sent.label("pushed_at_ms"), OUTBOX.c.stands_at, OUTBOX.c.last_error)
    whose = or_(*(_A[name] == _D.seq for name in ("decision_seq", "opened_seq", "decided_seq")))
    appeal = select(_A.id).where(whose).limit(1).scalar_subquery().label("appeal_id")
    first = select(_A.decision_seq).where(_A.decided_seq == _D.seq).scalar_subquery().label("second_review_of")
    texts = (DECISION_NOTE.c.note, REVISION.c.body.label("text")) if with_text else ()
    tables = DECISION.outerjoin(OUTBOX, OUTBOX.c.decision_seq == _D.seq)
    if with_text:
        decided = and_(REVISION.c.comment_id == _D.comment_id, REVISION.c.number == _D.revision)
        tables = tables.outerjoin(DECISION_NOTE, DECISION_NOTE.c.seq == _D.seq).outerjoin(REVISION, decided)
    return select(*plain, *as_text, *way, appeal, first, *texts).select_from(tables)


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
