"""The decision log. `DecisionWriter.append` is the one place where a decision comes to be.

It writes the row, its link in the chain, the note, the comment's status and what the source must hear of it, all in the
caller's transaction: all of it happens, or none.

Locks are taken in one order on PostgreSQL, comments before the chain's head, so that two writers never wait for each
other: who writes several decisions in one transaction has touched (or locked) all their comments before the first.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, insert, select, update

from moderator.domain.comment import CONTEXT, ERASED, Status
from moderator.domain.decision import RESULTING_STATUS, Action, ActorKind, Decision, Reason
from moderator.domain.policy import Policy, route
from moderator.domain.rule_text import rule_text
from moderator.domain.score import ScoreSet, merge_scores
from moderator.errors import DecisionConflictError, NotFoundError, StorageError
from moderator.storage import appeal_rows, outbox
from moderator.storage.canonical import canonical
from moderator.storage.chain import author_ref, keyed_digest, row_hash
from moderator.storage.columns import ARTICLE, AUTHOR, CHAIN_HEAD, COMMENT, DECISION, DECISION_NOTE, REVISION
from moderator.storage.decision_rows import to_decision
from moderator.storage.score_rows import score_sets

_COPIED = ("source", "section", "remote_id", "parent_remote_id", "article_url", "revision", "language", "posted_at_ms")
"""Columns of a comment that a decision repeats under the same name."""

_DELIVERED = frozenset({Action.APPROVE, Action.REJECT})
"""What a source must hear of. An escalated or deferred comment stays there as it is."""


# Statements are built once: building costs more than running them.
_C = COMMENT.c
_LOCK = (
    select(_C.status, _C.revision)
    .where(_C.id == bindparam("of_id"))
    # "No key": a lease, which refers to the comment, may be taken meanwhile.
    .with_for_update(key_share=True)
)
_FACTS = (
    select(
        *(_C[name] for name in ("source", "remote_id", "parent_remote_id", "revision", "language", "posted_at_ms")),
        _C.status,
        ARTICLE.c.section,
        ARTICLE.c.url.label("article_url"),
        AUTHOR.c.key.label("author_key"),
        REVISION.c.body,
        REVISION.c.salt,
    )
    .join(ARTICLE, ARTICLE.c.id == _C.article_id)
    .join(AUTHOR, AUTHOR.c.id == _C.author_id)
    .join(REVISION, and_(REVISION.c.comment_id == _C.id, REVISION.c.number == _C.revision))
    .where(_C.id == bindparam("of_id"))
)
_HEAD = select(CHAIN_HEAD).with_for_update()
_NEW_HEAD = update(CHAIN_HEAD).values(seq=bindparam("new_seq"), row_hash=bindparam("new_hash"))
_MOVE = update(COMMENT).where(_C.id == bindparam("of_id")).values(status=bindparam("new_status"))
_MOVE_UNTIL = _MOVE.values(deferred_until_ms=bindparam("until_ms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A decision before it is frozen: who does what to which comment.

    Attributes:
        moderator: Alias of the person, or the name of the rule or intake that acts.
        undone: For `Action.UNDO`: the decision that is taken back.
        deferred_until_ms: For `Action.DEFER`: when the comment comes back, UTC milliseconds.
    """

    comment_id: int
    action: Action
    moderator: str
    actor_kind: ActorKind = ActorKind.HUMAN
    reason_code: str | None = None
    note: str | None = field(default=None, repr=False)
    seconds_open: float | None = None
    revealed: bool = False
    masked: bool | None = None
    batch_id: str | None = None
    undone: Decision | None = None
    deferred_until_ms: int | None = None

    def __post_init__(self) -> None:
        if (self.action is Action.UNDO) != (self.undone is not None):
            raise ValueError("an undo, and nothing else, names the decision that it takes back")

    @property
    def new_status(self) -> Status:
        """Where the comment stands afterwards."""
        return self.undone.previous_status if self.undone else RESULTING_STATUS[self.action]


