"""What every source and sink keeps to. Small on purpose: one protocol to read, one to write back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from moderator.domain.comment import IncomingComment, Status
from moderator.domain.decision import Action, Decision


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


@runtime_checkable
class Site(Source, Protocol):
    """A source that is a running system: it can say where to go on, how much waits, and what is wrong.

    A site gives comments that wait for a decision, however often it's asked: `records` may be called again, and goes
    on from `cursor`.
    """

    cursor: str
    """Where the next reading goes on; the empty string for the very beginning. Set before `records`, and moved by it
    only once everything was given: so a reading that broke off is done again, and nothing is lost."""

    def held_count(self) -> int | None:
        """How many comments wait there, or `None` where the system doesn't say.

        Raises:
            ConnectorError: The system can't be reached or refuses us.
        """
        ...

    def check(self) -> Sequence[Finding]:
        """Looks for what would go wrong: address, encryption, login, rights, version. Changes nothing there."""
        ...

    def close(self) -> None:
        """Ends its connections. A second call does nothing."""
        ...


@runtime_checkable
class Threaded(Source, Protocol):
    """A source that can be asked for the comments that others answer."""

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Gives comments by their ids, whatever became of them, for reading beside their answers.

        Those that it doesn't have, and those that would take too many requests, are left out: nobody asks again.

        Raises:
            ConnectorError: The system can't be reached or refuses us.
        """
        ...


@runtime_checkable
class Holding(Source, Protocol):
    """A site that gives nothing but what it holds now.

    What it gives although a decision on it was delivered, somebody put on hold again there.
    """

    gives_only_held: bool
    """True: a word of the connector's own, which others needn't have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check looked at.

    Attributes:
        ok: Whether it's as it should be.
        what: A sentence, fit to be shown.
        hint: What to do, where something is wrong.
    """

    ok: bool
    what: str
    hint: str = ""


class Verdict(StrEnum):
    """What became of a parcel."""

    TAKEN = "taken"
    """The system stands where the decision leads: it took it, or stood there already."""
    STAYS = "stays"
    """The system knows no way there, so the comment stays as it is until somebody decides again."""
    CONFLICT = "conflict"
    """Somebody decided there, edited the comment, or took it away: nothing was written, and a person looks again."""
    LATER = "later"
    """Not now; worth another try."""
    REFUSED = "refused"
    """It won't take this, however often it's tried."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sink's system said to one decision.

    Attributes:
        stands_at: Where the comment stands there now; `None` where it's gone or nobody knows.
        detail: In words of ours, for a moderator; it quotes nothing.
    """

    verdict: Verdict
    stands_at: Status | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A decision on its way, with what a sink needs to see whether the world is still as it was.

    Attributes:
        decision: What was decided.
        body: The text that was decided on, as it was taken in.
        stood: Where the comment stood there when we last heard of it. Another status means that somebody else decided.
    """

    decision: Decision
    body: str = field(repr=False)
    stood: Status = Status.PENDING

    @property
    def wanted(self) -> Status:
        """Where the comment should stand there: `pending` for whatever is still open here."""
        status = self.decision.new_status
        return status if status in {Status.APPROVED, Status.REJECTED} else Status.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a system can't do, so that a moderator hears it before pressing a key.

    Attributes:
        takes_back: Actions that it can take back after they were delivered.
        remarks: Action -> what is special about it there ("deletes the comment for good"), half a sentence.
    """

    takes_back: frozenset[Action] = frozenset()
    remarks: Mapping[Action, str] = field(default_factory=dict[Action, str])


@runtime_checkable
class Sink(Protocol):
    """Takes decisions back to where the comments came from."""

    @property
    def name(self) -> str:
        """The name of the source whose decisions it takes."""
        ...

    @property
    def abilities(self) -> Abilities:
        """What the system can't do. Costs no request."""
        ...

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision: reads first, writes where that's needed, and reads back what came of it.

        Sending the same parcel twice changes nothing the second time.

        Raises:
            ConnectorError: The system can't be reached or refuses us as a whole.
        """
        ...


Option = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """What the configuration says of a site. Secrets are never printed.

    Attributes:
        name: The source's name, half of every comment's identity.
        system: Which connector speaks to it.
        allow_addresses: Networks that may be reached although they aren't public, in CIDR notation.
        plain_http: Credentials may go over a connection without encryption.
        reasons: Our reason's code -> the system's word for it; `*` for the others.
        options: Further settings, by the connector's own names.
    """

    name: str
    system: str = ""
    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    allow_addresses: tuple[str, ...] = ()
    plain_http: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    options: Mapping[str, Option] = field(default_factory=dict[str, Option])

    def word_for(self, reason_code: str | None, usual: Mapping[str, str]) -> str:
        """The system's word for a reason: the configured one, else the connector's usual one.

        Args:
            reason_code: Ours, or `None` where no reason was given.
            usual: The connector's words, with `*` for the others.
        """
        code = reason_code or "*"
        return self.reasons.get(code) or usual.get(code) or self.reasons.get("*") or usual["*"]
