"""What stands in an export, column by column. `docs/export.md` says what each means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from moderator.domain.score import Label, ScoreSet, merge_scores
from moderator.services.tabular import Batch, Column, Kind
from moderator.storage.chain import author_ref
from moderator.storage.export_rows import CommentRecord, Page

_SCORES = tuple(Column(f"{label.value}_score", Kind.REAL, optional=True) for label in Label)
_FROM_SCORERS = frozenset({"model_name", "model_hash", *(column.name for column in _SCORES)})

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
    Column("appeal_id", Kind.INTEGER, optional=True),
    Column("comment_id", Kind.INTEGER),
    Column("scorers", Kind.JSON),
    Column("masked", Kind.FLAG, optional=True),
)
"""Columns of a decision export, in order. New ones are added at the end."""

_NOT_YET = ("site", "language_confidence", "list_version")
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
    "reason_text_public": "reason_title",
    "pushed_at": "pushed_at_ms",
    "remote_status_after": "stands_at",
    "error_code": "last_error",
    "comment_text": "text",
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
            "seconds_open",
            "batch_id",
            "undo_of",
            "comment_id",
            "note",
            "scorers",
            "push_state",
            "second_review_of",
            "appeal_id",
        )
    },
}
"""Columns that repeat one of the database, some under the name that other systems use."""


def decision_batch(page: Page, columns: Sequence[Column]) -> Batch:
    """Values of decisions for some of `DECISION_COLUMNS` and `DECISION_TEXT_COLUMNS`."""
    rows = len(page["seq"])
    frozen = _frozen_scores(page["scorers"]) if any(column.name in _FROM_SCORERS for column in columns) else {}
    made: dict[str, Sequence[Any]] = {
        **dict.fromkeys(_NOT_YET, (None,) * rows),
        **frozen,
        # SQLite's truth values are numbers.
        "revealed": [bool(flag) for flag in page["revealed"]],
        "masked": [None if flag is None else bool(flag) for flag in page["masked"]],
        "note_present": [digest is not None for digest in page["note_digest"]],
    }
    names = [column.name for column in columns]
    return {name: made[name] if name in made else page[_DECISION_FIELDS[name]] for name in names}


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


class _Spoken(msgspec.Struct):
    """What is wanted of a scorer that is frozen into a decision."""

    name: str
    version: str
    weights_hash: str
    scores: dict[str, float | None]


_decode = msgspec.json.Decoder(list[_Spoken]).decode


def _frozen_scores(stored: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Scores and scorers as they were frozen into decisions: a number beats none, the later one another."""
    spoken = [_decode(each) for each in stored]
    scores = [
        {label: score for scorer in each for label, score in scorer.scores.items() if score is not None}
        for each in spoken
    ]
    return {
        **{f"{label.value}_score": [each.get(label.value) for each in scores] for label in Label},
        "model_name": [" ".join([f"{one.name}-{one.version}" for one in each]) for each in spoken],
        "model_hash": [" ".join([one.weights_hash for one in each]) for each in spoken],
    }


def _current_scores(score_sets: tuple[ScoreSet, ...]) -> dict[str, Any]:
    merged = merge_scores(score_sets)
    return {
        **{f"{label.value}_score": merged.get(label) for label in Label},
        "model_name": " ".join(f"{each.scorer.name}-{each.scorer.version}" for each in score_sets),
        "model_hash": " ".join(each.scorer.weights_hash for each in score_sets),
    }
