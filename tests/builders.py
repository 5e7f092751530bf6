"""Values for tests, with only what a test is about spelt out."""

import hashlib
import itertools
from collections.abc import Mapping

from sqlalchemy import insert

from moderator.domain.comment import IncomingComment, content_hash
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label

START_MS = 1_793_534_400_000
"""2026-11-01 12:00 UTC."""

POLICY = Policy(
    thresholds={
        Label.TOXICITY: Threshold(0.7, 0.9),
        Label.INSULT: Threshold(0.8, 0.95),
        Label.COLLECTIVE_BLAME: Threshold(0.6, 0.85),
    },
    config_hash="0123456789ab",
)

_numbers = itertools.count(1)


class Clock:
    """A clock that stands still until a test moves it. Called, it gives UTC milliseconds."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> int:
        """Moves on and returns the new time."""
        self.now_ms += round(seconds * 1000)
        return self.now_ms


def make_comment(**given) -> IncomingComment:
    """An incoming comment: every call another one, the given fields as given."""
    number = next(_numbers)
    values = {
        "source": "site",
        "remote_id": f"c{number}",
        "body": f"Comment number {number}.",
        "article_url": "https://news.example/bridge",
        "article_title": "The bridge is closed",
        "section": "local",
        "author_name": f"reader {number % 7}",
        "posted_at_ms": START_MS - 3_600_000 + number,
    }
    return IncomingComment(**{**values, **given})


def _identify(conn, table, key: Mapping, rest: Mapping) -> int:
    found = conn.execute(table.select().filter_by(**key)).first()
    return found.id if found else conn.execute(insert(table).values(**key, **rest).returning(table.c.id)).scalar_one()


def put_comment(conn, comment: IncomingComment, **columns) -> int:
    """Writes a comment straight into the tables, past the intake, and returns its id.

    Args:
        columns: Columns of `comment` that intake would leave at their defaults (`status`, `risk`, ...).
    """
    from moderator.storage.tables import ArticleRow, AuthorRow, CommentRow

    article, author, row = ArticleRow.__table__, AuthorRow.__table__, CommentRow.__table__
    article_id = _identify(
        conn,
        article,
        {"source": comment.source, "url": comment.article_url},
        {"title": comment.article_title, "section": comment.section, "first_seen_ms": START_MS},
    )
    author_id = _identify(
        conn,
        author,
        {"source": comment.source, "key": comment.author_remote_id or comment.author_name},
        {"name": comment.author_name, "kind": comment.author_kind.value, "first_seen_ms": START_MS},
    )
    values = {
        "source": comment.source,
        "remote_id": comment.remote_id,
        "article_id": article_id,
        "author_id": author_id,
        "parent_remote_id": comment.parent_remote_id,
        "posted_at_ms": comment.posted_at_ms,
        "received_at_ms": START_MS,
        "likes": comment.likes,
        "dislikes": comment.dislikes,
        "language": comment.language,
        "status": "pending",
        "revision": 1,
        "scoring": "waiting",
        "risk": 0.5,
        "route": "review",
    }
    comment_id = conn.execute(insert(row).values(**{**values, **columns}).returning(row.c.id)).scalar_one()
    put_revision(conn, comment_id, columns.get("revision", 1), comment.body)
    return comment_id


def put_revision(conn, comment_id: int, number: int, body: str) -> None:
    """Writes one text of a comment. The salt is made from the ids, so that tests can expect digests."""
    from moderator.storage.tables import RevisionRow

    salt = hashlib.sha256(f"{comment_id}/{number}".encode()).digest()[:16]
    conn.execute(
        insert(RevisionRow.__table__).values(
            comment_id=comment_id,
            number=number,
            body=body,
            content_hash=content_hash(body),
            salt=salt,
            seen_at_ms=START_MS,
        )
    )


def put_scores(conn, comment_id: int, scores: Mapping[str, float | None], **columns) -> int:
    """Writes a score set for a comment's revision and returns its id. `scores`: label to probability or `None`."""
    from moderator.storage.tables import ScoreSetRow

    table = ScoreSetRow.__table__
    values = {
        "comment_id": comment_id,
        "revision": 1,
        "scorer": "embedded",
        "version": "1",
        "weights_hash": "feedfacecafe",
        "language": "en",
        "scored_at_ms": START_MS,
        "labels": " ".join(scores),
        **scores,
        **columns,
    }
    return conn.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
