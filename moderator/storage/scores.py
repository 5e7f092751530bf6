"""What scorers said of comments, and what the policy makes of it: written together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    select,
)

from moderator.domain.comment import ScoringState, Status
from moderator.domain.policy import Policy, Routing
from moderator.domain.score import Label, ScoreSet, merge_scores
from moderator.storage.columns import ARTICLE, COMMENT, SCORE_SPAN, SCORESET
from moderator.storage.routes import UPDATE_ROUTE, Standing, route_columns, routing_of, with_body
from moderator.storage.score_rows import insert_sets, score_sets
from moderator.storage.text_index import index_texts

_C = COMMENT.c
_S = SCORESET.c
_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class Scored:
    """What the scorers said of one revision.

    Attributes:
        reason: Why one of them couldn't judge it though the others could, in words that quote nothing of it.
    """

    comment_id: int
    revision: int
    score_sets: tuple[ScoreSet, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unscored:
    """Why one revision couldn't be scored, in words that quote nothing of it.

    Attributes:
        score_sets: What others said of it all the same.
    """

    comment_id: int
    revision: int
    reason: str
    score_sets: tuple[ScoreSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a comment stands after its scores were saved."""

    comment_id: int
    revision: int
    status: Status
    routing: Routing


@dataclass(frozen=True, slots=True)
class SaveOutcome:
    """What came of a batch.

    Attributes:
        scored: Comments whose scores were written.
        failed: Comments marked as failed.
        stale: Comments left as they are: the text changed meanwhile, somebody else scored it, or it's gone.
    """

    scored: tuple[Routed, ...]
    failed: int
    stale: int


def save(conn: Connection, results: Sequence[Scored | Unscored], policy: Policy, now_ms: int) -> SaveOutcome:
    """Writes a batch of results with what the policy makes of them, in the caller's transaction, and indexes the texts.

    A result counts only if its revision is still current and nobody else wrote the same meanwhile. Scores that other
    scorers gave for the revision stay and are merged. The language is written where none was known.

    Args:
        conn: An open transaction.
        results: One per comment.
        policy: Thresholds in force.
        now_ms: Time of scoring, UTC milliseconds.

    Returns:
        What was written.
    """
    current = _current(conn, [result.comment_id for result in results], policy)
    known = score_sets(conn, list(current), spans=False)
    good: list[Scored | Unscored] = []
    changes: list[dict[str, Any]] = []
    routed: list[Routed] = []
    for result in results:
        row = current.pop(result.comment_id, None)
        if row is None or row["revision"] != result.revision or _is_done(row, result, known):
            continue
        speakers = {score_set.scorer for score_set in result.score_sets}
        before = (each for each in known.get(result.comment_id, ()) if each.scorer not in speakers)
        scores = merge_scores((*before, *result.score_sets))
        routing = routing_of(scores, policy, _standing(row, result, policy))
        changes.append(_change(result, routing, scores))
        good.append(result)
        if isinstance(result, Scored):
            routed.append(Routed(result.comment_id, result.revision, Status(row["status"]), routing))
    _forget(conn, good)
    insert_sets(conn, [(each.comment_id, each.revision, one) for each in good for one in each.score_sets], now_ms)
    if changes:
        conn.execute(_UPDATE, changes)
        index_texts(conn, [change["of_id"] for change in changes])
    return SaveOutcome(tuple(routed), len(changes) - len(routed), len(results) - len(changes))


def _current(conn: Connection, comment_ids: Sequence[int], policy: Policy) -> dict[int, RowMapping]:
    """Comments as they stand now, locked in the order of their numbers: two writers can't wait for each other."""
    statement = (
        with_body(
            select(_C.id, _C.revision, _C.status, _C.scoring, _C.source, _C.language, ARTICLE.c.section).join(
                ARTICLE, ARTICLE.c.id == _C.article_id
            ),
            policy,
        )
        .where(_C.id.in_(comment_ids))
        .order_by(_C.id)
        .with_for_update(of=COMMENT, key_share=True)  # no key: a lease may be taken meanwhile
    )
    return {row["id"]: row for row in conn.execute(statement).mappings()}


def _is_done(row: RowMapping, result: Scored | Unscored, known: Mapping[int, tuple[ScoreSet, ...]]) -> bool:
    """Whether another process scored this revision with the same scorers while we did."""
    if row["scoring"] != ScoringState.SCORED.value or isinstance(result, Unscored):
        return False
    latest = known.get(result.comment_id, ())[-len(result.score_sets) :]
    return {one.scorer for one in latest} == {one.scorer for one in result.score_sets}


def _standing(row: RowMapping, result: Scored | Unscored, policy: Policy) -> Standing:
    language = row["language"] or _language(result)
    return Standing(
        comment_id=result.comment_id,
        section=row["section"],
        source=row["source"],
        language=language,
        failed=isinstance(result, Unscored),
        hits=policy.lists.hits(row["body"], language) if policy.lists else (),
    )


def _language(result: Scored | Unscored) -> str | None:
    """The language that the scorers found; a comment's own, where it's known, counts before it."""
    return next((one.language for one in result.score_sets if one.language != "und"), None)


def _forget(conn: Connection, results: Sequence[Scored | Unscored]) -> None:
    """Removes what the same scorers said of the same revisions before: said again, it becomes the latest."""
    pairs = {(one.scorer, each.revision) for each in results for one in each.score_sets}
    for scorer, revision in pairs:
        comment_ids = [each.comment_id for each in results if each.revision == revision]
        same = select(_S.id).where(
            _S.comment_id.in_(comment_ids),
            _S.revision == revision,
            _S.scorer == scorer.name,
            _S.version == scorer.version,
            _S.weights_hash == scorer.weights_hash,
        )
        old = list(conn.execute(same).scalars())
        if old:
            conn.execute(delete(SCORE_SPAN).where(SCORE_SPAN.c.scoreset_id.in_(old)))
            conn.execute(delete(SCORESET).where(_S.id.in_(old)))


_UPDATE = UPDATE_ROUTE.values(
    scoring=bindparam("new_scoring"),
    scoring_error=bindparam("new_error"),
    language=func.coalesce(_C.language, bindparam("new_language")),
)


def _change(result: Scored | Unscored, routing: Routing, scores: Mapping[Label, float | None]) -> dict[str, Any]:
    failed = isinstance(result, Unscored)
    return {
        "of_id": result.comment_id,
        "new_scoring": (ScoringState.FAILED if failed else ScoringState.SCORED).value,
        "new_error": result.reason[:_REASON_CHARS] if result.reason else None,
        "new_language": _language(result),
        **route_columns(routing, scores),
    }
