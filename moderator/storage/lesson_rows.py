"""Decisions with the texts that they were about, for learning from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from moderator.domain.comment import ERASED
from moderator.domain.decision import Action, ActorKind
from moderator.domain.lessons import LABELS_OF_REASON, LeftOut, Lesson
from moderator.storage.columns import ARTICLE, COMMENT, DECISION, REVISION

_C, _D = COMMENT.c, DECISION.c
_JUDGEMENTS = (Action.APPROVE.value, Action.REJECT.value)


def lessons(conn: Connection, fewest_seconds: float) -> tuple[list[Lesson], Mapping[LeftOut, int]]:
    """Each comment that a person judged by itself, read for long enough, and stood by.

    Args:
        conn: An open transaction.
        fewest_seconds: A comment that was open for less was not read; 0 asks nothing of the time.

    Returns:
        The lessons in the order of the decisions, and how many decisions were left out, by the first reason that
        holds.
    """
    undone = {seq for (seq,) in conn.execute(select(_D.undo_of).where(_D.undo_of.is_not(None)))}
    standing = select(_D.comment_id, func.max(_D.seq)).where(_D.action.in_(_JUDGEMENTS), _D.seq.not_in(_taken_back()))
    latest = {row[0]: row[1] for row in conn.execute(standing.group_by(_D.comment_id))}
    left_out: Counter[LeftOut] = Counter()
    kept: list[Lesson] = []
    for row in conn.execute(_STATEMENT):
        is_latest = latest.get(row.comment_id) == row.seq
        why = _why_not(row, fewest_seconds, is_undone=row.seq in undone, is_latest=is_latest)
        if why is not None:
            left_out[why] += 1
            continue
        kept.append(
            Lesson(
                comment_id=row.comment_id,
                body=row.body,
                language=row.language,
                title=row.title,
                parent_body=row.parent_body,
                rejected=row.action == Action.REJECT.value,
                reason_code=row.reason_code,
                decided_at_ms=row.decided_at_ms,
            )
        )
    return kept, left_out


def _taken_back() -> Select[tuple[Any]]:
    back = DECISION.alias("back")
    return select(back.c.undo_of).where(back.c.undo_of.is_not(None))


_PARENT, _PARENT_TEXT = COMMENT.alias("parent"), REVISION.alias("parent_text")
_STATEMENT = (
    select(
        *(_D[name] for name in ("seq", "comment_id", "action", "actor_kind", "batch_id", "seconds_open")),
        _D.reason_code,
        _D.decided_at_ms,
        _C.status,
        _C.language,
        REVISION.c.body,
        ARTICLE.c.title,
        _PARENT_TEXT.c.body.label("parent_body"),
    )
    .join(COMMENT, _C.id == _D.comment_id)
    .join(REVISION, (REVISION.c.comment_id == _C.id) & (REVISION.c.number == _D.revision))
    .join(ARTICLE, ARTICLE.c.id == _C.article_id)
    .outerjoin(_PARENT, (_PARENT.c.source == _C.source) & (_PARENT.c.remote_id == _C.parent_remote_id))
    .outerjoin(
        _PARENT_TEXT, (_PARENT_TEXT.c.comment_id == _PARENT.c.id) & (_PARENT_TEXT.c.number == _PARENT.c.revision)
    )
    .where(_D.action.in_(_JUDGEMENTS))
    .order_by(_D.seq)
)


def _why_not(
    row: Row[tuple[object, ...]], fewest_seconds: float, *, is_undone: bool, is_latest: bool
) -> LeftOut | None:
    """The first reason for which a decision teaches nothing; `None` where it teaches."""
    seconds = row.seconds_open
    checks = (
        (row.actor_kind != ActorKind.HUMAN.value, LeftOut.AUTOMATIC),
        (is_undone, LeftOut.UNDONE),
        (row.batch_id is not None, LeftOut.BATCH),
        (not is_latest, LeftOut.SUPERSEDED),
        (row.status == ERASED, LeftOut.ERASED),
        (fewest_seconds > 0 and (seconds is None or seconds < fewest_seconds), LeftOut.HASTY),
        (row.action == Action.REJECT.value and row.reason_code not in LABELS_OF_REASON, LeftOut.OTHER_REASON),
    )
    return next((why for holds, why in checks if holds), None)
