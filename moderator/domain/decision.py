"""Decisions: what was done with a comment, and everything that was on the table. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from moderator.domain.comment import Status


class Action(StrEnum):
    """What a decision row records.

    `undo` takes back an earlier row (`undo_of`). `reopen` is written by intake when a decided text was edited, `appeal`
    when its author complained: both put the comment back into the queue.
    """

    APPROVE = "approve"
    REJECT = "reject"
    ESCALATE = "escalate"
    DEFER = "defer"
    UNDO = "undo"
    REOPEN = "reopen"
    APPEAL = "appeal"


RESULTING_STATUS: Mapping[Action, Status] = {
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.ESCALATE: Status.ESCALATED,
    Action.DEFER: Status.DEFERRED,
    Action.REOPEN: Status.PENDING,
    Action.APPEAL: Status.PENDING,
}
"""Status after each action. `undo` isn't here: it restores what stood before the row that it takes back."""


class ActorKind(StrEnum):
    """Who acted: a person, the operator's auto-approve rule, an intake, or a site that decided by itself."""

    HUMAN = "human"
    RULE = "rule"
    IMPORT = "import"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a comment is rejected.

    Attributes:
        code: Stable name, kept in the log and mapped to each site's own words.
        key: The one key that picks it after `r`.
        title: Words for people.
    """

    code: str
    key: str
    title: str


REASONS: tuple[Reason, ...] = (
    Reason("collective_blame", "b", "blames a whole group"),
    Reason("hate", "h", "hate against a group"),
    Reason("insult", "i", "insult or harassment"),
    Reason("threat", "t", "threat or call for violence"),
    Reason("obscene", "x", "obscene or sexual"),
    Reason("spam", "s", "spam or advertising"),
    Reason("off_topic", "o", "off topic"),
    Reason("personal_data", "p", "someone's personal data"),
    Reason("misinformation", "m", "false claim of fact"),
    Reason("other", "z", "other"),
)
"""Reasons as shipped; `config.toml` may replace them. Follows the codes that comment systems share (Coral's list)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a moderator asks for, before it's checked against the database.

    Attributes:
        revision: The revision that was on screen. The decision is refused if another one is current. `None` where the
            comment was never shown, only counted among many: then it's decided as it stands.
        seconds_open: How long the comment was on screen, `None` outside the TUI.
        revealed: Whether masked words were revealed.
        masked: Whether severe words were masked until asked for; `None` where it wasn't opened by itself on the desk.
        batch_id: Same for all comments decided by one act.
    """

    comment_id: int
    revision: int | None
    action: Action
    reason_code: str | None = None
    note: str | None = field(default=None, repr=False)
    seconds_open: float | None = None
    revealed: bool = False
    masked: bool | None = None
    batch_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of the log. Never edited, never deleted.

    What a later change of configuration or scorer would alter is copied into it, not referred to. Text and names
    of people stay outside: `content_digest` and `author_ref` are keyed digests, so that erasure leaves the hash
    chain whole.

    Attributes:
        seq: Position in the chain, from 1, without gaps.
        decision_id: Random UUID, for the outside world.
        content_digest: HMAC-SHA256 of the text under the revision's own salt, hex.
        author_ref: HMAC-SHA256 of source and author under the operator's key, first 32 hex digits.
        scorers: One entry per scorer: name, version, weights hash, language, scores per label (`None` kept), and the
            evidence that was marked, in code points of the text.
        thresholds: Label to {review, priority} as in force for this comment's section.
        reason_title: The reason in the words that it had then; `None` where there was none.
        rule: Which label, score and threshold queued it, as a short text; empty where none did.
        masked: Whether severe words were masked until asked for; `None` where it wasn't opened by itself on the desk.
        prev_hash, row_hash: SHA-256 hex; `row_hash` covers every field but itself, `prev_hash` included.
    """

    seq: int
    decision_id: str
    decided_at_ms: int
    actor_kind: ActorKind
    moderator: str
    comment_id: int
    source: str
    section: str
    remote_id: str
    parent_remote_id: str | None
    article_url: str
    revision: int
    content_digest: str
    author_ref: str
    language: str | None
    posted_at_ms: int
    action: Action
    previous_status: Status
    new_status: Status
    reason_code: str | None
    note_digest: str | None
    scorers: tuple[Mapping[str, object], ...]
    thresholds: Mapping[str, Mapping[str, float]]
    risk: float
    route: str
    rule: str
    config_hash: str
    app_version: str
    revealed: bool
    seconds_open: float | None
    batch_id: str | None
    undo_of: int | None
    prev_hash: str
    row_hash: str
    masked: bool | None = None
    reason_title: str | None = None
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an intent: the row written and where the comment stands now.

    Attributes:
        held_until_ms: Until when its source won't hear of it, UTC milliseconds; `None` where none takes decisions back.
    """

    decision: Decision
    status: Status
    held_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that wasn't decided, or wasn't taken back, though it was asked for.

    Attributes:
        why: What happened instead, as a sentence.
        seq: The decision that stays, where it was to be taken back.
    """

    comment_id: int
    why: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of several intents, or of taking several decisions back."""

    outcomes: tuple[Outcome, ...] = ()
    refused: tuple[Refusal, ...] = ()
