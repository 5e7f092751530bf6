"""Counting for the figures: what waits, and what was decided in a window. Each function is one moment's read.

Whatever can be grouped is grouped by the database and folded by the caller: one pass over a window gives every
breakdown of it. Ranks are found by the database's own sort, which holds nobody up; Python's would stop
every thread for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, case, exists, func, or_, select, type_coerce

from moderator.domain.appeal import Outcome
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind
from moderator.domain.queue import QueueQuery
from moderator.domain.stats import AGE_BANDS_S, AppealFigures, Spread, Window
from moderator.storage.columns import APPEAL, ARTICLE, COMMENT, DECISION
from moderator.storage.conditions import streams

_A = APPEAL.c
_C = COMMENT.c
_D = DECISION.c
_UNDO = DECISION.alias("undo")
_BY_HAND = (Action.APPROVE.value, Action.REJECT.value, Action.ESCALATE.value, Action.DEFER.value)
_OPINIONS = (Action.APPROVE.value, Action.REJECT.value)


class Waiting(NamedTuple):
    """How many comments wait that are alike in all of this. An unknown language, label or section is empty."""

    section: str
    source: str
    language: str
    route: str
    label: str
    scoring: str
    number: int


class Tally(NamedTuple):
    """How many rows of the log are alike in all of this.

    Attributes:
        rule: First word of the rule that queued the comment: a label, `not`, or empty.
        undone: Whether they were taken back.
    """

    actor: str
    action: str
    rule: str
    section: str
    source: str
    language: str
    reason: str
    route: str
    undone: bool
    number: int


class Opinion(NamedTuple):
    """One person's approval or rejection of a text on which somebody else decided too."""

    comment_id: int
    revision: int
    moderator: str
    action: Action


def waiting(conn: Connection, now_ms: int) -> list[Waiting]:
    """What waits, counted by everything that it's broken down by."""
    alike = (_C.article_id, _C.source, func.coalesce(_C.language, "").label("language"), _C.route)
    more = (func.coalesce(_C.lead_label, "").label("label"), _C.scoring)
    counted = (
        select(*alike, *more, func.count().label("number"))
        .where(_waits(conn, now_ms))
        .group_by(*alike, *more)
        .subquery()
    )
    columns = (ARTICLE.c.section, *(counted.c[name] for name in ("source", "language", "route", "label", "scoring")))
    # Articles are few beside comments: their sections are looked up once the comments are counted.
    statement = (
        select(*columns, func.sum(counted.c.number).label("number")).join(ARTICLE, ARTICLE.c.id == counted.c.article_id)
    ).group_by(*columns)
    return [
        Waiting(row.section, row.source, row.language, row.route, row.label, row.scoring, int(row.number))
        for row in conn.execute(statement)
    ]


def waiting_ages(conn: Connection, now_ms: int) -> tuple[Spread, float | None, tuple[int, ...]]:
    """How long waiting comments have been on the site.

    Returns:
        Spread in seconds, the longest, and how many there are in each of `AGE_BANDS_S`.
    """
    waits = _waits(conn, now_ms)
    age_ms = now_ms - _C.posted_at_ms
    band = case(
        *((age_ms < round(end * 1000), at) for at, end in enumerate(AGE_BANDS_S) if end < math.inf),
        else_=len(AGE_BANDS_S) - 1,
    ).label("band")
    counts = dict.fromkeys(range(len(AGE_BANDS_S)), 0)
    for at, number in conn.execute(select(band, func.count()).select_from(COMMENT).where(waits).group_by(band)):
        counts[at] = number
    total = sum(counts.values())
    # The newest first: by the time of posting the order's index gives the ranks without sorting.
    ranked = select(_C.posted_at_ms).where(waits).order_by(_C.posted_at_ms.desc())
    posted = [_at_rank(conn, ranked, total, share) for share in (0.5, 0.9, 1.0)]
    median, p90, oldest = (None if at is None else (now_ms - at) / 1000 for at in posted)
    return Spread(total, median, p90), oldest, tuple(counts.values())


def tallies(conn: Connection, window: Window) -> Iterator[Tally]:
    """The window's rows of the log, counted by everything that they're broken down by."""
    undone = exists().where(_UNDO.c.undo_of == _D.seq).label("undone")
    columns = (_D.actor_kind, _D.action, _first_word(conn, _D.rule).label("word"), _D.section, _D.source)
    more = (func.coalesce(_D.language, "").label("language"), func.coalesce(_D.reason_code, "").label("reason"))
    each = select(*columns, *more, _D.route, undone).where(_within(window)).subquery()
    for row in conn.execute(select(*each.c, func.count().label("number")).group_by(*each.c)):
        alike = (row.actor_kind, row.action, row.word, row.section, row.source, row.language, row.reason, row.route)
        yield Tally(*alike, bool(row.undone), row.number)


