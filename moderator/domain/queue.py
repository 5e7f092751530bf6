"""What a moderator wants to see, and in which order. Values only, no I/O."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from moderator.domain.comment import AuthorKind, Order, Status
from moderator.domain.score import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """Which comments, in which order. A filter that is `None` lets everything through.

    Attributes:
        statuses: Where a comment stands. A deferred one whose time has come counts as pending.
        section: Section of the site, exactly.
        article: Part of an article's title or address, in either case.
        author: Part of an author's name, in either case.
        author_kind: Guests only, or registered authors only.
        language: ISO 639-1 code, exactly.
        source: Name of the source, exactly.
        label: With `at_least`, `below` or both: only comments whose score for this label, on the current revision,
            lies there.
        at_least: Probability 0..1.
        below: Probability 0..1, itself outside.
        min_risk: Risk 0..1 from which on.
        younger_s: Posted less than so many seconds ago.
        older_s: Posted at least so many seconds ago.
        text: Words that the text has, each perhaps longer; several in a row, as typed.
        like: Only comments that say nearly the same as the one with this number, itself among them.
        id: Only the comment with this number.

    Raises:
        ValueError: `label` without a bound, or a bound without `label`.
    """

    order: Order = Order.RISK
    statuses: frozenset[Status] = frozenset({Status.PENDING})
    section: str | None = None
    article: str | None = None
    author: str | None = None
    author_kind: AuthorKind | None = None
    language: str | None = None
    source: str | None = None
    label: Label | None = None
    at_least: float | None = None
    below: float | None = None
    min_risk: float | None = None
    younger_s: int | None = None
    older_s: int | None = None
    text: str | None = None
    like: int | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        if (self.label is None) != (self.at_least is None and self.below is None):
            raise ValueError("a label and a bound of its score belong together")


@dataclass(frozen=True, slots=True)
class Scored:
    """One label's scores over a queue, the lowest first, as parallel arrays: a million take 20 bytes each.

    Attributes:
        scores: Probability 0..1.
        ids: Whose.
        revisions: Of which text.
        unjudged: How many comments of the queue have no score for the label.
    """

    scores: array[float] = field(default_factory=lambda: array("d"))
    ids: array[int] = field(default_factory=lambda: array("q"))
    revisions: array[int] = field(default_factory=lambda: array("l"))
    unjudged: int = 0

    def places(self, low: float, high: float) -> tuple[int, int]:
        """First place of a band and the one after its last: `low` is inside, `high` isn't unless it's 1."""
        end = len(self.scores) if high >= 1.0 else bisect_left(self.scores, high)
        return bisect_left(self.scores, low), max(end, 0)

    def histogram(self, bins: int) -> list[int]:
        """How many scores lie in each of so many equal parts of 0..1."""
        edges = [bisect_left(self.scores, at / bins) for at in range(bins)]
        return [after - before for before, after in zip(edges, [*edges[1:], len(self.scores)], strict=True)]
