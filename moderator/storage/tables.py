"""The tables, as SQLModel classes. The same code on SQLite and PostgreSQL.

Times are UTC milliseconds since 1970. Each queue order has an index that starts with `status`, so that a page is
a range read however long the queue is. Nothing outside `storage` sees a row of these: readers get the frozen
views of `domain`.
"""

# sqlmodel reads annotations at run time: no `from __future__ import annotations` here.
from typing import Any, ClassVar

from sqlalchemy import DDL, JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, Text, event, text
from sqlmodel import Field, SQLModel

from moderator.storage.delivery_tables import BigId, OutboxRow, SourceCursorRow
from moderator.storage.erasure_tables import ErasureRow, ExportFileRow
from moderator.storage.second_look_tables import AppealRow, GoldenRow, OpinionRow
from moderator.storage.text_index import POSTGRESQL_WORDS, SQLITE_TABLE

__all__ = [
    "AppealRow",
    "ArticleRow",
    "AuthorRow",
    "BigId",
    "ChainHeadRow",
    "CommentRow",
    "DecisionNoteRow",
    "DecisionRow",
    "ErasureRow",
    "ExportFileRow",
    "GoldenRow",
    "LeaseRow",
    "OpinionRow",
    "OutboxRow",
    "RevisionRow",
    "ScoreSetRow",
    "ScoreSpanRow",
    "SourceCursorRow",
]


def _key() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _ref(target: str, *, primary_key: bool = False) -> Any:
    return Field(sa_column=Column(BigId, ForeignKey(target), nullable=False, primary_key=primary_key))


def _only(condition: Any) -> dict[str, Any]:
    """An index of these rows alone, on either database."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def _text(*, nullable: bool = False, default: str | None = "") -> Any:
    return Field(default=None if nullable else default, sa_column=Column(Text, nullable=nullable))


def _ms(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else 0, sa_column=Column(BigInteger, nullable=nullable))


class ArticleRow(SQLModel, table=True):
    """What a comment stands under."""

    __tablename__: ClassVar[Any] = "article"
    __table_args__ = (Index("ux_article", "source", "url", unique=True),)

    id: int | None = _key()
    source: str = _text()
    url: str = _text()
    title: str = _text()
    section: str = _text()
    first_seen_ms: int = _ms()


class AuthorRow(SQLModel, table=True):
    """A registered author by their id at the source, or a guest by the name typed (which proves nothing)."""

    __tablename__: ClassVar[Any] = "author"
    __table_args__ = (Index("ux_author", "source", "key", unique=True),)

    id: int | None = _key()
    source: str = _text()
    key: str = _text()
    name: str = _text()
    kind: str = _text()
    first_seen_ms: int = _ms()


class CommentRow(SQLModel, table=True):
    """One comment: identity, place, status, and the policy's suggestion for its current revision.

    A reply names its parent by remote id, resolved when it is read: so it keeps a parent that arrives after it.
    """

    __tablename__: ClassVar[Any] = "comment"
    __table_args__ = (
        Index("ux_comment", "source", "remote_id", unique=True),
        Index("ix_comment_risk", "status", text("risk DESC"), "id"),
        Index("ix_comment_posted", "status", "posted_at_ms", "id"),
        Index("ix_comment_best", "status", text("likes DESC"), "id"),
        Index("ix_comment_article", "article_id", "posted_at_ms"),
        Index("ix_comment_author", "author_id", "status", "id"),
        Index(
            "ix_comment_deferred",
            "deferred_until_ms",
            **_only(Column("status") == "deferred"),
        ),
        Index(
            "ix_comment_parent",
            "source",
            "parent_remote_id",
            "posted_at_ms",
            "id",
            **_only(Column("parent_remote_id").is_not(None)),
        ),
        Index(
            "ix_comment_waiting",
            "id",
            **_only(Column("scoring") == "waiting"),
        ),
    )

    id: int | None = _key()
    source: str = _text()
    remote_id: str = _text()
    article_id: int = _ref("article.id")
    author_id: int = _ref("author.id")
    parent_remote_id: str | None = _text(nullable=True)
    posted_at_ms: int = _ms()
    received_at_ms: int = _ms()
    likes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    dislikes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    language: str | None = _text(nullable=True)
    status: str = _text(default="pending")
    deferred_until_ms: int | None = _ms(nullable=True)
    revision: int = Field(default=1, sa_column=Column(Integer, nullable=False))
    scoring: str = _text(default="waiting")
    scoring_error: str | None = _text(nullable=True)
    risk: float = Field(default=0.5, sa_column=Column(Float, nullable=False))
    route: str = _text(default="review")
    lead_label: str | None = _text(nullable=True)
    lead_score: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    indexed_revision: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    """Whose words are in SQLite's index of texts, see `text_index`; PostgreSQL doesn't need it."""
    erased_in: int | None = _ms(nullable=True)
    """The erasure that took its text and its author, by number."""


class RevisionRow(SQLModel, table=True):
    """One text of a comment. An edit adds a row; the text before stays."""

    __tablename__: ClassVar[Any] = "revision"
    __table_args__ = (
        Index("ix_revision_text", text(POSTGRESQL_WORDS), postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    comment_id: int = _ref("comment.id", primary_key=True)
    number: int = Field(sa_column=Column(Integer, primary_key=True))
    body: str = _text()
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at_ms: int = _ms()


class ScoreSetRow(SQLModel, table=True):
    """What one scorer said of one revision. A label it could not judge is NULL, never 0."""

    __tablename__: ClassVar[Any] = "scoreset"
    __table_args__ = (Index("ux_scoreset", "comment_id", "revision", "scorer", "version", "weights_hash", unique=True),)

    id: int | None = _key()
    comment_id: int = _ref("comment.id")
    revision: int = Field(sa_column=Column(Integer, nullable=False))
    scorer: str = _text()
    version: str = _text()
    weights_hash: str = _text()
    language: str = _text()
    scored_at_ms: int = _ms()
    labels: str = _text()
    """Space-separated labels the scorer knows: tells 'could not judge' (listed, NULL) from 'never scores'."""
    toxicity: float | None = None
    severe_toxicity: float | None = None
    obscene: float | None = None
    threat: float | None = None
    insult: float | None = None
    identity_attack: float | None = None
    sexual_explicit: float | None = None
    collective_blame: float | None = None
    blame: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    extra: dict[str, float] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class ScoreSpanRow(SQLModel, table=True):
    """Evidence, in code points of the revision's raw text."""

    __tablename__: ClassVar[Any] = "score_span"
    __table_args__ = (Index("ix_score_span", "scoreset_id"),)

    id: int | None = _key()
    scoreset_id: int = _ref("scoreset.id")
    start: int = Field(sa_column=Column("start_at", Integer, nullable=False))
    end: int = Field(sa_column=Column("end_at", Integer, nullable=False))
    role: str = _text()
    label: str = _text()
    weight: float | None = None


