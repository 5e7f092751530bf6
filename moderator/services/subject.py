"""What is kept of one author, as JSON that they can be given."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from moderator._version import __version__
from moderator.domain.clock import system_clock
from moderator.domain.score import Label
from moderator.services.erasure import checked_ref, nobody
from moderator.services.tabular import to_iso
from moderator.storage import erasure, subject_rows
from moderator.storage.engine import Database
from moderator.storage.subject_rows import SubjectComment

SUBJECT_VERSION = 1
"""Of the file's own form."""

_DECIDED = (
    *("seq", "decision_id", "actor_kind", "action", "revision", "previous_status", "new_status", "reason_code"),
    *("reason_title", "rule", "risk", "route", "scorers", "thresholds", "undo_of", "row_hash"),
)
"""What an author is told of a decision. Who made it isn't theirs: moderators are people too."""


def subject_data(db: Database, ref: str, *, author_key: bytes, with_notes: bool = False) -> dict[str, Any]:
    """All data of one author.

    Args:
        db: Open.
        ref: As `author_ref` of exports names them.
        author_key: The operator's key, under which references are made.
        with_notes: Also moderators' notes on their comments.

    Returns:
        JSON values: who they are here, and each comment with its texts, scores, decisions and appeals.

    Raises:
        ConfigError: It isn't a reference.
        NotFoundError: Nobody here has it.
        StorageError: The database failed.
    """
    with db.read() as conn:
        found = erasure.authors_by_ref(conn, author_key, checked_ref(ref))
        if not found:
            raise nobody()
        authors = [
            {
                "source": row["source"],
                "id": row["key"],
                "name": row["name"],
                "kind": row["kind"],
                "first_seen": to_iso(row["first_seen_ms"]),
            }
            for row in subject_rows.authors(conn, found)
        ]
        numbers = erasure.comments_of(conn, found)
        comments = [_comment(each, with_notes=with_notes) for each in subject_rows.comments(conn, numbers)]
    return {
        "subject_version": SUBJECT_VERSION,
        "author_ref": ref,
        "written_at": to_iso(system_clock()),
        "app_version": __version__,
        "author": authors[0],
        "comments": comments,
    }


def _comment(each: SubjectComment, *, with_notes: bool) -> dict[str, Any]:
    values = each.values
    return {
        "comment_id": values["id"],
        "remote_id": values["remote_id"],
        "parent_remote_id": values["parent_remote_id"],
        "article": {"url": values["url"], "title": values["title"], "section": values["section"]},
        "posted_at": to_iso(values["posted_at_ms"]),
        "received_at": to_iso(values["received_at_ms"]),
        "language": values["language"],
        "likes": values["likes"],
        "dislikes": values["dislikes"],
        "status": values["status"],
        "texts": [
            {"revision": row["number"], "text": row["body"], "seen_at": to_iso(row["seen_at_ms"])} for row in each.texts
        ],
        "scores": [_scores(row) for row in each.score_sets],
        "decisions": [
            {name: row[name] for name in _DECIDED}
            | {"decided_at": to_iso(row["decided_at_ms"])}
            | ({"note": row["note"]} if with_notes else {})
            for row in each.decisions
        ],
        "appeals": [_appeal(row) for row in each.appeals],
    }


def _appeal(row: RowMapping) -> dict[str, Any]:
    settled_ms = row["settled_at_ms"]
    return {
        "text": row["text"],
        "received_at": to_iso(row["received_at_ms"]),
        "against_seq": row["decision_seq"],
        "outcome": row["outcome"],
        "settled_by_seq": row["decided_seq"],
        "settled_at": None if settled_ms is None else to_iso(settled_ms),
    }


def _scores(row: RowMapping) -> dict[str, Any]:
    return {
        "revision": row["revision"],
        "scorer": row["scorer"],
        "version": row["version"],
        "weights_hash": row["weights_hash"],
        "language": row["language"],
        "scored_at": to_iso(row["scored_at_ms"]),
        "scores": {label.value: row[label.value] for label in Label if label.value in row["labels"].split()},
        "collective_blame": row["blame"],
    }