@dataclass(slots=True, kw_only=True)
class DecisionWriter:
    """Freezes what is on the table into the log.

    Attributes:
        policy: Thresholds in force, copied into every row.
        app_version: Version of this program.
        author_key: The operator's key; `author_ref` is made with it.
        sinks: Sources that take decisions back. Others get no outbox row.
        undo_window_ms: How long a decision is held back from its source.
        reasons: Reasons in force: their words are copied into the row.
    """

    policy: Policy
    app_version: str
    author_key: bytes = field(repr=False)
    sinks: frozenset[str] = frozenset()
    undo_window_ms: int = 30_000
    reasons: tuple[Reason, ...] = ()

    def adopt(self, policy: Policy, undo_window_ms: int) -> None:
        """Takes changed settings into force: the next row is frozen under them."""
        self.policy, self.undo_window_ms = policy, undo_window_ms

    def append(self, conn: Connection, draft: Draft, *, now_ms: int) -> Decision:
        """Writes a decision and everything that follows from it.

        The comment's current revision and its scores are what gets frozen: an intake that reopens an edited comment
        stores the new revision first.

        Args:
            conn: A write transaction, durable where a person decides.
            draft: Who does what.
            now_ms: UTC milliseconds.

        Returns:
            The row as it stands in the log.

        Raises:
            NotFoundError: No such comment.
            DecisionConflictError: Its text was erased, or it waits on an appeal against this moderator's decision.
            StorageError: The log has no head: the database was tampered with.
        """
        # Locked first: a join that waits for a lock would see some tables as they were before.
        lock_comment(conn, draft.comment_id)
        appeal_rows.refuse_first(conn, draft.comment_id, draft.moderator, draft.actor_kind)
        facts = conn.execute(_FACTS, {"of_id": draft.comment_id}).mappings().one()
        scores = score_sets(conn, [draft.comment_id]).get(draft.comment_id, ())
        head = conn.execute(_HEAD).first()
        if head is None:
            raise StorageError("the decision log has lost its head", code="storage.chain", hint="Restore a backup.")
        note = _clean(draft.note)
        salt = os.urandom(16)
        values = {**self._frozen(draft, facts, scores, now_ms), "seq": head.seq + 1, "prev_hash": head.row_hash}
        values["note_digest"] = keyed_digest(salt, note) if note else None
        values["row_hash"] = row_hash(values)
        conn.execute(insert(DECISION), values | {name: canonical(values[name]) for name in ("scorers", "thresholds")})
        if note:
            conn.execute(insert(DECISION_NOTE), {"seq": values["seq"], "note": note, "salt": salt})
        conn.execute(_NEW_HEAD, {"new_seq": values["seq"], "new_hash": values["row_hash"]})
        _move(conn, draft, now_ms)
        self._tell_source(conn, draft, values, now_ms)
        appeal_rows.follow(conn, values)
        return to_decision({**values, "note": note})

    def held_until_ms(self, decision: Decision) -> int | None:
        """Until when a decision that was just written is held back from its source; `None` where none hears of it."""
        told = decision.source in self.sinks and decision.action in _DELIVERED
        return decision.decided_at_ms + self.undo_window_ms if told else None

    def _frozen(self, draft: Draft, facts: RowMapping, scores: tuple[ScoreSet, ...], now_ms: int) -> dict[str, Any]:
        place = {"section": facts["section"], "source": facts["source"], "language": facts["language"]}
        policy = self.policy  # read once: it may be replaced at any moment
        hits = policy.lists.hits(facts["body"], facts["language"])
        routing = route(merge_scores(scores), policy, **place, comment_id=draft.comment_id, hits=hits)
        return {
            "decision_id": str(uuid.uuid4()),
            "decided_at_ms": now_ms,
            "actor_kind": draft.actor_kind.value,
            "moderator": draft.moderator,
            "comment_id": draft.comment_id,
            **{name: facts[name] for name in _COPIED},
            "content_digest": keyed_digest(facts["salt"], facts["body"]),
            "author_ref": author_ref(self.author_key, facts["source"], facts["author_key"]),
            "action": draft.action.value,
            "previous_status": facts["status"],
            "new_status": draft.new_status.value,
            "reason_code": draft.reason_code,
            "reason_title": next((one.title for one in self.reasons if one.code == draft.reason_code), None),
            "scorers": [_scorer(each) for each in scores],
            "thresholds": {label.value: asdict(limit) for label, limit in policy.in_force(**place).items()},
            "risk": routing.risk,
            "route": routing.route.value,
            "rule": rule_text(routing, policy.audit_share),
            "config_hash": policy.config_hash,
            "app_version": self.app_version,
            "revealed": draft.revealed,
            "masked": draft.masked,
            "seconds_open": draft.seconds_open,
            "batch_id": draft.batch_id,
            "undo_of": draft.undone.seq if draft.undone else None,
        }

    def _tell_source(self, conn: Connection, draft: Draft, values: dict[str, Any], now_ms: int) -> None:
        if draft.action is Action.REOPEN:
            outbox.withdraw_all(conn, comment_id=draft.comment_id)
            return
        if values["source"] not in self.sinks:
            return
        told = draft.undone.action if draft.undone else draft.action
        if told not in _DELIVERED:
            return
        if draft.undone and outbox.withdraw(conn, seq=draft.undone.seq, now_ms=now_ms):
            return
        outbox.hold(
            conn,
            seq=values["seq"],
            comment_id=draft.comment_id,
            source=values["source"],
            not_before_ms=now_ms + self.undo_window_ms,
        )


