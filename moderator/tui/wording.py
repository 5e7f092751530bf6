"""The desk's own words for values: ages, labels, statuses, actions. Short, plain, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from moderator.domain.appeal import Appeal
from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action
from moderator.domain.score import Label, SpanRole
from moderator.text.visible import Visible, visible_line

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_ONE_DIGIT = 9.95
_STEPS = (
    (365 * _DAY_MS, "y", "year"),
    (30 * _DAY_MS, "mo", "month"),
    (7 * _DAY_MS, "w", "week"),
    (_DAY_MS, "d", "day"),
    (_HOUR_MS, "h", "hour"),
    (_MINUTE_MS, "min", "minute"),
)

LABELS: Mapping[Label, Visible] = {label: visible_line(label.value.replace("_", " ")) for label in Label}
"""Labels in words."""

ORDERS: Mapping[Order, Visible] = {
    Order.RISK: visible_line("highest risk first"),
    Order.OLDEST: visible_line("oldest first"),
    Order.NEWEST: visible_line("newest first"),
    Order.BEST: visible_line("most liked first"),
}
"""Queue orders in words."""

DONE: Mapping[Action, Visible] = {
    Action.APPROVE: visible_line("approved"),
    Action.REJECT: visible_line("rejected"),
    Action.ESCALATE: visible_line("escalated"),
    Action.DEFER: visible_line("deferred"),
    Action.UNDO: visible_line("undone"),
    Action.REOPEN: visible_line("reopened"),
    Action.APPEAL: visible_line("appealed"),
}
"""Actions as something that happened."""

STATUS_GLYPHS: Mapping[Status, str] = {
    Status.PENDING: "·",
    Status.APPROVED: "✓",
    Status.REJECTED: "✗",
    Status.ESCALATED: "↑",
    Status.DEFERRED: "◷",
}
"""One sign per status, never a matter of colour. One cell wide each."""

ACTION_GLYPHS: Mapping[Action, str] = {
    Action.APPROVE: "✓",
    Action.REJECT: "✗",
    Action.ESCALATE: "↑",
    Action.DEFER: "◷",
    Action.UNDO: "↶",
    Action.REOPEN: "↻",
    Action.APPEAL: "§",
}

ROLES: Mapping[SpanRole, Visible] = {
    SpanRole.TOXIC: visible_line("toxic words"),
    SpanRole.GROUP: visible_line("whole group"),
    SpanRole.QUANTIFIER: visible_line("all of them"),
    SpanRole.PREDICATE: visible_line("what they're blamed for"),
    SpanRole.LISTED: visible_line("word lists"),
}
"""What a piece of evidence stands for, in words."""


def short_age(then_ms: int, now_ms: int) -> Visible:
    """How long ago, for a narrow column: `5 min`, `3 h`, `2 d`. At most six cells."""
    for size, short, _ in _STEPS:
        count = (now_ms - then_ms) // size
        if count >= 1:
            return visible_line(f"{count} {short}")
    return visible_line("now")


def long_age(then_ms: int, now_ms: int) -> Visible:
    """How long ago, in words: `5 minutes ago`."""
    for size, _, long in _STEPS:
        count = (now_ms - then_ms) // size
        if count >= 1:
            return visible_line(f"{count} {long}{'s' if count > 1 else ''} ago")
    return visible_line("just now")


def duration(seconds: float | None) -> Visible:
    """A length of time, short, with a second digit where it counts: `4.2 s`, `35 s`, `12 min`, `3.5 h`, `9 d`."""
    if seconds is None:
        return visible_line("-")
    for size_s, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size_s or size_s == 1:
            value = seconds / size_s
            return visible_line(f"{value:.1f} {unit}" if value < _ONE_DIGIT else f"{value:.0f} {unit}")
    return visible_line("-")


def number(value: int) -> str:
    """A count as people read it: `1,204`."""
    return f"{value:,}"


def plural(count: int, noun: str) -> str:
    """`1 reply`, `2 replies`."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number(count)} {noun if count == 1 else many}"


def joined(*parts: str) -> Visible:
    """Gated parts set in one line with a middle dot between; empty ones are left out."""
    return visible_line(" · ".join(part for part in parts if part))


def appeal_line(appeal: Appeal, limit: int) -> Visible:
    """What the card says of an appeal: who rejected the comment and why, and what its author says against it.

    Args:
        appeal: It waits for a decision.
        limit: Most characters of the author's words.
    """
    why = appeal.reason_title or appeal.reason_code
    rejected = f"rejected by {appeal.moderator}{f' ({why})' if why else ''}"
    return visible_line(f"§ appeal: {rejected}; the author says: {visible_line(appeal.text, limit)}")
