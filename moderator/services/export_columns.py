"""What stands in an export, column by column. `docs/export.md` says what each means."""

from __future__ import annotations

from typing import Any, cast

from moderator.domain.decision import Decision
from moderator.domain.score import Label, ScoreSet, merge_scores
from moderator.services.tabular import Column, Kind
from moderator.storage.chain import author_ref
from moderator.storage.export_rows import CommentRecord, DecisionRecord

_SCORES = tuple(Column(f"{label.value}_score", Kind.REAL, optional=True) for label in Label)

DECISION_COLUMNS: tuple[Column, ...] = (
    Column("decision_id"),
    Column("seq", Kind.INTEGER),
    Column("prev_hash"),
    Column("row_hash"),
    Column("decided_at", Kind.TIME),
    Column("actor_kind"),
    Column("moderator_alias"),
    Column("source"),
    Column("site", optional=True),
    Column("section"),
    Column("remote_id"),
    Column("remote_revision", Kind.INTEGER),
    Column("thread_url"),
    Column("parent_remote_id", optional=True),
    Column("author_ref"),
    Column("content_digest"),
    Column("content_language", optional=True),
    Column("language_confidence", Kind.REAL, optional=True),
    Column("content_posted_at", Kind.TIME),
    Column("action"),
    Column("previous_state"),
    Column("new_state"),
    Column("reason_code", optional=True),
    Column("reason_text_public", optional=True),
    Column("note_present", Kind.FLAG),
    Column("note_digest", optional=True),
    Column("rule"),
    Column("list_version", optional=True),
    Column("model_name"),
    Column("model_hash"),
    *_SCORES,
    Column("risk", Kind.REAL),
    Column("route"),
    Column("thresholds", Kind.JSON),
    Column("config_hash"),
    Column("app_version"),
    Column("revealed", Kind.FLAG),
    Column("seconds_open", Kind.REAL, optional=True),
    Column("batch_id", optional=True),
    Column("undo_of", Kind.INTEGER, optional=True),
    Column("second_review_of", Kind.INTEGER, optional=True),
    Column("push_state", optional=True),
    Column("pushed_at", Kind.TIME, optional=True),
    Column("remote_status_after", optional=True),
    Column("error_code", optional=True),
    Column("appeal_id", optional=True),
    Column("comment_id", Kind.INTEGER),
    Column("scorers", Kind.JSON),
)
"""Columns of a decision export, in order. New ones are added at the end."""

_NOT_YET: dict[str, None] = dict.fromkeys(
    (
        "site",
        "language_confidence",
        "reason_text_public",
        "list_version",
        "second_review_of",
        "pushed_at",
        "remote_status_after",
        "error_code",
        "appeal_id",
    )
)
"""Columns that have their place already and no value in this version."""

DECISION_TEXT_COLUMNS = (Column("comment_text", optional=True), Column("note", optional=True))
"""What a decision export has besides only when texts are asked for."""

COMMENT_COLUMNS: tuple[Column, ...] = (
    Column("comment_id", Kind.INTEGER),
    Column("source"),
    Column("remote_id"),
    Column("section"),
    Column("thread_url"),
    Column("article_title"),
    Column("author_ref"),
    Column("author_kind"),
    Column("parent_remote_id", optional=True),
    Column("posted_at", Kind.TIME),
    Column("received_at", Kind.TIME),
    Column("language", optional=True),
    Column("likes", Kind.INTEGER),
    Column("dislikes", Kind.INTEGER),
    Column("status"),
    Column("deferred_until", Kind.TIME, optional=True),
    Column("revision", Kind.INTEGER),
    Column("scoring"),
    Column("scoring_error", optional=True),
    Column("risk", Kind.REAL),
    Column("route"),
    Column("lead_label", optional=True),
    Column("lead_score", Kind.REAL, optional=True),
    *_SCORES,
    Column("model_name"),
    Column("model_hash"),
)
"""Columns of a comment export, in order. New ones are added at the end."""

