"""What every source and sink keeps to. Small on purpose: one protocol to read, one to write back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from moderator.domain.comment import IncomingComment
from moderator.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that a source can't turn into a comment. It never stops the stream.

    Attributes:
        where: File, or address, that it came from; raw, so it goes through the gate before a screen.
        line: Line of the file that the record starts on, from 1; `None` where a source has no lines.
        reason: What is wrong, in words, naming the field and never quoting what the record says.
        code: The same as a stable name, `date.unknown`; summaries count by it.
        raw: The record as it came, cut to a bounded length; empty where a source doesn't keep it.
    """

    where: str
    line: int | None
    reason: str
    code: str = "record"
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a source stands, as of the record it gave last.

    Attributes:
        where: File or address.
        line: Line that the last record starts on, from 1, or `None`.
        bytes_read: How much has been read so far.
        bytes_total: How much there is, or `None` where nobody knows (a pipe).
        raw: The last record as it came, cut to a bounded length.
        derived_ids: Records so far that came without an id and got one made from their content.
    """

    where: str
    line: int | None
    bytes_read: int
    bytes_total: int | None
    raw: bytes = field(default=b"", repr=False)
    derived_ids: int = 0


@runtime_checkable
class Source(Protocol):
    """Gives comments, one at a time, in the order that it has them."""

    @property
    def name(self) -> str:
        """The source's name, half of every comment's identity: the same system keeps the same name."""
        ...

    @property
    def position(self) -> Position:
        """Where the stream stands."""
        ...

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Streams the records in bounded memory. A record that can't be read comes as a `BadRecord`.

        Raises:
            ConnectorError: The source as a whole can't be read (on).
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sink's system said to one decision.

    Attributes:
        accepted: It took the decision, or already stood where the decision leads.
        retry: Not accepted now, but worth another try later.
        detail: The system's words, raw.
    """

    accepted: bool
    retry: bool = False
    detail: str = ""


@runtime_checkable
class Sink(Protocol):
    """Takes decisions back to where the comments came from."""

    @property
    def name(self) -> str:
        """The name of the source whose decisions it takes."""
        ...

    def send(self, decision: Decision) -> Answer:
        """Delivers one decision. Sending the same one twice changes nothing the second time.

        Not every system can take every action back (few know a way back to pending): what it can't take it
        answers with `accepted=False, retry=False`.

        Raises:
            ConnectorError: The system can't be reached or refuses us as a whole.
        """
        ...
