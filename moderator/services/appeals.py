"""Appeals: an author's complaint puts a rejected comment back into the queue, for another person than the first."""

from __future__ import annotations

from collections.abc import Sequence

from moderator.domain.appeal import Appeal
from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind
from moderator.errors import ConfigError, DecisionConflictError
from moderator.storage import appeal_rows, decision_rows
from moderator.storage.decisions import DecisionWriter, Draft, lock_comment
from moderator.storage.engine import Database

MAX_CHARS = 10_000
"""Longest appeal."""


class Appeals:
    """Takes appeals in and lists them. Deciding on one is deciding on its comment.

    Args:
        db: The database; closed by who opened it.
        decisions: Writes the row of the log that re-opens the comment.
        moderator: Alias of who enters appeals.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, decisions: DecisionWriter, moderator: str, clock: Clock = system_clock) -> None:
        self._db = db
        self._decisions = decisions
        self._moderator = moderator
        self._clock = clock

    def add(self, comment_id: int, text: str) -> Appeal:
        """Enters an author's appeal against the rejection of a comment. It waits in the queue again.

        Args:
            comment_id: The comment.
            text: What the author says.

        Raises:
            ConfigError: There's no text, or it's too long.
            DecisionConflictError: It isn't rejected, or an appeal was decided on already. Nothing was written.
            NotFoundError: No such comment.
            StorageError: The database failed. Nothing was written.
        """
        words = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()
        if not words or len(words) > MAX_CHARS:
            raise ConfigError(f"an appeal has 1 to {MAX_CHARS:,} characters", code="config.appeal")
        now_ms = self._clock()
        with self._db.write(durable=True) as conn:
            status, _ = lock_comment(conn, comment_id)
            first = decision_rows.last_standing(conn, comment_id)
            if status is not Status.REJECTED or first is None or first.action is not Action.REJECT:
                raise DecisionConflictError(
                    f"Comment {comment_id} isn't rejected ({status.value}): there's nothing to appeal against.",
                    code="conflict.appeal",
                )
            if appeal_rows.decided_by(conn, first.seq):
                raise DecisionConflictError(
                    "This rejection was decided on appeal: it can't be appealed against again.", code="conflict.appeal"
                )
            draft = Draft(
                comment_id=comment_id, action=Action.APPEAL, moderator=self._moderator, actor_kind=ActorKind.IMPORT
            )
            opened = self._decisions.append(conn, draft, now_ms=now_ms)
            return appeal_rows.add(
                conn,
                comment_id=comment_id,
                decision_seq=first.seq,
                opened_seq=opened.seq,
                text=words,
                received_at_ms=now_ms,
            )

    def listed(self, *, settled: bool = False) -> Sequence[Appeal]:
        """Appeals in the order they came in: the open ones, or all."""
        with self._db.read() as conn:
            return appeal_rows.listed(conn, settled=settled)
