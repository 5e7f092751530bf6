"""`moderator decide`, `undo` and `history`: the desk's work without the desk."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.cli.review import ModeratorOption
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.domain.decision import Decision, Outcome, Reason
    from moderator.services.review import Review

_PANEL = "Moderate"
_MAX_NOTE_CHARS = 2000
_AT_ONCE = 100
"""Decisions taken back in one transaction: a colleague waits for no more than these."""


class Verdict(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    REJECT = "reject"
    ESCALATE = "escalate"
    DEFER = "defer"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, example="moderator decide 12 reject --reason insult --note 'second time'", panel=_PANEL)(decide)
    command(app, example="moderator undo", panel=_PANEL)(undo)
    command(app, example="moderator history --limit 50", panel=_PANEL)(history)


def decide(
    call: Call,
    *,
    comment: Annotated[int, typer.Argument(metavar="ID", min=1, help="The comment's number in the queue.")],
    action: Annotated[Verdict, typer.Argument(metavar="ACTION", help="approve, reject, escalate or defer.")],
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", metavar="CODE", help="Why it's rejected; required for that.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="For your colleagues; kept apart from the log.")] = None,
    moderator: ModeratorOption = None,
) -> None:
    """Decides one comment. The decision is durable when this returns, and can be undone."""
    from moderator.domain.decision import Action, Intent

    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        reason_code = _reason(action, reason, services.settings.reasons)
        if note is not None and len(note) > _MAX_NOTE_CHARS:
            raise ConfigError(f"a note has at most {_MAX_NOTE_CHARS} characters", code="config.note")
        card = services.review.card(comment)
        intent = Intent(
            comment_id=comment,
            revision=card.revision,
            action=Action(action.value),
            reason_code=reason_code,
            note=note or None,
        )
        _print_outcome(call, services.review.decide(intent))


def undo(
    call: Call,
    *,
    seq: Annotated[
        int | None, typer.Argument(metavar="SEQ", min=1, help="A decision's number; else your latest one.")
    ] = None,
    moderator: ModeratorOption = None,
) -> int:
    """Takes a decision back: your latest with all that was decided in the same act, or the one with a number.

    As often as you like, the one before follows.
    """
    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        review = services.review
        seqs = review.undoable() if seq is None else [seq]
        if len(seqs) <= 1:
            outcome = review.undo() if seq is None else review.undo_decision(seq)
            if outcome is None:
                call.out.remark("There is nothing to undo.")
                return 1
            _print_outcome(call, outcome)
            return 0
        return _undo_act(call, review, seqs)


def _undo_act(call: Call, review: Review, seqs: Sequence[int]) -> int:
    """Takes back all that was decided in one act; what stays is said and keeps no other from it."""
    refused = 0
    for start in range(0, len(seqs), _AT_ONCE):
        batch = review.undo_many(seqs[start : start + _AT_ONCE])
        for outcome in batch.outcomes:
            _print_outcome(call, outcome)
        for refusal in batch.refused:
            call.out.remark(f"Comment {refusal.comment_id}: {refusal.why}")
        refused += len(batch.refused)
    return 1 if refused else 0


def history(
    call: Call,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="How many at most.")] = 20,
    before: Annotated[int | None, typer.Option(metavar="SEQ", min=1, help="Only decisions before this one.")] = None,
) -> None:
    """Prints decisions, the newest first. `moderator export decisions` has every column and filters."""
    from moderator.cli.records import decision_record

    with call.services(of_demo=True) as services:
        decisions = services.review.history(limit, before)
        if call.out.as_json:
            for decision in decisions:
                call.out.emit(decision_record(decision))
        elif decisions:
            _print_history(call, decisions)
        else:
            call.out.say("No decisions yet.")


def _reason(action: Verdict, code: str | None, reasons: Sequence[Reason]) -> str | None:
    if code is None:
        if action is Verdict.REJECT:
            codes = [reason.code for reason in reasons]
            hint = f"Add --reason with one of: {', '.join(codes)}."
            raise ConfigError("a rejection needs a reason", code="config.reason", hint=hint)
        return None
    return known_reason(code, reasons)


def known_reason(code: str, reasons: Sequence[Reason]) -> str:
    """A reason's code, if it's one of those in force.

    Raises:
        ConfigError: It isn't; names the nearest one.
    """
    codes = [reason.code for reason in reasons]
    if code in codes:
        return code
    near = difflib.get_close_matches(code, codes, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(codes)}."
    raise ConfigError(f"there is no reason {code!r}", code="config.reason", hint=hint)


def _print_outcome(call: Call, outcome: Outcome) -> None:
    from moderator.cli.records import decision_record

    decision = outcome.decision
    if call.out.as_json:
        call.out.emit(decision_record(decision))
        return
    reason = f" ({decision.reason_code})" if decision.reason_code else ""
    what = f"decision {decision.undo_of} undone" if decision.undo_of else f"{outcome.status}{reason}"
    end = f"; it is {outcome.status} again" if decision.undo_of else ""
    call.out.say(f"Comment {decision.comment_id}: {what}{end}. Decision {decision.seq}, signed {decision.moderator}.")


def _print_history(call: Call, decisions: Sequence[Decision]) -> None:
    from moderator.cli.output import Column
    from moderator.cli.times import minute
    from moderator.tui.wording import DONE

    digits = max(3, *(len(str(decision.seq)) for decision in decisions))
    numbers = max(7, *(len(str(decision.comment_id)) for decision in decisions))
    columns = [
        Column("seq", digits, right=True),
        Column("when (UTC)", 16),
        Column("comment", numbers, right=True),
        Column("what", 9),
        Column("reason", 16),
        Column("who"),
    ]
    rows = [
        [
            str(decision.seq),
            minute(decision.decided_at_ms),
            str(decision.comment_id),
            DONE[decision.action],
            f"of {decision.undo_of}" if decision.undo_of else decision.reason_code or "",
            decision.moderator,
        ]
        for decision in decisions
    ]
    call.out.table(columns, rows)
