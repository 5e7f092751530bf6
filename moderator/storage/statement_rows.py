"""Rejections that stand, with what a statement of reasons needs to know of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from moderator.domain.decision import Action, ActorKind
from moderator.domain.decision_log import DecisionFilter
from moderator.errors import NotFoundError
from moderator.storage.columns import AUTHOR, COMMENT, DECISION
from moderator.storage.decision_rows import conditions

_PAGE = 500
_D = DECISION.c
_UNDO = DECISION.alias("undo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rejection, and whose names may not be told.

    Attributes:
        author_name: As the author gave it; empty once erased.
        rule: What queued the comment, see `Decision`.
    """

    seq: int
    decision_id: str
    decided_at_ms: int
    moderator: str
    source: str
    remote_id: str
    article_url: str
    author_ref: str
    author_name: str = field(repr=False)
    language: str | None
    posted_at_ms: int
    reason_code: str | None
    reason_title: str | None
    rule: str
    batch_id: str | None


_COLUMNS = (
    "seq",
    "decision_id",
    "decided_at_ms",
    "moderator",
    "source",
    "remote_id",
    "article_url",
    "author_ref",
    "language",
    "posted_at_ms",
    "reason_code",
    "reason_title",
    "rule",
    "batch_id",
)


def rejections(conn: Connection, wanted: DecisionFilter) -> Iterator[Rejection]:
    """Rejections by people that weren't taken back, in the order they were made."""
    statement = _select().where(*conditions(conn, wanted), ~exists().where(_UNDO.c.undo_of == _D.seq)).limit(_PAGE)
    last = 0
    while page := conn.execute(statement.where(_D.seq > last).order_by(_D.seq)).mappings().all():
        yield from (Rejection(**row) for row in page)
        last = page[-1]["seq"]


def rejection(conn: Connection, seq: int) -> Rejection:
    """One rejection.

    Raises:
        NotFoundError: The log has no such row, or it isn't a person's rejection.
    """
    found = conn.execute(_select().where(_D.seq == seq)).mappings().first()
    if found is None:
        hint = "`moderator history` lists decisions with numbers."
        raise NotFoundError(f"decision {seq} isn't a rejection by a person", hint=hint)
    return Rejection(**found)


def _select() -> Select[Any]:
    tables = DECISION.join(COMMENT, COMMENT.c.id == _D.comment_id).join(AUTHOR, AUTHOR.c.id == COMMENT.c.author_id)
    columns = [*(_D[name] for name in _COLUMNS), AUTHOR.c.name.label("author_name")]
    human = (_D.actor_kind == ActorKind.HUMAN.value, _D.action == Action.REJECT.value)
    return select(*columns).select_from(tables).where(*human)
