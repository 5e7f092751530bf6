"""From stored scores to a comment's place in the queue, as the policy has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal_column, select, update

from moderator.domain.comment import ScoringState, Status
from moderator.domain.policy import UNSCORED_RISK, Policy, Route, Routing, route
from moderator.domain.score import Label, merge_scores
from moderator.domain.word_lists import Hit
from moderator.storage.columns import ARTICLE, COMMENT, DECISION, LEASE, REVISION
from moderator.storage.score_rows import score_sets

_C = COMMENT.c
_ROUTED = (_C.id, _C.scoring, _C.source, _C.language, _C.risk, _C.route, _C.lead_label, _C.lead_score)

# An expression, not the column: no index on the status serves it, so a page is read in the order of the numbers.
# By the queue's index each page would sort every comment there is.
UNDECIDED = literal_column("comment.status || ''").in_(
    [Status.PENDING.value, Status.DEFERRED.value, Status.ESCALATED.value]
)
"""Comments that still need somebody's decision: what a new scorer or policy says matters for these."""

UPDATE_ROUTE = (
    update(COMMENT)
    .where(_C.id == bindparam("of_id"))
    .values(
        risk=bindparam("new_risk"),
        route=bindparam("new_route"),
        lead_label=bindparam("new_lead"),
        lead_score=bindparam("new_lead_score"),
    )
)
"""Writes `route_columns` to the comment `of_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the policy's word depends on beside the scores.

    Attributes:
        language: ISO 639-1 code, `None` where it isn't known.
        failed: Whether its scoring failed.
        hits: What the policy's word lists find in its text.
    """

    comment_id: int
    section: str
    source: str
    language: str | None
    failed: bool
    hits: tuple[Hit, ...] = ()


def routing_of(scores: Mapping[Label, float | None], policy: Policy, at: Standing) -> Routing:
    """What the policy makes of a comment. One whose scoring failed is never "nothing found"."""
    routing = route(
        scores,
        policy,
        at.section,
        source=at.source,
        language=at.language,
        comment_id=at.comment_id,
        hits=at.hits,
    )
    if at.failed and routing.route is Route.APPROVE:
        return replace(routing, route=Route.REVIEW, risk=max(routing.risk, UNSCORED_RISK))
    return routing


def route_columns(routing: Routing, scores: Mapping[Label, float | None]) -> dict[str, Any]:
    """Parameters for `UPDATE_ROUTE`, without `of_id`."""
    return {
        "new_risk": routing.risk,
        "new_route": routing.route.value,
        "new_lead": routing.lead.value if routing.lead else None,
        "new_lead_score": scores.get(routing.lead) if routing.lead else None,
    }


def with_body(statement: Any, policy: Policy) -> Any:
    """A statement over comments with each one's text as `body`, if the policy has lists to ask about it."""
    if not policy.lists:
        return statement
    current = and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision)
    return statement.add_columns(REVISION.c.body).join(REVISION, current)


def reroute(conn: Connection, policy: Policy, after_id: int, limit: int) -> tuple[int | None, int]:
    """Applies a policy to stored scores, a page of undecided comments at a time. Nothing is scored, nothing decided.

    Args:
        conn: An open transaction.
        policy: Thresholds now in force.
        after_id: Only comments with a higher number.
        limit: Size of the page.

    Returns:
        The number to go on after, `None` where this was the last page; and how many comments changed.
    """
    page = (
        with_body(select(*_ROUTED, ARTICLE.c.section).join(ARTICLE, ARTICLE.c.id == _C.article_id), policy)
        .where(UNDECIDED, _C.scoring != literal_column("'waiting'"), _C.id > after_id)
        .order_by(_C.id)
        .limit(limit)
        .with_for_update(of=COMMENT, key_share=True)
    )
    rows = conn.execute(page).all()
    known = score_sets(conn, [row.id for row in rows], spans=False)
    changes: list[dict[str, Any]] = []
    for row in rows:
        scores = merge_scores(known.get(row.id, ()))
        failed = row.scoring == ScoringState.FAILED.value
        hits = policy.lists.hits(row.body, row.language) if policy.lists else ()
        at = Standing(
            comment_id=row.id, section=row.section, source=row.source, language=row.language, failed=failed, hits=hits
        )
        routing = routing_of(scores, policy, at)
        columns = route_columns(routing, scores)
        if tuple(columns.values()) != (row.risk, row.route, row.lead_label, row.lead_score):
            changes.append({"of_id": row.id, **columns})
    if changes:
        conn.execute(UPDATE_ROUTE, changes)
    return (rows[-1].id if len(rows) == limit else None), len(changes)


def untouched(conn: Connection, comment_ids: Collection[int], now_ms: int) -> set[int]:
    """Of these comments those that no decision was ever made about, not even one taken back, and nobody has open.

    Only these may a rule decide: where a person has spoken, or is about to, it keeps out.
    """
    decided = select(DECISION.c.comment_id).where(DECISION.c.comment_id.in_(comment_ids))
    held = select(LEASE.c.comment_id).where(LEASE.c.comment_id.in_(comment_ids), LEASE.c.expires_at_ms > now_ms)
    taken = {*conn.execute(decided).scalars(), *conn.execute(held).scalars()}
    return set(comment_ids) - taken
