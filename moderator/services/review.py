"""Review: what a moderator reads and does. Every decision is on disk before `decide` returns.

One object per running program: it is the holder of that program's leases. Call it from one thread at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from sqlalchemy import Connection

from moderator.domain.clock import Clock, system_clock
from moderator.domain.decision import (
    REASONS,
    Action,
    Batch,
    Decision,
    Intent,
    Outcome,
    Reason,
    Refusal,
)
from moderator.domain.policy import Policy
from moderator.errors import DecisionConflictError
from moderator.services.decidable import check_intent, check_open, check_undoable
from moderator.services.reading import Reading
from moderator.storage import decision_rows, leases
from moderator.storage.decisions import DecisionWriter, Draft, lock_comment
from moderator.storage.engine import Database


class Review(Reading):
    """A moderator at the queue.

    Args:
        db: The database; closed by who opened it.
        policy: Thresholds in force.
        moderator: Alias under which decisions are kept.
        app_version: Version of this program, kept with decisions.
        author_key: The operator's key for `author_ref`.
        sinks: Sources that take decisions back.
        reasons: Reasons a rejection may have.
        lease_s: How long a comment stays ours after we last touched it.
        undo_window_s: How long a decision is held back from its source.
        defer_s: After how long a deferred comment comes back.
        clock: Gives UTC milliseconds.
    """

    def __init__(
        self,
        db: Database,
        policy: Policy,
        *,
        moderator: str,
        app_version: str,
        author_key: bytes,
        sinks: frozenset[str] = frozenset(),
        reasons: tuple[Reason, ...] = REASONS,
        lease_s: float = 120,
        undo_window_s: float = 30,
        defer_s: float = 4 * 3600,
        clock: Clock = system_clock,
    ) -> None:
        super().__init__(db, policy, clock=clock)
        self.moderator = moderator
        self.reasons = reasons
        self._lease_ms = round(lease_s * 1000)
        self._defer_ms = round(defer_s * 1000)
        self._writer = DecisionWriter(
            policy=policy,
            app_version=app_version,
            author_key=author_key,
            sinks=sinks,
            undo_window_ms=round(undo_window_s * 1000),
            reasons=reasons,
        )

    def adopt(self, policy: Policy, *, undo_window_s: float, defer_s: float) -> None:
        """Takes changed settings into force, for every decision from the next one on."""
        self._policy = policy
        self._writer.adopt(policy, round(undo_window_s * 1000))
        self._defer_ms = round(defer_s * 1000)

    def lease(self, comment_id: int) -> str | None:
        """Takes or renews the lease on a comment.

        Returns:
            `None` when it's ours now, else the alias of who has it open.
        """
        now_ms = self._clock()
        with self._db.write() as conn:
            return leases.take(
                conn,
                comment_id,
                holder=self._holder,
                moderator=self.moderator,
                now_ms=now_ms,
                expires_at_ms=now_ms + self._lease_ms,
            )

    def release(self, comment_id: int) -> None:
        """Gives a comment back, for others to open."""
        with self._db.write() as conn:
            leases.release(conn, comment_id, holder=self._holder)

    def release_all(self) -> None:
        """Gives everything back: at the end, however it comes."""
        with self._db.write() as conn:
            leases.release_all(conn, holder=self._holder, now_ms=self._clock())

    def decide(self, intent: Intent) -> Outcome:
        """Decides on a comment, durably.

        Raises:
            DecisionConflictError: Another has it open or decided it, or its text changed. Nothing was written.
            ConfigError: The reason isn't one of the configured ones.
            NotFoundError: No such comment.
            StorageError: The database failed. Nothing was written.
        """
        check_intent(intent, self.reasons)
        with self._db.write(durable=True) as conn:
            return self._decide(conn, intent)

    def decide_many(self, intents: Sequence[Intent]) -> Batch:
        """Decides on several comments in one transaction. One that can't be decided keeps no other from it.

        The chain has one writer at a time, so that a few hundred at once are enough: colleagues wait meanwhile.

        Raises:
            ConfigError: The reason isn't one of the configured ones. Nothing was written.
            StorageError: The database failed. Nothing was written.
        """
        for intent in intents:
            check_intent(intent, self.reasons)
        outcomes: list[Outcome] = []
        refused: list[Refusal] = []
        with self._db.write(durable=True) as conn:
            _lock(conn, (intent.comment_id for intent in intents))
            for intent in intents:
                try:
                    outcomes.append(self._decide(conn, intent))
                except DecisionConflictError as error:
                    refused.append(Refusal(intent.comment_id, error.message))
        return Batch(tuple(outcomes), tuple(refused))

    def _decide(self, conn: Connection, intent: Intent) -> Outcome:
        now_ms = self._clock()
        check_open(conn, intent, self._view(now_ms))
        draft = Draft(
            comment_id=intent.comment_id,
            action=intent.action,
            moderator=self.moderator,
            reason_code=intent.reason_code,
            note=intent.note,
            seconds_open=intent.seconds_open,
            revealed=intent.revealed,
            masked=intent.masked,
            batch_id=intent.batch_id,
            deferred_until_ms=now_ms + self._defer_ms if intent.action is Action.DEFER else None,
        )
        decision = self._writer.append(conn, draft, now_ms=now_ms)
        leases.release(conn, intent.comment_id, holder=self._holder)
        return Outcome(decision, decision.new_status, self._writer.held_until_ms(decision))

    def undo(self) -> Outcome | None:
        """Takes back this moderator's latest decision that still stands, also one from before a restart.

        Returns:
            What was written, or `None` where there's nothing left to take back.

        Raises:
            DecisionConflictError: The comment moved on since. Nothing was written.
            StorageError: The database failed. Nothing was written.
        """
        with self._db.write(durable=True) as conn:
            last = decision_rows.last_undoable(conn, self.moderator)
            return None if last is None else self._take_back(conn, last)

    def undoable(self, skip: Collection[int] = ()) -> list[int]:
        """Numbers of what the next undo takes back: this moderator's latest decision and all taken in the same act.

        Args:
            skip: Decisions that turned out to stay.

        Returns:
            The latest first; empty where nothing is left.
        """
        with self._db.read() as conn:
            last = decision_rows.last_undoable(conn, self.moderator, skip)
            if last is None:
                return []
            together = decision_rows.taken_together(conn, last.batch_id) if last.batch_id else [last.seq]
        return [seq for seq in together if seq not in skip]

    def undo_many(self, seqs: Sequence[int]) -> Batch:
        """Takes several decisions back in one transaction. One that stays keeps no other from it.

        Raises:
            NotFoundError: The log has no such row. Nothing was written.
            StorageError: The database failed. Nothing was written.
        """
        outcomes: list[Outcome] = []
        refused: list[Refusal] = []
        with self._db.write(durable=True) as conn:
            decisions = [decision_rows.one(conn, seq) for seq in seqs]
            _lock(conn, (decision.comment_id for decision in decisions))
            for decision in decisions:
                try:
                    outcomes.append(self._take_back(conn, decision))
                except DecisionConflictError as error:
                    refused.append(Refusal(decision.comment_id, error.message, decision.seq))
        return Batch(tuple(outcomes), tuple(refused))

    def undo_decision(self, seq: int) -> Outcome:
        """Takes back one decision, whoever made it.

        Raises:
            NotFoundError: The log has no such row.
            DecisionConflictError: It was taken back already, or the comment moved on since. Nothing was written.
            StorageError: The database failed. Nothing was written.
        """
        with self._db.write(durable=True) as conn:
            return self._take_back(conn, decision_rows.one(conn, seq))

    def _take_back(self, conn: Connection, decision: Decision) -> Outcome:
        now_ms = self._clock()
        check_undoable(conn, decision, self._view(now_ms))
        draft = Draft(comment_id=decision.comment_id, action=Action.UNDO, moderator=self.moderator, undone=decision)
        undo = self._writer.append(conn, draft, now_ms=now_ms)
        return Outcome(undo, undo.new_status)


def _lock(conn: Connection, comment_ids: Iterable[int]) -> None:
    """Locks all comments of an act before the chain's head, as every writer does. Erased ones are refused later."""
    for comment_id in sorted(comment_ids):
        with suppress(DecisionConflictError):
            lock_comment(conn, comment_id)
