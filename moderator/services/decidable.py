"""Whether a moderator's word can be taken: the comment is as they saw it, theirs to decide, and open."""

from __future__ import annotations

from sqlalchemy import Connection

from moderator.domain.comment import Status
from moderator.domain.decision import RESULTING_STATUS, Action, ActorKind, Decision, Intent, Reason
from moderator.errors import ConfigError, DecisionConflictError
from moderator.storage import decision_rows, leases
from moderator.storage.decisions import lock_comment
from moderator.storage.rows import Viewpoint

OPEN = frozenset({Status.PENDING, Status.ESCALATED, Status.DEFERRED})
"""Where a comment may stand to be decided: what is approved or rejected is undone first."""

BY_HAND = frozenset({Action.APPROVE, Action.REJECT, Action.ESCALATE, Action.DEFER})
"""What a moderator decides."""


def check_intent(intent: Intent, reasons: tuple[Reason, ...]) -> None:
    """Refuses what isn't decided by hand, and a reason that isn't configured.

    Raises:
        ConfigError: There is no such reason.
    """
    if intent.action not in BY_HAND:
        raise ValueError(f"{intent.action} isn't decided by hand")
    codes = [reason.code for reason in reasons]
    if intent.reason_code is not None and intent.reason_code not in codes:
        raise ConfigError("there is no such reason", code="review.reason", hint=f"Reasons: {', '.join(codes)}.")


def check_lease(conn: Connection, comment_id: int, view: Viewpoint) -> None:
    """Refuses what somebody else has open.

    Raises:
        DecisionConflictError: Somebody has.
    """
    holder = leases.other_holder(conn, comment_id, holder=view.holder, now_ms=view.now_ms)
    if holder is not None:
        raise DecisionConflictError(f"{holder} has this comment open.", code="conflict.lease")


def _who(decision: Decision) -> str:
    return decision.moderator if decision.actor_kind is ActorKind.HUMAN else f"the {decision.actor_kind.value}"


def check_open(conn: Connection, intent: Intent, view: Viewpoint) -> None:
    """Refuses an intent whose comment isn't as the moderator saw it.

    Raises:
        DecisionConflictError: Another has it open or decided it, or its text changed.
    """
    status, revision = lock_comment(conn, intent.comment_id)
    check_lease(conn, intent.comment_id, view)
    if intent.revision is not None and revision != intent.revision:
        raise DecisionConflictError("The text was edited since it was shown: read it again.", code="conflict.revision")
    if status in OPEN and RESULTING_STATUS[intent.action] is not status:
        return
    if status is Status.DEFERRED:
        return  # deferred once more: it comes back later
    last = decision_rows.last_standing(conn, intent.comment_id)
    by = f" by {_who(last)}" if last else ""
    raise DecisionConflictError(f"This comment is already {status.value}{by}.", code="conflict.decided")


def check_undoable(conn: Connection, decision: Decision, view: Viewpoint) -> None:
    """Refuses to take back what others have built on.

    Raises:
        DecisionConflictError: It was taken back already, or the comment moved on since.
    """
    status, revision = lock_comment(conn, decision.comment_id)
    if decision.action in {Action.UNDO, Action.REOPEN, Action.APPEAL}:
        raise DecisionConflictError("This row can't be taken back: decide again instead.", code="conflict.undo")
    if decision_rows.is_undone(conn, decision.seq):
        raise DecisionConflictError("That decision was taken back already.", code="conflict.undone")
    check_lease(conn, decision.comment_id, view)
    if revision != decision.revision:
        raise DecisionConflictError(
            "The text was edited after that decision: decide on the new one instead.", code="conflict.revision"
        )
    last = decision_rows.last_standing(conn, decision.comment_id)
    if last is None or last.seq != decision.seq or status is not decision.new_status:
        by = f"{_who(last)} has" if last and last.seq != decision.seq else "Somebody has"
        raise DecisionConflictError(
            f"{by} decided on this comment since: nothing was taken back.", code="conflict.decided"
        )
