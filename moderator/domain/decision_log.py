"""What is asked of the decision log, and what an audit finds. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from moderator.domain.decision import Action


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What an audit of the decision log found.

    Attributes:
        checked: Rows that were read, the bad one included.
        bad_seq: The first row that doesn't hold, `None` where all do.
        problem: Why it doesn't, in words; empty where all hold.
        head_hash: Hash of the last link. Written down elsewhere, it proves later that no tail was cut off.
    """

    checked: int
    bad_seq: int | None = None
    problem: str = ""
    head_hash: str = ""

    @property
    def intact(self) -> bool:
        """Whether every row holds."""
        return not self.problem
