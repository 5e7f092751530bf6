"""What came of delivering decisions, and what still waits. Values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from moderator.domain.decision import Decision
from moderator.storage.outbox import State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """What came of a round.

    Attributes:
        sent: Arrived, or were there already.
        stays: The site knows no way there, so it stayed as it is.
        conflicts: Came back to the queue: somebody decided there, or edited the comment.
        later: Will be tried again.
        dead: Given up; `moderator deliver --retry` tries them again.
        waiting: Still in the outbox, the undo window included.
        errors: Source -> what went wrong last, in words.
    """

    sent: int = 0
    stays: int = 0
    conflicts: int = 0
    later: int = 0
    dead: int = 0
    waiting: int = 0
    errors: dict[str, str] = field(default_factory=dict[str, str])

    def with_one_more(self, state: State) -> DeliverySummary:
        """The same, and one more decision that ended so."""
        name = {State.SENT: "sent", State.STAYS: "stays", State.CONFLICT: "conflicts"}.get(state, "dead")
        return replace(self, **{name: getattr(self, name) + 1})

    @property
    def moved(self) -> int:
        """Decisions that something became of."""
        return self.sent + self.stays + self.conflicts + self.later + self.dead


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that waits to be delivered.

    Attributes:
        due_ms: From when on it may be sent.
        error: What the last try said, if one failed.
    """

    decision: Decision
    due_ms: int
    attempts: int
    dead: bool
    error: str | None
