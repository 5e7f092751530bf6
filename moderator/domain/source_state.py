"""How it stands with where comments come from and decisions go back to. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source at one moment. Times are UTC milliseconds, `None` for never or unknown.

    Attributes:
        name: Its name.
        comments: How many comments came from it.
        waiting: How many of them wait for a decision here.
        held_there: How many waited at the source at the last pull, where it says.
        pulled_at_ms: When it was last read to its end.
        tried_at_ms: When that was last tried.
        next_pull_ms: When it's read again.
        failures: How many tries failed in a row.
        problem: What the last try said, in words, if it failed. Text from outside.
        to_send: Decisions on their way back to it, the undo window included.
        send_after_ms: When the next of them may be sent.
        dead: Decisions that were given up.
        send_problem: What the latest failing one says, in words. Text from outside.
    """

    name: str
    comments: int = 0
    waiting: int = 0
    held_there: int | None = None
    pulled_at_ms: int | None = None
    tried_at_ms: int | None = None
    next_pull_ms: int | None = None
    failures: int = 0
    problem: str | None = None
    to_send: int = 0
    send_after_ms: int | None = None
    dead: int = 0
    send_problem: str | None = None