def open_times(conn: Connection, window: Window) -> Spread:
    """How long comments were on screen before people decided, in seconds."""
    return _spread(conn, _D.seconds_open, and_(_by_people(window), _D.seconds_open.is_not(None)), 1.0)


def wait_times(conn: Connection, window: Window) -> Spread:
    """How long after they were posted people decided on comments, in seconds."""
    return _spread(conn, type_coerce(_D.decided_at_ms - _D.posted_at_ms, BigInteger), _by_people(window), 0.001)


def decided_series(conn: Connection, window: Window) -> tuple[int, ...]:
    """People's decisions in each part of a window."""
    return _series(conn, window, _D.decided_at_ms, _by_people(window))


def posted_series(conn: Connection, window: Window) -> tuple[int, ...]:
    """Comments posted in each part of a window."""
    # The index starts with the status: naming them all makes it a few ranges, not the whole table.
    inside = (_C.posted_at_ms >= window.since_ms, _C.posted_at_ms < window.until_ms)
    return _series(conn, window, _C.posted_at_ms, and_(_C.status.in_([each.value for each in Status]), *inside))


def opinions(conn: Connection, window: Window) -> Iterator[Opinion]:
    """Approvals and rejections of texts on which at least two people decided, text by text, in order."""
    asked = and_(_within(window), _D.actor_kind == ActorKind.HUMAN.value, _D.action.in_(_OPINIONS))
    shared = (
        select(_D.comment_id, _D.revision)
        .where(asked)
        .group_by(_D.comment_id, _D.revision)
        .having(func.count(_D.moderator.distinct()) > 1)
        .subquery()
    )
    same = and_(shared.c.comment_id == _D.comment_id, shared.c.revision == _D.revision)
    statement = (
        select(_D.comment_id, _D.revision, _D.moderator, _D.action)
        .join(shared, same)
        .where(asked)
        .order_by(_D.comment_id, _D.seq)
    )
    for comment_id, revision, moderator, action in conn.execute(statement):
        yield Opinion(comment_id, revision, moderator, Action(action))


def appeals(conn: Connection, window: Window) -> AppealFigures:
    """Appeals that came in and were decided on in a window, and those that are open now."""
    inside = and_(_A.received_at_ms >= window.since_ms, _A.received_at_ms < window.until_ms)
    received, still_open = (
        conn.execute(select(func.count()).select_from(APPEAL).where(which)).scalar_one()
        for which in (inside, _A.decided_seq.is_(None))
    )
    settled = select(_A.outcome, func.count()).join(DECISION, _D.seq == _A.decided_seq).where(_within(window))
    outcomes = {row[0]: row[1] for row in conn.execute(settled.group_by(_A.outcome))}
    return AppealFigures(
        received, still_open, outcomes.get(Outcome.UPHELD.value, 0), outcomes.get(Outcome.OVERTURNED.value, 0)
    )


def first_decision_ms(conn: Connection) -> int | None:
    """When the first decision of all was made; `None` in an empty log."""
    return conn.execute(select(func.min(_D.decided_at_ms))).scalar()


def _waits(conn: Connection, now_ms: int) -> ColumnElement[bool]:
    return or_(*streams(conn, QueueQuery(), now_ms))


def _within(window: Window) -> ColumnElement[bool]:
    return and_(_D.decided_at_ms >= window.since_ms, _D.decided_at_ms < window.until_ms)


def _by_people(window: Window) -> ColumnElement[bool]:
    return and_(_within(window), _D.actor_kind == ActorKind.HUMAN.value, _D.action.in_(_BY_HAND))


def _first_word(conn: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    if conn.dialect.name == "sqlite":
        return func.substr(column, 1, func.max(func.instr(column, " ") - 1, 0))
    return func.split_part(column, " ", 1)


def _series(
    conn: Connection, window: Window, time_ms: ColumnElement[int], wanted: ColumnElement[bool]
) -> tuple[int, ...]:
    part = (type_coerce(time_ms - window.since_ms, BigInteger) // window.part_ms).label("part")
    counts = [0] * window.parts
    for at, number in conn.execute(select(part, func.count()).where(wanted).group_by(part)):
        counts[at] = number
    return tuple(counts)


def _spread(conn: Connection, value: ColumnElement[Any], wanted: ColumnElement[bool], unit: float) -> Spread:
    total = conn.execute(select(func.count()).select_from(DECISION).where(wanted)).scalar_one()
    ranked = select(value).where(wanted).order_by(value)
    median, p90 = (_at_rank(conn, ranked, total, share) for share in (0.5, 0.9))
    return Spread(total, None if median is None else median * unit, None if p90 is None else p90 * unit)


def _at_rank(conn: Connection, ranked: Select[Any], total: int, share: float) -> Any:
    """The value of the nearest rank: the smallest that `share` of all don't exceed."""
    return conn.execute(ranked.limit(1).offset(max(math.ceil(share * total), 1) - 1)).scalar() if total else None
