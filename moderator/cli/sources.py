"""`moderator sources`: the sites that comments are pulled from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

if TYPE_CHECKING:
    from moderator.cli.output import Output
    from moderator.domain.source_state import SourceState
    from moderator.services.sources import Plan

_NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A source of your configuration.")]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(name="sources", help="Sites that comments come from.", no_args_is_help=True)
    command(group, "list", example="moderator sources list")(show)
    command(group, example="moderator sources check blog")(check)
    command(group, example="moderator sources pull blog")(pull)
    app.add_typer(group, rich_help_panel="Comments in, decisions out")


def show(call: Call) -> None:
    """Lists the configured sites: when each was read, what waits, and what is wrong.

    Asks no site.
    """
    from moderator.domain.source_state import SourceState
    from moderator.plugins import Group, installed

    with call.services() as services:
        plans = services.sources.plans
        states = {state.name: state for state in services.figures.source_states.read()}
    for name, plan in plans.items():
        (_emit if call.out.as_json else _say)(call.out, plan, states.get(name, SourceState(name=name)))
    if not plans:
        systems = ", ".join(sorted(installed(Group.SOURCES)))
        call.out.remark(f"No source is configured. Systems: {systems}. docs/connectors.md shows how.")


def _emit(out: Output, plan: Plan, state: SourceState) -> None:
    from moderator.cli.times import iso

    out.emit(
        {
            "name": state.name,
            "system": plan.system,
            "delivers": plan.delivers,
            "last_pull": iso(state.pulled_at_ms) if state.pulled_at_ms else None,
            "next_pull": iso(state.next_pull_ms) if state.next_pull_ms else None,
            "waiting_here": state.waiting,
            "held_there": state.held_there,
            "to_send": state.to_send,
            "dead": state.dead,
            "problem": state.problem or state.send_problem,
        }
    )


def _say(out: Output, plan: Plan, state: SourceState) -> None:
    from moderator.cli.times import minute
    from moderator.text.visible import visible_line

    pulled = minute(state.pulled_at_ms) if state.pulled_at_ms else "never"
    back = "decisions go back" if plan.delivers else "decisions stay here"
    there = "" if state.held_there is None else f", {state.held_there:,} there at the last pull"
    out.say(f"{state.name}: {plan.system}, read {pulled}, {back}")
    out.say(f"  waiting: {state.waiting:,} here{there}; to send: {state.to_send:,}; given up: {state.dead:,}")
    for problem in (state.problem, state.send_problem):
        if problem:
            out.say(f"  {visible_line(problem)}")


def check(call: Call, *, name: _NameArgument) -> int:
    """Says in words what is right and wrong with a site: address, encryption, login, rights.

    Ends with 1 if anything is wrong. Changes nothing, here or there.
    """
    with call.services() as services:
        findings = services.sources.check(name)
    for found in findings:
        if call.out.as_json:
            call.out.emit({"ok": found.ok, "what": found.what, "hint": found.hint})
            continue
        call.out.say(f"{'ok   ' if found.ok else 'WRONG'} {found.what}")
        if found.hint and not found.ok:
            call.out.say(f"      {found.hint}")
    return 0 if all(found.ok for found in findings) else 1


def pull(
    call: Call,
    *,
    name: _NameArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be stored, and store nothing.")] = False,
) -> None:
    """Takes in what waits at a site, from where the last pull ended. The same as `moderator intake NAME`."""
    from moderator.cli.intake import report

    with call.services() as services:
        report(call.out, name, services.sources.pull(name, dry_run=dry_run), ())
