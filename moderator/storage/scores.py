"""Comments on their way to a scorer and back: what waits, what was said of it, and what the policy makes of that.

What is left to do is read off the comments themselves, never off a list of its own: so a run that is killed loses
nothing, and the next one goes on where the last committed batch ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, literal_column, select

from moderator.domain.comment import ScoringState, Status
from moderator.domain.policy import Policy, Routing
from moderator.domain.score import Label, ScorerId, ScoreSet, merge_scores
from moderator.storage.columns import ARTICLE, COMMENT, REVISION, SCORE_SPAN, SCORESET
from moderator.storage.routes import UNDECIDED, UPDATE_ROUTE, route_columns, routing_of
from moderator.storage.score_rows import insert_sets, score_sets

_C = COMMENT.c
_S = SCORESET.c
_REASON_CHARS = 300

# Written out, not bound: a partial index is matched only against a literal.
_WAITING = _C.scoring == literal_column("'waiting'")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One text to score, with what surrounds it.

    Attributes:
        revision: What `body` is the text of. The result is saved only if it's still the current one.
        language: What the source, or an earlier scoring, says of the language.
        title: The article's title, empty where there is none.
        parent_body: Current text of the comment answered, where that is known.
    """

    comment_id: int
    revision: int
    body: str = field(repr=False)
    language: str | None
    title: str = field(repr=False)
    parent_body: str | None = field(repr=False)
    section: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What the scorers said of one revision."""

    comment_id: int
    revision: int
    score_sets: tuple[ScoreSet, ...]


@dataclass(frozen=True, slots=True)
class Unscored:
    """Why one revision couldn't be scored, in words that quote nothing of it."""

    comment_id: int
    revision: int
    reason: str


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


def waiting(conn: Connection, limit: int, first_ids: Iterable[int] = ()) -> list[Waiting]:
    """The next comments to score.

    Args:
        conn: An open transaction.
        limit: How many at most.
        first_ids: Comments that go first, in this order, if they wait at all: what is on a screen now.

    Returns:
        Up to `limit` comments, after `first_ids` the oldest intake first.
    """
    urgent = list(dict.fromkeys(first_ids))[:limit]
    found = {row.comment_id: row for row in _read(conn, _texts().where(_WAITING, _C.id.in_(urgent)))} if urgent else {}
    batch = [found[comment_id] for comment_id in urgent if comment_id in found]
    if len(batch) < limit:
        rest = _texts().where(_WAITING, _C.id.not_in(list(found))).order_by(_C.id).limit(limit - len(batch))
        batch += _read(conn, rest)
    return batch


def waiting_count(conn: Connection) -> int:
    """How many comments wait for a scorer."""
    return conn.execute(select(func.count()).select_from(COMMENT).where(_WAITING)).scalar_one()


def outdated(conn: Connection, scorer: ScorerId, limit: int, after_id: int = 0) -> list[Waiting]:
    """Undecided comments that another scorer spoke of last, or whose scoring failed. Those that wait aren't among them.

    Args:
        conn: An open transaction.
        scorer: Who should have spoken last.
        limit: How many at most.
        after_id: Only comments with a higher number: one that fails again must not come up twice in a run.

    Returns:
        Up to `limit` comments in the order of their numbers.
    """
    return _read(conn, _texts().where(*_outdated(scorer), _C.id > after_id).order_by(_C.id).limit(limit))


def outdated_count(conn: Connection, scorer: ScorerId) -> int:
    """How many comments `outdated` would give in all."""
    return conn.execute(select(func.count()).select_from(COMMENT).where(*_outdated(scorer))).scalar_one()