class DecisionRow(SQLModel, table=True):
    """One link of the decision log. Triggers refuse UPDATE and DELETE."""

    __tablename__: ClassVar[Any] = "decision"
    __table_args__ = (
        Index("ux_decision_id", "decision_id", unique=True),
        Index("ix_decision_comment", "comment_id", "seq"),
        Index("ix_decision_time", "decided_at_ms", "seq"),
        Index("ix_decision_moderator", "moderator", "seq"),
        Index("ux_decision_undo", "undo_of", unique=True),
        Index(
            "ix_decision_batch",
            "batch_id",
            "seq",
            **_only(Column("batch_id").is_not(None)),
        ),
    )

    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    decision_id: str = _text()
    decided_at_ms: int = _ms()
    actor_kind: str = _text()
    moderator: str = _text()
    comment_id: int = _ref("comment.id")
    source: str = _text()
    section: str = _text()
    remote_id: str = _text()
    parent_remote_id: str | None = _text(nullable=True)
    article_url: str = _text()
    revision: int = Field(sa_column=Column(Integer, nullable=False))
    content_digest: str = _text()
    author_ref: str = _text()
    language: str | None = _text(nullable=True)
    posted_at_ms: int = _ms()
    action: str = _text()
    previous_status: str = _text()
    new_status: str = _text()
    reason_code: str | None = _text(nullable=True)
    note_digest: str | None = _text(nullable=True)
    scorers: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    thresholds: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    risk: float = Field(sa_column=Column(Float, nullable=False))
    route: str = _text()
    rule: str = _text()
    config_hash: str = _text()
    app_version: str = _text()
    revealed: bool = False
    seconds_open: float | None = None
    batch_id: str | None = _text(nullable=True)
    undo_of: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("decision.seq"), nullable=True))
    prev_hash: str = _text()
    row_hash: str = _text()
    masked: bool | None = None
    reason_title: str | None = _text(nullable=True)


class DecisionNoteRow(SQLModel, table=True):
    """A moderator's note, apart from the chained row so that erasure can take it: the chain holds its digest.

    A trigger refuses UPDATE.
    """

    __tablename__: ClassVar[Any] = "decision_note"

    seq: int = Field(sa_column=Column(BigId, ForeignKey("decision.seq"), primary_key=True, autoincrement=False))
    note: str = _text()
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ChainHeadRow(SQLModel, table=True):
    """The last link. One row; writers lock it, so that the chain has one order on PostgreSQL too."""

    __tablename__: ClassVar[Any] = "chain_head"

    id: int = Field(default=1, sa_column=Column(Integer, primary_key=True, autoincrement=False))
    seq: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    row_hash: str = _text()


class LeaseRow(SQLModel, table=True):
    """'This moderator has this comment open until then', so that two people never decide the same one."""

    __tablename__: ClassVar[Any] = "lease"
    __table_args__ = (Index("ix_lease_holder", "holder"),)

    comment_id: int = _ref("comment.id", primary_key=True)
    holder: str = _text()
    moderator: str = _text()
    expires_at_ms: int = _ms()


event.listen(SQLModel.metadata, "after_create", DDL(SQLITE_TABLE).execute_if(dialect="sqlite"))
