"""Comments as they come in, and the frozen views that screens and commands read. Values only, no I/O.

Times are UTC milliseconds since 1970 (`*_ms`): one integer that both databases sort and that no time zone can bend.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from moderator.domain.appeal import Appeal
from moderator.domain.score import Label, ScoreSet


class Status(StrEnum):
    """Where a comment stands. Derived from its decisions, stored for speed in the same transaction."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    ESCALATED = "escalated"
    DEFERRED = "deferred"


ERASED = "erased"
"""Stored in a status' place where a comment's text and author were erased: it's in no queue, nobody decides on it."""

CONTEXT = "context"
"""Stored in a status' place where a comment is known only because another one answers it. It's read beside that one,
isn't scored, and is in no queue until its source gives it as waiting."""


class AuthorKind(StrEnum):
    """A registered author has an identity that the site checked; a guest typed a name."""

    REGISTERED = "registered"
    GUEST = "guest"


class ScoringState(StrEnum):
    """Whether the scorers have seen the current revision."""

    WAITING = "waiting"
    SCORED = "scored"
    FAILED = "failed"


class Order(StrEnum):
    """Queue orders, as readers know them from news pages, and risk, which is ours."""

    RISK = "risk"
    OLDEST = "oldest"
    NEWEST = "newest"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingComment:
    """One comment that a source gives, checked, in UTC, before it is stored.

    Attributes:
        source: Name of the source, `demo` or a site's configured name.
        remote_id: The comment's id there; unique within the source.
        author_remote_id: The author's id there, where the source has one. Guests have none.
        parent_remote_id: Remote id of the comment answered, which may arrive later or never.
        posted_at_ms: When the reader posted it. `None` where the source doesn't say: the time of intake counts.
        language: What the source says of the language (ISO 639-1), unverified.
    """

    source: str
    remote_id: str
    body: str = field(repr=False)
    article_url: str
    article_title: str = ""
    section: str = ""
    author_name: str = field(default="", repr=False)
    author_kind: AuthorKind = AuthorKind.GUEST
    author_remote_id: str | None = field(default=None, repr=False)
    parent_remote_id: str | None = None
    posted_at_ms: int | None = None
    likes: int = 0
    dislikes: int = 0
    language: str | None = None


def content_hash(body: str) -> bytes:
    """SHA-256 of the text as stored: what makes two revisions of a comment the same one."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One line of the queue, enough to draw it without a second query.

    Attributes:
        excerpt: The first 200 code points of the body, raw.
        risk: 0..1, see `domain.policy.risk`; 0.5 while unscored.
        lead_label: The label that puts it here, `None` where none does.
        held_by: Alias of another moderator who has it open now.
    """

    id: int
    status: Status
    revision: int
    excerpt: str = field(repr=False)
    author_name: str = field(repr=False)
    author_kind: AuthorKind
    article_title: str
    section: str
    language: str | None
    posted_at_ms: int
    likes: int
    is_reply: bool
    risk: float
    route: str
    lead_label: Label | None
    lead_score: float | None
    scoring: ScoringState
    held_by: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of a comment: the first is number 1, each edit makes another.

    Attributes:
        scores: The highest that any scorer gave it, per label; labels that nobody judged are absent.
    """

    number: int
    body: str = field(repr=False)
    seen_at_ms: int
    scores: Mapping[Label, float] = field(default_factory=dict[Label, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEntry:
    """A parent or reply beside the comment under review.

    Attributes:
        status: Where it stands here; `None` where it never waited here and was only read.
    """

    id: int
    author_name: str = field(repr=False)
    body: str = field(repr=False)
    posted_at_ms: int
    status: Status | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRecord:
    """What is known of an author: counts per status over all their comments in this source.

    Attributes:
        latest: Their other comments, the latest first, at most ten.
    """

    name: str = field(repr=False)
    kind: AuthorKind
    first_seen_ms: int
    counts: dict[Status, int]
    latest: tuple[ThreadEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Copies:
    """Other comments that say nearly the same as one.

    Attributes:
        ids: Their numbers, the latest first.
        waiting: How many of them wait for a decision.
        last_hour: How many were posted in the last hour.
    """

    ids: tuple[int, ...] = ()
    waiting: int = 0
    last_hour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One comment with everything a moderator needs on one screen.

    Attributes:
        revision: Number of the revision shown, from 1. A decision names it, and is refused if it is no longer current.
        previous_body: Text of the revision before, where there is one.
        parent: The comment answered, if it is known.
        above: What that one answers, and so on up, the first of the thread first, at most eight.
        siblings: Other answers to the same parent, oldest first, at most 50.
        parent_missing: True where the comment answers one that never arrived.
        replies: Direct replies, oldest first, at most 50; `reply_count` counts all.
        score_sets: One per scorer for this revision, oldest first.
        scoring_error: Why scoring failed, in words.
        appeal: What the author says against its rejection, where that waits for a decision.
    """

    row: QueueRow
    source: str
    remote_id: str
    revision: int
    body: str = field(repr=False)
    previous_body: str | None = field(default=None, repr=False)
    article_url: str
    author: AuthorRecord
    parent: ThreadEntry | None = None
    above: tuple[ThreadEntry, ...] = ()
    siblings: tuple[ThreadEntry, ...] = ()
    parent_missing: bool = False
    replies: tuple[ThreadEntry, ...] = ()
    reply_count: int = 0
    score_sets: tuple[ScoreSet, ...] = ()
    scoring_error: str | None = None
    appeal: Appeal | None = None
