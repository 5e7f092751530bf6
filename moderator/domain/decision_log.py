"""What is asked of the decision log, and what an audit finds. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moderator.domain.decision import Action
from moderator.domain.score import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions. A filter that is `None` lets everything through.

    Attributes:
        since_ms: From this time on, UTC milliseconds, inclusive.
        until_ms: Before this time, UTC milliseconds, exclusive.
        moderator: Alias, exactly.
        article: Part of the article's address, in either case.
        source: Name of the source, exactly.
        reason: Reason code, exactly.
        section: Section of the site, exactly.
        text: Words of the comment's current text, each perhaps only its beginning.
        batch: Only what was decided in this one act.
        label: With `at_least`, `below` or both: only decisions at which this label's score lay there.
        at_least: Probability 0..1.
        below: Probability 0..1, itself outside.

    Raises:
        ValueError: `label` without a bound, or a bound without `label`.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    moderator: str | None = None
    action: Action | None = None
    article: str | None = None
    source: str | None = None
    comment_id: int | None = None
    reason: str | None = None
    section: str | None = None
    text: str | None = None
    batch: str | None = None
    label: Label | None = None
    at_least: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        if (self.label is None) != (self.at_least is None and self.below is None):
            raise ValueError("a label and a bound of its score belong together")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where the log stood at some moment. Kept elsewhere, it proves later that nothing before it changed or vanished.

    Attributes:
        sequence: Number of the log's last row, 0 where there was none.
        row_hash: Its hash, which every row before it has gone into.
        count: How many rows there were.
        time: When it was taken, ISO 8601, UTC.
        version: Of the program that took it.
        erasure_sequence, erasure_hash: The same of the proofs of erasure.
    """

    sequence: int
    row_hash: str
    count: int
    time: str
    version: str
    erasure_sequence: int
    erasure_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What an audit of the decision log found.

    Attributes:
        checked: Decisions that were read, the bad one included.
        bad_seq: The first row that doesn't hold, `None` where all do.
        record: What that row is: a `decision` or an `erasure`.
        problem: Why it doesn't, in words; empty where all hold.
        head_hash: Hash of the last link. Written down elsewhere, it proves later that no tail was cut off.
        erasures: Proofs of erasure that were read.
    """

    checked: int
    bad_seq: int | None = None
    record: str = "decision"
    problem: str = ""
    head_hash: str = ""
    erasures: int = 0

    @property
    def intact(self) -> bool:
        """Whether every row holds."""
        return not self.problem


class ErasureKind(StrEnum):
    """Why texts were erased: somebody asked about an author or one comment, a rule said so, or a backup had them."""

    AUTHOR = "author"
    COMMENT = "comment"
    RETENTION = "retention"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The proof that texts were erased. Never edited, never deleted, hash-chained as decisions are.

    Attributes:
        seq: Position among erasures, from 1, without gaps.
        subject: Whose or what: an author's reference, a comment's number, a rule of retention.
        ordered_by: On whose order, in the operator's words.
        done_by: Alias of who ran it.
        comments: Comments that lost their texts and their author.
        texts: Texts that went, earlier ones included.
        notes: Moderators' notes that went.
        decision_seq, decision_hash: Where the decision log stood then.
    """

    seq: int
    erased_at_ms: int
    kind: ErasureKind
    subject: str
    ordered_by: str
    done_by: str
    comments: int
    texts: int
    notes: int
    decision_seq: int
    decision_hash: str
    app_version: str
    prev_hash: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that texts were exported to.

    Attributes:
        kind: `decisions`, `comments` or `subject`.
        sha256: Of the file as it was written, hex.
    """

    path: str
    kind: str
    written_at_ms: int
    sha256: str
