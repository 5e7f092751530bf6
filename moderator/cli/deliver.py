"""`moderator deliver`: sends decisions back to the sites that they belong to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

if TYPE_CHECKING:
    from moderator.cli.output import Output
    from moderator.services.delivery import Delivery
    from moderator.services.delivery_report import DeliverySummary

_TICK_S = 1.0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator deliver --once", panel="Comments in, decisions out")(deliver)


def deliver(
    call: Call,
    *,
    once: Annotated[bool, typer.Option("--once", help="Send what may be sent now, and end.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try what was given up once more, and end.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what waits, and send nothing.")] = False,
) -> int:
    """Sends decisions back to their sites, once the undo window is over. Goes on until it's interrupted.

    Each site is read before and after: where somebody decided there meanwhile, nothing is overwritten, and the comment
    comes back to the queue. What fails is tried again after growing pauses, then given up until `--retry`.

    Ends with 5 if, with --once or --retry, anything failed.
    """
    with call.services() as services:
        delivery = services.delivery
        if dry_run:
            return _show(call.out, delivery)
        if not delivery.sources:
            call.out.remark("No source takes decisions back: see docs/connectors.md.")
            return 0
        if retry:
            call.out.remark(f"{delivery.retry():,} that were given up get another try.")
        if once or retry:
            return _report(call.out, delivery.run())
        while True:
            done = delivery.run()
            if done.moved:
                _report(call.out, done)
            time.sleep(_TICK_S)


def _show(out: Output, delivery: Delivery) -> int:
    from moderator.cli.times import iso, minute
    from moderator.text.visible import visible_line

    waiting = delivery.pending()
    for each in waiting:
        decision = each.decision
        fields = {
            "decision": decision.seq,
            "source": decision.source,
            "comment": decision.remote_id,
            "action": decision.action.value,
            "to": decision.new_status.value,
            "reason": decision.reason_code,
            "due": iso(each.due_ms),
            "attempts": each.attempts,
            "dead": each.dead,
            "error": each.error,
        }
        if out.as_json:
            out.emit(fields)
            continue
        when = "given up" if each.dead else f"from {minute(each.due_ms)}"
        name = f"{visible_line(decision.source)} {visible_line(decision.remote_id)}"
        failed = f": {visible_line(each.error)}" if each.error else ""
        out.say(f"{decision.seq}  {name}  {decision.new_status.value}  {when}{failed}")
    if not waiting:
        out.remark("Nothing waits.")
    return 0


def _report(out: Output, done: DeliverySummary) -> int:
    from moderator.text.visible import visible_line

    if out.as_json:
        names = ("sent", "stays", "conflicts", "later", "dead", "waiting")
        out.emit({name: getattr(done, name) for name in names} | {"errors": done.errors})
    else:
        out.say(f"{done.sent:,} sent, {done.waiting:,} still to send")
        for number, words in (
            (done.conflicts, "came back to the queue: somebody else decided, or the text was edited"),
            (done.stays, "can't be taken back there and stay as they are"),
            (done.later, "failed and are tried again"),
            (done.dead, "were given up; `moderator deliver --retry` tries them again"),
        ):
            if number:
                out.say(f"  {number:,} {words}")
        for source, error in done.errors.items():
            out.say(f"  {visible_line(source)}: {visible_line(error)}")
    return 5 if done.later or done.dead else 0
