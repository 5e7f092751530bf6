"""Score sets as rows, and back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.storage.columns import COMMENT, SCORE_SPAN, SCORESET

_S = SCORESET.c


def to_row(comment_id: int, revision: int, score_set: ScoreSet, now_ms: int) -> dict[str, Any]:
    """A score set as values for `scoreset`, without its spans. Every label is a key, so that rows can go in bulk."""
    blame = score_set.blame
    return {
        "comment_id": comment_id,
        "revision": revision,
        "scorer": score_set.scorer.name,
        "version": score_set.scorer.version,
        "weights_hash": score_set.scorer.weights_hash,
        "language": score_set.language,
        "scored_at_ms": now_ms,
        "labels": " ".join(score_set.scores),
        **{label.value: score_set.scores.get(label) for label in Label},
        "blame": {
            "grade": blame.grade,
            "components": list(blame.components),
            "reason": blame.reason,
            "exclusions": list(blame.exclusions),
        }
        if blame
        else None,
        "extra": dict(score_set.extra) or None,
    }


def insert_sets(conn: Connection, sets: Sequence[tuple[int, int, ScoreSet]], now_ms: int) -> None:
    """Writes score sets with their spans.

    Args:
        conn: An open transaction.
        sets: Comment id, revision and score set each.
        now_ms: Time of scoring, UTC milliseconds.
    """
    if not sets:
        return
    conn.execute(insert(SCORESET), [to_row(*given, now_ms) for given in sets])
    with_spans = [given for given in sets if given[2].spans]
    if not with_spans:
        return
    ids = _ids(conn, {comment_id for comment_id, _, _ in with_spans})
    spans = [
        {
            "scoreset_id": ids[comment_id, revision, score_set.scorer],
            "start_at": span.start,
            "end_at": span.end,
            "role": span.role.value,
            "label": span.label.value,
            "weight": span.weight,
        }
        for comment_id, revision, score_set in with_spans
        for span in score_set.spans
    ]
    conn.execute(insert(SCORE_SPAN), spans)


def _ids(conn: Connection, comment_ids: Collection[int]) -> dict[tuple[int, int, ScorerId], int]:
    """Numbers of these comments' score sets by what is unique about one."""
    statement = select(_S.id, _S.comment_id, _S.revision, _S.scorer, _S.version, _S.weights_hash)
    rows = conn.execute(statement.where(_S.comment_id.in_(comment_ids)))
    return {(row.comment_id, row.revision, ScorerId(row.scorer, row.version, row.weights_hash)): row.id for row in rows}


def score_sets(conn: Connection, comment_ids: Sequence[int], *, spans: bool = True) -> dict[int, tuple[ScoreSet, ...]]:
    """What the scorers said of the current revision of these comments.

    Args:
        conn: An open transaction.
        comment_ids: At most a few hundred.
        spans: Whether to read the evidence too.

    Returns:
        Comment id to its score sets, the latest last. A comment nobody scored isn't a key.
    """
    statement = (
        select(SCORESET)
        .join(COMMENT, (COMMENT.c.id == _S.comment_id) & (COMMENT.c.revision == _S.revision))
        .where(_S.comment_id.in_(comment_ids))
        .order_by(_S.scored_at_ms, _S.id)
    )
    rows = conn.execute(statement).mappings().all()
    evidence = _spans(conn, [row["id"] for row in rows]) if spans else {}
    found: dict[int, list[ScoreSet]] = {}
    for row in rows:
        found.setdefault(row["comment_id"], []).append(_from_row(row, evidence.get(row["id"], ())))
    return {comment_id: tuple(sets) for comment_id, sets in found.items()}


def _spans(conn: Connection, scoreset_ids: Sequence[int]) -> dict[int, tuple[Span, ...]]:
    columns = SCORE_SPAN.c
    statement = select(SCORE_SPAN).where(columns.scoreset_id.in_(scoreset_ids)).order_by(columns.start_at, columns.id)
    found: dict[int, list[Span]] = {}
    for row in conn.execute(statement) if scoreset_ids else ():
        span = Span(row.start_at, row.end_at, SpanRole(row.role), Label(row.label), row.weight)
        found.setdefault(row.scoreset_id, []).append(span)
    return {scoreset_id: tuple(spans) for scoreset_id, spans in found.items()}


def _from_row(row: RowMapping, spans: tuple[Span, ...]) -> ScoreSet:
    blame = row["blame"]
    return ScoreSet(
        ScorerId(row["scorer"], row["version"], row["weights_hash"]),
        row["language"],
        {Label(label): row[label] for label in row["labels"].split()},
        spans,
        BlameExplanation(blame["grade"], tuple(blame["components"]), blame["reason"], tuple(blame["exclusions"]))
        if blame
        else None,
        row["extra"] or {},
    )
