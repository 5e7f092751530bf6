"""What is between us and the sites: decisions on their way out, and how far each site has been read."""

# sqlmodel reads annotations at run time: no `from __future__ import annotations` here.
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field, SQLModel

BigId = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key; SQLite auto-increments only a column declared exactly INTEGER."""


def _maybe(kind: Any) -> Any:
    return Field(default=None, sa_column=Column(kind, nullable=True))


class OutboxRow(SQLModel, table=True):
    """A decision on its way to its source, held back for the undo window."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__ = (
        Index("ux_outbox_decision", "decision_seq", unique=True),
        Index("ix_outbox_due", "state", "not_before_ms"),
        Index("ix_outbox_comment", "comment_id", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    decision_seq: int = Field(sa_column=Column(BigId, ForeignKey("decision.seq"), nullable=False))
    comment_id: int = Field(sa_column=Column(BigId, ForeignKey("comment.id"), nullable=False))
    source: str = Field(default="", sa_column=Column(Text, nullable=False))
    state: str = Field(default="held", sa_column=Column(Text, nullable=False))
    """One of `outbox.State`."""
    not_before_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """When it may be sent (again); while it's being sent, until when nobody else tries."""
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    last_error: str | None = _maybe(Text)
    stands_at: str | None = _maybe(Text)
    """Where the comment stood at its source when we last heard: a status, or `gone`."""
    settled_at_ms: int | None = _maybe(BigInteger)


class SourceCursorRow(SQLModel, table=True):
    """How far a source has been read, and how its last pull went."""

    __tablename__: ClassVar[Any] = "source_cursor"

    source: str = Field(sa_column=Column(Text, primary_key=True))
    cursor: str = Field(default="", sa_column=Column(Text, nullable=False))
    updated_at_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """When a pull last went to its end."""
    tried_at_ms: int | None = _maybe(BigInteger)
    next_pull_ms: int | None = _maybe(BigInteger)
    failures: int | None = _maybe(Integer)
    """Failed pulls in a row."""
    last_error: str | None = _maybe(Text)
    held_there: int | None = _maybe(BigInteger)
    """How many comments waited at the source at the last pull."""