def lock_comment(conn: Connection, comment_id: int) -> tuple[Status, int]:
    """Keeps a comment as it is until the transaction ends.

    Returns:
        Its status as stored, and the number of its current revision.

    Raises:
        NotFoundError: No such comment.
        DecisionConflictError: Its text was erased: nobody decides on it any more.
    """
    found = conn.execute(_LOCK, {"of_id": comment_id}).first()
    if found is None or found.status == CONTEXT:
        raise NotFoundError(
            f"there is no comment {comment_id}", hint="`moderator queue` lists the comments with their numbers."
        )
    if found.status == ERASED:
        raise DecisionConflictError("The text of this comment was erased.", code="conflict.erased")
    return Status(found.status), found.revision


def decided_ids(conn: Connection, comment_ids: Sequence[int]) -> list[int]:
    """Those of some comments that somebody has decided on, in the order of their numbers.

    For a writer that has locked them: before that, a decision may still come in.
    """
    if not comment_ids:
        return []
    decided = select(_C.id).where(_C.id.in_(comment_ids), _C.status != Status.PENDING.value).order_by(_C.id)
    return list(conn.execute(decided).scalars())


def _scorer(score_set: ScoreSet) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": score_set.scorer.name,
        "version": score_set.scorer.version,
        "weights_hash": score_set.scorer.weights_hash,
        "language": score_set.language,
        "scores": {label.value: score for label, score in score_set.scores.items()},
        "spans": [
            {"start": span.start, "end": span.end, "role": span.role.value, "label": span.label.value}
            for span in score_set.spans
        ],
    }
    if score_set.blame is not None:
        said["blame"] = {"grade": score_set.blame.grade, "components": list(score_set.blame.components)}
    return said


def _clean(note: str | None) -> str | None:
    """A note as both databases can keep it: a terminal may hand over bytes that aren't text."""
    if note is None or not note.strip():
        return None
    return note.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _move(conn: Connection, draft: Draft, now_ms: int) -> None:
    """Puts the comment where the decision says."""
    moved = {"of_id": draft.comment_id, "new_status": draft.new_status.value}
    if draft.action is Action.DEFER:
        conn.execute(_MOVE_UNTIL, {**moved, "until_ms": draft.deferred_until_ms})
    elif draft.undone and draft.undone.action is Action.DEFER:
        # It had come back, or had never been away: it's on the table now.
        conn.execute(_MOVE_UNTIL, {**moved, "until_ms": now_ms})
    else:
        # The old time stays, so that undoing what follows a deferral finds it.
        conn.execute(_MOVE, moved)
