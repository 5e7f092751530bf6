"""What erasing leaves behind: a proof that it happened, and where texts were written to."""

# sqlmodel reads annotations at run time: no `from __future__ import annotations` here.
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel

from moderator.storage.delivery_tables import BigId


def _text() -> Any:
    return Field(default="", sa_column=Column(Text, nullable=False))


def _number() -> Any:
    return Field(default=0, sa_column=Column(BigInteger, nullable=False))


class ErasureRow(SQLModel, table=True):
    """That texts were erased, when and on whose order. Hash-chained as decisions are; triggers refuse any change."""

    __tablename__: ClassVar[Any] = "erasure"

    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    erased_at_ms: int = _number()
    kind: str = _text()
    """One of `ErasureKind`."""
    subject: str = _text()
    """Whose or what: an author's reference, a comment's number, a rule of retention. Never a name."""
    ordered_by: str = _text()
    done_by: str = _text()
    comments: int = _number()
    texts: int = _number()
    notes: int = _number()
    decision_seq: int = _number()
    """Where the decision log stood then, which ties both chains together."""
    decision_hash: str = _text()
    app_version: str = _text()
    prev_hash: str = _text()
    row_hash: str = _text()


class ExportFileRow(SQLModel, table=True):
    """A file that texts were exported to: whoever erases a text must know where else it is."""

    __tablename__: ClassVar[Any] = "export_file"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    path: str = _text()
    kind: str = _text()
    written_at_ms: int = _number()
    sha256: str = _text()
