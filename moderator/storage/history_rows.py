"""What was scored and what people decided, as arrays: the past that thresholds are measured on."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Connection, CursorResult, and_, case, exists, func, literal, select

from moderator.domain.comment import ScoringState
from moderator.domain.decision import Action, ActorKind
from moderator.domain.policy import AUDIT_RULE
from moderator.domain.score import Label, ScorerId, SpanRole
from moderator.storage.columns import ARTICLE, COMMENT, DECISION, REVISION, SCORE_SPAN, SCORESET
from moderator.storage.score_matrix import CHUNK, LABELS, coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

_C, _D, _S = COMMENT.c, DECISION.c, SCORESET.c
_UNDO = DECISION.alias("undo")
_OUTCOMES = (Action.APPROVE.value, Action.REJECT.value)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredScorer:
    """A scorer whose scores are in the database.

    Attributes:
        labels: Labels that it knows.
        sets: How many score sets there are of it, earlier texts included.
        newest_ms: When it last spoke, UTC milliseconds.
    """

    scorer: ScorerId
    labels: frozenset[Label]
    sets: int
    newest_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class PastComments:
    """Comments with where they stood and what people decided. One row per comment, in the order of their numbers.

    Attributes:
        ids, revisions: Which text: the one that was decided on last, else the current one.
        posted_at_ms: UTC milliseconds.
        failed: Whether scoring the current text failed.
        outcome: 1 rejected, 0 approved by a person whose decision stands; -1 for neither.
        decided_at_ms: When; 0 where nobody did.
        seconds_open: How long it was on the screen; NaN where that isn't known.
        audited: Whether it was decided on because it was drawn at random.
        batch: Whether it was decided on together with others in one act.
        section_of, source_of, language_of: Indexes into the names of these.
    """

    ids: NDArray[np.int64]
    revisions: NDArray[np.int64]
    posted_at_ms: NDArray[np.int64]
    failed: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    decided_at_ms: NDArray[np.int64]
    seconds_open: NDArray[np.float64]
    audited: NDArray[np.bool_]
    batch: NDArray[np.bool_]
    section_of: NDArray[np.int32]
    sections: tuple[str, ...]
    source_of: NDArray[np.int32]
    sources: tuple[str, ...]
    language_of: NDArray[np.int32]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SaidScores:
    """What some scorers said of texts.

    Attributes:
        scores: Scorer to probabilities 0..1, shape `(comments, labels)`, NaN where it gave none.
        spoke: Scorer to whether it spoke of the text at all, shape `(comments,)`.
        others: Labels that only other scorers gave a number, shape `(comments, labels)`.
    """

    scores: Mapping[ScorerId, NDArray[np.float64]]
    spoke: Mapping[ScorerId, NDArray[np.bool_]]
    others: NDArray[np.bool_]


def stored_scorers(conn: Connection) -> list[StoredScorer]:
    """Every scorer that has spoken, the one that spoke last first."""
    statement = select(
        _S.scorer, _S.version, _S.weights_hash, func.max(_S.labels), func.count(), func.max(_S.scored_at_ms)
    ).group_by(_S.scorer, _S.version, _S.weights_hash)
    found = [
        StoredScorer(ScorerId(name, version, weights), frozenset(map(Label, labels.split())), sets, newest_ms)
        for name, version, weights, labels, sets, newest_ms in conn.execute(statement)
    ]
    return sorted(found, key=lambda one: (one.newest_ms, one.scorer.version, one.sets), reverse=True)


def past_comments(conn: Connection, since_ms: int | None = None, until_ms: int | None = None) -> PastComments:
    """Comments that were posted in a window, with the decision of a person that stands."""
    conditions: list[ColumnElement[bool]] = []
    if since_ms is not None:
        conditions.append(_C.posted_at_ms >= since_ms)
    if until_ms is not None:
        conditions.append(_C.posted_at_ms < until_ms)
    failed = (_C.scoring == ScoringState.FAILED.value).label("failed")
    statement = (
        select(_C.id, _C.revision, _C.posted_at_ms, failed, ARTICLE.c.section, _C.source, _C.language)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .where(*conditions)
        .order_by(_C.id)
    )
    numbers, names = array("q"), (list[str](), list[str](), list[str]())
    for comment_id, revision, posted_at_ms, has_failed, section, source, language in conn.execute(statement):
        numbers.extend((comment_id, revision, posted_at_ms, int(has_failed)))
        for name, value in zip(names, (section, source, language or ""), strict=True):
            name.append(value)
    table = (np.frombuffer(numbers, dtype=np.int64) if numbers else np.empty(0, dtype=np.int64)).reshape(-1, 4)
    (section_of, sections), (source_of, sources), (language_of, languages) = (coded(each) for each in names)
    past = PastComments(
        ids=table[:, 0].copy(),
        revisions=table[:, 1].copy(),
        posted_at_ms=table[:, 2].copy(),
        failed=table[:, 3].astype(np.bool_),
        outcome=np.full(len(table), -1, dtype=np.int8),
        decided_at_ms=np.zeros(len(table), dtype=np.int64),
        seconds_open=np.full(len(table), np.nan),
        audited=np.zeros(len(table), dtype=np.bool_),
        batch=np.zeros(len(table), dtype=np.bool_),
        section_of=section_of,
        sections=sections,
        source_of=source_of,
        sources=sources,
        language_of=language_of,
        languages=languages,
    )
    _put_decisions(conn, past)
    return past


def _put_decisions(conn: Connection, past: PastComments) -> None:
    """Writes people's standing approvals and rejections into the arrays, the last one of a comment last."""
    stands = ~exists().where(_UNDO.c.undo_of == _D.seq)
    columns = (
        _D.comment_id,
        _D.revision,
        case((_D.action == Action.REJECT.value, 1), else_=0),
        _D.decided_at_ms,
        _D.seconds_open,
        case((_D.rule.like(f"{AUDIT_RULE} %"), 1), else_=0),
        case((_D.batch_id.is_not(None), 1), else_=0),
    )
    wanted = (_D.actor_kind == ActorKind.HUMAN.value, _D.action.in_(_OUTCOMES), stands)
    result = cast("CursorResult[Any]", conn.execute(select(*columns).where(*wanted).order_by(_D.seq)))
    with result:
        while chunk := result.fetchmany(CHUNK):
            rows = np.array([tuple(row) for row in chunk], dtype=np.float64)
            at, known = _places(past.ids, rows[:, 0])
            at, rows = at[known], rows[known]
            past.revisions[at] = rows[:, 1]
            past.outcome[at] = rows[:, 2]
            past.decided_at_ms[at] = rows[:, 3]
            past.seconds_open[at] = rows[:, 4]
            past.audited[at] = rows[:, 5] > 0
            past.batch[at] = rows[:, 6] > 0


