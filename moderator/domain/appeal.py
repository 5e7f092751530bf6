"""Appeals: an author says that a rejection was wrong, and somebody else than who rejected decides. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What came of an appeal: the rejection stands, or the comment is published after all."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """One appeal, with the decision that it is against.

    Attributes:
        decision_seq: The rejection.
        text: What the author says; empty once erased.
        moderator: Alias of who rejected, and so doesn't decide now.
        decided_seq: The second person's decision; `None` while it's open.
    """

    id: int
    comment_id: int
    decision_seq: int
    text: str = field(repr=False)
    received_at_ms: int
    moderator: str
    rejected_at_ms: int
    reason_code: str | None
    reason_title: str | None
    decided_seq: int | None = None
    outcome: Outcome | None = None
