"""What a moderator wants to see, and in which order. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from moderator.domain.comment import Order, Status
from moderator.domain.score import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """Which comments, in which order. A filter that is `None` lets everything through.

    Attributes:
        statuses: Where a comment stands. A deferred one whose time has come counts as pending.
        section: Section of the site, exactly.
        article: Part of an article's title or address, in either case.
        author: Part of an author's name, in either case.
        language: ISO 639-1 code, exactly.
        source: Name of the source, exactly.
        label: With `at_least`: only comments whose score for this label, on the current revision, reaches it.
        at_least: Probability 0..1.
        min_risk: Risk 0..1 from which on.

    Raises:
        ValueError: `label` without `at_least` or the reverse.
    """

    order: Order = Order.RISK
    statuses: frozenset[Status] = frozenset({Status.PENDING})
    section: str | None = None
    article: str | None = None
    author: str | None = None
    language: str | None = None
    source: str | None = None
    label: Label | None = None
    at_least: float | None = None
    min_risk: float | None = None

    def __post_init__(self) -> None:
        if (self.label is None) != (self.at_least is None):
            raise ValueError("label and at_least belong together")