def said_scores(conn: Connection, past: PastComments, scorers: Sequence[ScorerId]) -> SaidScores:
    """What some scorers said of these texts, and where only others spoke.

    Args:
        conn: A transaction.
        past: Which texts.
        scorers: Whose scores.
    """
    shape = (len(past.ids), len(LABELS))
    scores = {one: np.full(shape, np.nan, order="F") for one in scorers}
    spoke = {one: np.zeros(len(past.ids), dtype=np.bool_) for one in scorers}
    others = np.zeros(shape, dtype=np.bool_)
    which = [
        (and_(_S.scorer == one.name, _S.version == one.version, _S.weights_hash == one.weights_hash), literal(at))
        for at, one in enumerate(scorers)
    ]
    code = case(*which, else_=literal(-1)) if which else literal(-1)
    statement = select(_S.comment_id, _S.revision, code, *(_S[label.value] for label in LABELS))
    result = cast("CursorResult[Any]", conn.execute(statement))
    with result:
        while chunk := result.fetchmany(CHUNK):
            rows = np.array([tuple(row) for row in chunk], dtype=np.float64)
            at, known = _places(past.ids, rows[:, 0])
            known[known] = past.revisions[at[known]] == rows[known, 1]
            at, rows = at[known], rows[known]
            others[at] |= ~np.isnan(rows[:, 3:]) & (rows[:, 2] < 0)[:, None]
            for number, one in enumerate(scorers):
                mine = rows[:, 2] == number
                scores[one][at[mine]] = rows[mine, 3:]
                spoke[one][at[mine]] = True
    return SaidScores(scores, spoke, others)


def texts(conn: Connection, wanted: Sequence[tuple[int, int]]) -> dict[int, str]:
    """Texts by comment, each as it was in one of its revisions.

    Args:
        conn: A transaction.
        wanted: Comment and revision each.
    """
    columns, found = REVISION.c, dict[int, str]()
    revision_of = dict(wanted)
    ids = list(revision_of)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        statement = select(columns.comment_id, columns.number, columns.body).where(columns.comment_id.in_(page))
        for comment_id, number, body in conn.execute(statement):
            if revision_of[comment_id] == number:
                found[comment_id] = body
    return found


def current_texts(conn: Connection, ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Comments with the texts that they have now, a page in memory at a time."""
    current = and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        statement = select(_C.id, REVISION.c.body).join(REVISION, current).where(_C.id.in_(page))
        yield from ((comment_id, body) for comment_id, body in conn.execute(statement))


def naming_groups(conn: Connection, past: PastComments) -> NDArray[np.bool_]:
    """Whether a scorer marked the name of a group as evidence in a text, shape `(comments,)`."""
    statement = (
        select(_S.comment_id, _S.revision)
        .join(SCORE_SPAN, SCORE_SPAN.c.scoreset_id == _S.id)
        .where(SCORE_SPAN.c.role == SpanRole.GROUP.value)
    )
    named = np.zeros(len(past.ids), dtype=np.bool_)
    for comment_id, revision in conn.execute(statement):
        at = int(np.searchsorted(past.ids, int(comment_id)))
        if at < len(past.ids) and past.ids[at] == comment_id and past.revisions[at] == revision:
            named[at] = True
    return named


def _places(ids: NDArray[np.int64], wanted: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each number stands among sorted ones, and whether it does."""
    at = np.searchsorted(ids, wanted.astype(np.int64))
    known = at < len(ids)
    known[known] = ids[at[known]] == wanted[known].astype(np.int64)
    return at, known