COMMENT_TEXT_COLUMNS = (Column("author_name"), Column("comment_text"))
"""What a comment export has besides only when texts are asked for."""


_DECISION_FIELDS: dict[str, str] = {
    "decided_at": "decided_at_ms",
    "moderator_alias": "moderator",
    "remote_revision": "revision",
    "thread_url": "article_url",
    "content_language": "language",
    "content_posted_at": "posted_at_ms",
    "previous_state": "previous_status",
    "new_state": "new_status",
    **{
        same: same
        for same in (
            "decision_id",
            "seq",
            "prev_hash",
            "row_hash",
            "actor_kind",
            "source",
            "section",
            "remote_id",
            "parent_remote_id",
            "author_ref",
            "content_digest",
            "action",
            "reason_code",
            "note_digest",
            "rule",
            "risk",
            "route",
            "thresholds",
            "config_hash",
            "app_version",
            "revealed",
            "seconds_open",
            "batch_id",
            "undo_of",
            "comment_id",
            "note",
        )
    },
}
"""Columns that repeat a field of `Decision`, some under the name that other systems use."""


def decision_values(record: DecisionRecord) -> dict[str, Any]:
    """A decision's values for `DECISION_COLUMNS` and `DECISION_TEXT_COLUMNS`."""
    decision = record.decision
    return {
        **_NOT_YET,
        **{column: getattr(decision, field) for column, field in _DECISION_FIELDS.items()},
        **_frozen_scores(decision),
        "note_present": decision.note_digest is not None,
        "push_state": record.push_state,
        "scorers": list(decision.scorers),
        "comment_text": record.text,
    }


_COMMENT_FIELDS: dict[str, str] = {
    "comment_id": "id",
    "thread_url": "url",
    "article_title": "title",
    "author_kind": "kind",
    "posted_at": "posted_at_ms",
    "received_at": "received_at_ms",
    "deferred_until": "deferred_until_ms",
    "author_name": "name",
    "comment_text": "text",
    **{
        same: same
        for same in (
            "source",
            "remote_id",
            "section",
            "parent_remote_id",
            "language",
            "likes",
            "dislikes",
            "status",
            "revision",
            "scoring",
            "scoring_error",
            "risk",
            "route",
            "lead_label",
            "lead_score",
        )
    },
}
"""Columns that repeat one of the database."""


def comment_values(record: CommentRecord, key: bytes) -> dict[str, Any]:
    """A comment's values for `COMMENT_COLUMNS` and `COMMENT_TEXT_COLUMNS`; `key` is the operator's."""
    row = record.values
    return {
        **{column: row[field] for column, field in _COMMENT_FIELDS.items()},
        **_current_scores(record.score_sets),
        "author_ref": author_ref(key, row["source"], row["key"]),
    }


def _frozen_scores(decision: Decision) -> dict[str, Any]:
    """Scores and scorers as they were frozen into a decision: a number beats none, the later one another."""
    merged: dict[str, Any] = {column.name: None for column in _SCORES}
    for scorer in decision.scorers:
        scores = cast("dict[str, float | None]", scorer["scores"])
        merged.update({f"{label}_score": score for label, score in scores.items() if score is not None})
    return {
        **merged,
        "model_name": " ".join(f"{scorer['name']}-{scorer['version']}" for scorer in decision.scorers),
        "model_hash": " ".join(str(scorer["weights_hash"]) for scorer in decision.scorers),
    }


def _current_scores(score_sets: tuple[ScoreSet, ...]) -> dict[str, Any]:
    merged = merge_scores(score_sets)
    return {
        **{f"{label.value}_score": merged.get(label) for label in Label},
        "model_name": " ".join(f"{each.scorer.name}-{each.scorer.version}" for each in score_sets),
        "model_hash": " ".join(each.scorer.weights_hash for each in score_sets),
    }
