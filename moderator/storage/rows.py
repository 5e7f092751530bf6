"""Queue rows and where a comment stands for a moderator: the views that queue and card share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, and_, case, func, literal_column, select

from moderator.domain.clock import system_clock
from moderator.domain.comment import CONTEXT, AuthorKind, QueueRow, ScoringState, Status
from moderator.domain.score import Label
from moderator.storage.columns import ARTICLE, AUTHOR, COMMENT, LEASE, REVISION

EXCERPT_LENGTH = 200
"""Code points of the body that a queue row carries."""

_BATCH = 500
_C = COMMENT.c


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """From where the queue is seen.

    Attributes:
        now_ms: Decides which leases live and which deferred comments are due, UTC milliseconds; now by default.
        holder: Whose own leases aren't told as somebody else's.
    """

    now_ms: int = field(default_factory=system_clock)
    holder: str = ""


def stored(status: Status) -> ColumnElement[bool]:
    """Comments with this status in their row, deferred ones that are due included."""
    # Written out, not bound: SQLite matches a partial index only against a literal.
    return _C.status == literal_column(f"'{status.value}'")


def ever_waited() -> ColumnElement[bool]:
    """Comments of the queue, wherever they stand now: not those that were only read beside others."""
    return _C.status != literal_column(f"'{CONTEXT}'")


def is_due(now_ms: int) -> ColumnElement[bool]:
    """The one rule for deferred comments: from `deferred_until_ms` on, one counts as pending again."""
    return and_(stored(Status.DEFERRED), _C.deferred_until_ms <= now_ms)


def row_columns(now_ms: int) -> tuple[ColumnElement[Any], ...]:
    """Columns that `to_row` reads, named as `QueueRow` names them."""
    return (
        _C.id,
        case((is_due(now_ms), Status.PENDING.value), else_=_C.status).label("status"),
        _C.revision,
        func.substr(REVISION.c.body, 1, EXCERPT_LENGTH).label("excerpt"),
        AUTHOR.c.name.label("author_name"),
        AUTHOR.c.kind.label("author_kind"),
        ARTICLE.c.title.label("article_title"),
        ARTICLE.c.section,
        _C.language,
        _C.posted_at_ms,
        _C.likes,
        _C.parent_remote_id,
        _C.risk,
        _C.route,
        _C.lead_label,
        _C.lead_score,
        _C.scoring,
        _C.source,
        LEASE.c.moderator.label("held_by"),
    )


def row_tables(view: Viewpoint) -> FromClause:
    """What `row_columns` come from: a comment, its current text, its place, and another's live lease on it."""
    text = and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision)
    held = and_(LEASE.c.comment_id == _C.id, LEASE.c.expires_at_ms > view.now_ms, LEASE.c.holder != view.holder)
    return (
        COMMENT.join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .join(AUTHOR, AUTHOR.c.id == _C.author_id)
        .join(REVISION, text)
        .outerjoin(LEASE, held)
    )


def to_row(values: RowMapping) -> QueueRow:
    """A queue row from the values of `row_columns`."""
    return QueueRow(
        id=values["id"],
        status=Status(values["status"]),
        revision=values["revision"],
        excerpt=values["excerpt"],
        author_name=values["author_name"],
        author_kind=AuthorKind(values["author_kind"]),
        article_title=values["article_title"],
        section=values["section"],
        language=values["language"],
        posted_at_ms=values["posted_at_ms"],
        likes=values["likes"],
        is_reply=values["parent_remote_id"] is not None,
        risk=values["risk"],
        route=values["route"],
        lead_label=Label(values["lead_label"]) if values["lead_label"] else None,
        lead_score=values["lead_score"],
        scoring=ScoringState(values["scoring"]),
        held_by=values["held_by"],
        source=values["source"],
    )


def rows(conn: Connection, wanted: Iterable[int], view: Viewpoint | None = None) -> list[QueueRow]:
    """The rows of these comments, in the given order; numbers that don't exist are left out."""
    view = view or Viewpoint()
    numbers = list(wanted)
    statement = select(*row_columns(view.now_ms)).select_from(row_tables(view))
    found: dict[int, QueueRow] = {}
    for start in range(0, len(numbers), _BATCH):
        page = conn.execute(statement.where(_C.id.in_(numbers[start : start + _BATCH]), ever_waited()))
        found.update((values["id"], to_row(values)) for values in page.mappings())
    return [found[number] for number in numbers if number in found]