def _outdated(scorer: ScorerId) -> list[Any]:
    latest = (
        select(_S.scorer.concat("\n").concat(_S.version).concat("\n").concat(_S.weights_hash))
        .where(_S.comment_id == _C.id, _S.revision == _C.revision)
        .order_by(_S.scored_at_ms.desc(), _S.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = f"{scorer.name}\n{scorer.version}\n{scorer.weights_hash}"
    failed = _C.scoring == ScoringState.FAILED.value
    return [UNDECIDED, _C.scoring != ScoringState.WAITING.value, failed | (latest != wanted)]


def _texts() -> Select[*tuple[Any, ...]]:
    parent, parent_text = COMMENT.alias("parent"), REVISION.alias("parent_text")
    answers = (parent.c.source == _C.source) & (parent.c.remote_id == _C.parent_remote_id)
    says = (parent_text.c.comment_id == parent.c.id) & (parent_text.c.number == parent.c.revision)
    tables = (
        COMMENT.join(REVISION, (REVISION.c.comment_id == _C.id) & (REVISION.c.number == _C.revision))
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .outerjoin(parent, answers)
        .outerjoin(parent_text, says)
    )
    return select(
        _C.id, _C.revision, REVISION.c.body, _C.language, ARTICLE.c.title, parent_text.c.body, ARTICLE.c.section
    ).select_from(tables)


def _read(conn: Connection, statement: Select[*tuple[Any, ...]]) -> list[Waiting]:
    return [Waiting(*row) for row in conn.execute(statement)]


def save(conn: Connection, results: Sequence[Scored | Unscored], policy: Policy, now_ms: int) -> SaveOutcome:
    """Writes a batch of results with what the policy makes of them, in the caller's transaction.

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
    current = _current(conn, [result.comment_id for result in results])
    known = score_sets(conn, list(current), spans=False)
    good: list[Scored] = []
    changes: list[dict[str, Any]] = []
    routed: list[Routed] = []
    for result in results:
        row = current.pop(result.comment_id, None)
        if row is None or row["revision"] != result.revision or _is_done(row, result, known):
            continue
        before = known.get(result.comment_id, ())
        if isinstance(result, Scored):
            good.append(result)
            speakers = {score_set.scorer for score_set in result.score_sets}
            before = (*(earlier for earlier in before if earlier.scorer not in speakers), *result.score_sets)
        scores = merge_scores(before)
        routing = routing_of(scores, policy, row["section"], failed=isinstance(result, Unscored))
        changes.append(_change(result, routing, scores))
        if isinstance(result, Scored):
            routed.append(Routed(result.comment_id, result.revision, Status(row["status"]), routing))
    _forget(conn, good)
    insert_sets(conn, [(each.comment_id, each.revision, one) for each in good for one in each.score_sets], now_ms)
    if changes:
        conn.execute(_UPDATE, changes)
    return SaveOutcome(tuple(routed), len(changes) - len(routed), len(results) - len(changes))


def _current(conn: Connection, comment_ids: Sequence[int]) -> dict[int, RowMapping]:
    """Comments as they stand now, locked in the order of their numbers: two writers can't wait for each other."""
    statement = (
        select(_C.id, _C.revision, _C.status, _C.scoring, ARTICLE.c.section)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .where(_C.id.in_(comment_ids))
        .order_by(_C.id)
        .with_for_update(of=COMMENT, key_share=True)  # no key: a lease may be taken meanwhile
    )
    return {row["id"]: row for row in conn.execute(statement).mappings()}


def _is_done(row: RowMapping, result: Scored | Unscored, known: Mapping[int, tuple[ScoreSet, ...]]) -> bool:
    """Whether another process scored this revision with the same scorer while we did."""
    if row["scoring"] != ScoringState.SCORED.value or isinstance(result, Unscored):
        return False
    latest = known.get(result.comment_id, ())
    return bool(latest) and latest[-1].scorer == result.score_sets[-1].scorer


def _forget(conn: Connection, results: Sequence[Scored]) -> None:
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
    languages = [] if failed else [one.language for one in result.score_sets if one.language != "und"]
    return {
        "of_id": result.comment_id,
        "new_scoring": (ScoringState.FAILED if failed else ScoringState.SCORED).value,
        "new_error": result.reason[:_REASON_CHARS] if failed else None,
        "new_language": languages[0] if languages else None,
        **route_columns(routing, scores),
    }
