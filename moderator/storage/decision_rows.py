"""Reading the decision log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Float, Select, cast, column, exists, func, select

from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind, Decision
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.score import Label
from moderator.errors import NotFoundError
from moderator.storage.columns import COMMENT, DECISION, DECISION_NOTE
from moderator.storage.search import contains
from moderator.storage.text_index import text_condition

_PAGE = 500
_D = DECISION.c
_UNDO = DECISION.alias("undo")
_IS_UNDONE = exists().where(_UNDO.c.undo_of == _D.seq)


def to_decision(values: Mapping[Any, Any]) -> Decision:
    """A decision from a row's values, `note` among them."""
    fields: dict[str, Any] = {
        **values,
        "actor_kind": ActorKind(values["actor_kind"]),
        "action": Action(values["action"]),
        "previous_status": Status(values["previous_status"]),
        "new_status": Status(values["new_status"]),
        "scorers": tuple(values["scorers"]),
    }
    return Decision(**fields)


def _select() -> Select[Any]:
    return select(DECISION, DECISION_NOTE.c.note).outerjoin(DECISION_NOTE, DECISION_NOTE.c.seq == _D.seq)


def conditions(conn: Connection, wanted: DecisionFilter) -> list[ColumnElement[bool]]:
    """What a filter asks of a row."""
    exactly = {
        "moderator": wanted.moderator,
        "action": None if wanted.action is None else wanted.action.value,
        "source": wanted.source,
        "comment_id": wanted.comment_id,
        "reason_code": wanted.reason,
        "section": wanted.section,
        "batch_id": wanted.batch,
    }
    found: list[ColumnElement[bool]] = [_D[name] == value for name, value in exactly.items() if value is not None]
    if wanted.since_ms is not None:
        found.append(_D.decided_at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        found.append(_D.decided_at_ms < wanted.until_ms)
    if wanted.label is not None:
        score = _frozen_score(conn, wanted.label)
        found += [] if wanted.at_least is None else [score >= wanted.at_least]
        found += [] if wanted.below is None else [score < wanted.below]
    if wanted.article is not None:
        found.append(contains(conn, _D.article_url, wanted.article))
    if wanted.text is not None:
        found.append(_D.comment_id.in_(select(COMMENT.c.id).where(text_condition(conn, wanted.text))))
    return found


def _frozen_score(conn: Connection, label: Label) -> ColumnElement[float]:
    """A label's score as it was frozen into a decision: of several scorers' numbers the last one's."""
    if conn.dialect.name == "sqlite":
        spoken = func.json_each(_D.scorers).table_valued(column("key"), column("value"), name="spoken")
        number: ColumnElement[Any] = func.json_extract(spoken.c.value, f"$.scores.{label.value}")
    else:
        values = func.json_array_elements(_D.scorers)
        spoken = values.table_valued(column("value", JSON), with_ordinality="key", name="spoken").render_derived()
        number = cast(func.json_extract_path_text(spoken.c.value, "scores", label.value), Float)
    said = select(number).select_from(spoken).where(number.is_not(None)).correlate(DECISION)
    return said.order_by(spoken.c.key.desc()).limit(1).scalar_subquery()


def read(conn: Connection, wanted: DecisionFilter | None = None, after_seq: int = 0) -> Iterator[Decision]:
    """Decisions in the order they were made, a page in memory at a time."""
    asked = conditions(conn, wanted or DecisionFilter())
    while True:
        statement = _select().where(_D.seq > after_seq, *asked).order_by(_D.seq).limit(_PAGE)
        page = [to_decision(values) for values in conn.execute(statement).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        after_seq = page[-1].seq


def latest(
    conn: Connection, limit: int, *, before_seq: int | None = None, wanted: DecisionFilter | None = None
) -> list[Decision]:
    """The last `limit` decisions, or the last before one, the newest first."""
    asked = conditions(conn, wanted or DecisionFilter())
    if before_seq is not None:
        asked.append(_D.seq < before_seq)
    statement = _select().where(*asked).order_by(_D.seq.desc()).limit(limit)
    return [to_decision(values) for values in conn.execute(statement).mappings()]


def one(conn: Connection, seq: int) -> Decision:
    """One decision.

    Raises:
        NotFoundError: The log has no such row.
    """
    values = conn.execute(_select().where(_D.seq == seq)).mappings().first()
    if values is None:
        raise NotFoundError(f"there is no decision {seq}", hint="`moderator history` lists decisions with numbers.")
    return to_decision(values)


def last_undoable(conn: Connection, moderator: str, skip: Collection[int] = ()) -> Decision | None:
    """A moderator's latest decision that wasn't taken back, however many they took back since.

    Args:
        conn: A transaction.
        moderator: Alias.
        skip: Decisions to pass over: those that turned out to stay.
    """
    statement = (
        _select()
        .where(
            _D.moderator == moderator,
            _D.actor_kind == ActorKind.HUMAN.value,
            _D.action != Action.UNDO.value,
            ~_IS_UNDONE,
            _D.seq.not_in(skip),
        )
        .order_by(_D.seq.desc())
        .limit(1)
    )
    values = conn.execute(statement).mappings().first()
    return to_decision(values) if values else None


def taken_together(conn: Connection, batch_id: str) -> list[int]:
    """Numbers of the decisions of one act that weren't taken back, the latest first."""
    statement = select(_D.seq).where(_D.batch_id == batch_id, _D.action != Action.UNDO.value, ~_IS_UNDONE)
    return list(conn.execute(statement.order_by(_D.seq.desc())).scalars())


def is_undone(conn: Connection, seq: int) -> bool:
    """Whether a decision was taken back."""
    return conn.execute(select(_UNDO.c.seq).where(_UNDO.c.undo_of == seq)).first() is not None


def last_standing(conn: Connection, comment_id: int) -> Decision | None:
    """The decision that a comment's status comes from; `None` where none was made or all were taken back."""
    statement = (
        _select()
        .where(_D.comment_id == comment_id, _D.action != Action.UNDO.value, ~_IS_UNDONE)
        .order_by(_D.seq.desc())
        .limit(1)
    )
    values = conn.execute(statement).mappings().first()
    return to_decision(values) if values else None
