"""What a second person says: authors' appeals, blind second opinions, and comments whose right answer is known."""

# sqlmodel reads annotations at run time: no `from __future__ import annotations` here.
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field, SQLModel

from moderator.storage.delivery_tables import BigId


def _key() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _ref(target: str, *, nullable: bool = False, primary_key: bool = False) -> Any:
    column = Column(BigId, ForeignKey(target), nullable=nullable, primary_key=primary_key)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def _text(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else "", sa_column=Column(Text, nullable=nullable))


def _number(kind: Any = BigInteger) -> Any:
    return Field(default=0, sa_column=Column(kind, nullable=False))


class AppealRow(SQLModel, table=True):
    """An author's complaint about a rejection, and what came of it. A trigger empties it when the comment is erased."""

    __tablename__: ClassVar[Any] = "appeal"
    __table_args__ = (
        Index("ux_appeal_decision", "decision_seq", unique=True),
        Index("ux_appeal_opened", "opened_seq", unique=True),
        Index("ux_appeal_decided", "decided_seq", unique=True),
        Index("ix_appeal_comment", "comment_id", "id"),
    )

    id: int | None = _key()
    comment_id: int = _ref("comment.id")
    decision_seq: int = _ref("decision.seq")
    """The rejection that is appealed against."""
    opened_seq: int = _ref("decision.seq")
    """The row of the log that put the comment back into the queue."""
    text: str = _text()
    """What the author says."""
    received_at_ms: int = _number()
    decided_seq: int | None = _ref("decision.seq", nullable=True)
    """The second person's decision; none while it's open."""
    outcome: str | None = _text(nullable=True)
    """One of `Outcome`, with `decided_seq`."""


class OpinionRow(SQLModel, table=True):
    """What somebody would have decided, who was shown neither the decision nor who made it. It changes nothing."""

    __tablename__: ClassVar[Any] = "opinion"
    __table_args__ = (
        Index("ux_opinion", "comment_id", "revision", "moderator", unique=True),
        Index("ix_opinion_decision", "decision_seq"),
    )

    id: int | None = _key()
    comment_id: int = _ref("comment.id")
    revision: int = _number(Integer)
    decision_seq: int | None = _ref("decision.seq", nullable=True)
    """The decision that was drawn for a second look; none for a golden item."""
    moderator: str = _text()
    action: str = _text()
    reason_code: str | None = _text(nullable=True)
    given_at_ms: int = _number()


class GoldenRow(SQLModel, table=True):
    """A comment whose right answer an operator has settled."""

    __tablename__: ClassVar[Any] = "golden"

    comment_id: int = _ref("comment.id", primary_key=True)
    revision: int = _number(Integer)
    action: str = _text()
    reason_code: str | None = _text(nullable=True)
    set_by: str = _text()
    set_at_ms: int = _number()
