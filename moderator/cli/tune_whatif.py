"""`moderator tune whatif`: another configuration over the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import (
    PastOptions,
    SecondsOption,
    estimate_record,
    load_history,
    paragraph,
    scorer_record,
)
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.domain.policy import Policy
    from moderator.services.tuning.history import History
    from moderator.services.tuning.whatif import Kind, Missed, Side, WhatIf
    from moderator.tui.views import RowView

_SEED = 1
_AUDIT_SHARE = 0.02


def whatif(
    call: Call,
    *,
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A configuration; what it leaves out stays as it is.")],
    past: PastOptions,
    seconds: SecondsOption = None,
    examples: Annotated[
        int, typer.Option("--examples", "-n", metavar="N", min=0, max=100, help="Comments of each kind to show.")
    ] = 3,
    reveal: Annotated[bool, typer.Option("--reveal", help="Severe words as they are, unmasked.")] = False,
) -> None:
    """Replays a changed policy over every scored comment: what it would hold, release, move, cost and miss.

    Nothing is changed. Where the past has no answer, because nobody looked below the old thresholds, it says so and
    what would help.
    """
    from moderator.services.tuning.whatif import what_if

    old_policy, new_policy = call.settings.policy(), _policy_of(call, new)
    with call.services(of_demo=True) as services:
        history = load_history(call, services, past)
        for policy in (old_policy, new_policy):
            history = services.figures.tuning.searched(history, policy)
        with call.out.progress("Replaying"):
            found = what_if(history, old_policy, new_policy, seconds)
        shown = _examples(services, history, found, examples)
    if call.out.as_json:
        call.out.emit(_record(found, history, old_policy, new_policy))
        return
    _print(call, found, old_policy, new_policy)
    for kind, rows in shown.items():
        call.out.say()
        call.out.say(f"{kind.value}, {_comments(len(found.changed[kind]))}; for example:")
        for row, outcome in rows:
            call.out.say(_line(row, outcome, reveal=reveal))


def _policy_of(call: Call, new: Path) -> Policy:
    """The policy in force with a file laid over it."""
    from moderator.config import load

    if not new.is_file():
        raise ConfigError(f"{new}: there is no such file", code="config.file")
    return load(call.all_flags(), path=new).policy()


def _examples(
    services: Services, history: History, found: WhatIf, most: int
) -> Mapping[Kind, Sequence[tuple[RowView, int]]]:
    """Some comments of each kind, drawn at random but each time the same, with what people decided."""
    import numpy as np

    from moderator.tui.views import present_row

    dice = np.random.default_rng(_SEED)
    review = services.review
    shown: dict[Kind, Sequence[tuple[RowView, int]]] = {}
    for kind, rows in found.changed.items():
        if not len(rows) or not most:
            continue
        picked = np.sort(dice.choice(rows, min(most, len(rows)), replace=False))
        outcome_of = {int(history.comments.ids[at]): int(history.past.outcome[at]) for at in picked}
        place_of = {
            int(history.comments.ids[at]): history.comments.places[history.comments.place_of[at]] for at in picked
        }
        sets = review.score_sets(list(outcome_of))
        shown[kind] = [
            (present_row(row, sets.get(row.id, ()), services.policy.in_force(*place_of[row.id])), outcome_of[row.id])
            for row in review.rows(list(outcome_of))
        ]
    return shown


def _comments(count: int) -> str:
    return "1 comment" if count == 1 else f"{count:,} comments"


def _line(row: RowView, outcome: int, *, reveal: bool) -> str:
    import shutil

    from moderator.tui.widgets.cells import fit

    decided = {1: "rejected", 0: "approved", -1: "undecided"}[outcome]
    lead = "" if row.lead is None or row.lead_score is None else f"{row.lead.value} {row.lead_score:.2f}"
    head = f"  {row.id:>7} {decided:<9} {lead:<21} "
    room = max(shutil.get_terminal_size((80, 24)).columns - len(head) - 1, 20)
    return head + fit(row.excerpt if reveal else row.masked, room).rstrip()


def _print(call: Call, found: WhatIf, old: Policy, new: Policy) -> None:
    from moderator.cli.output import Column
    from moderator.services.tuning.whatif import Kind

    out = call.out
    out.say(f"{found.comments:,} scored comments in {found.days:,.0f} days; people decided on {found.decided:,}.")
    pace = "as measured" if found.measured else "assumed"
    out.say(f"A look takes {found.seconds_per_look:.0f} s ({pace}).")
    out.say()
    columns = [Column("", 34), *(Column(name, 14, right=True) for name in ("now", "then"))]
    out.table([*columns, Column("change", 13, right=True)], _table(found.before, found.after))
    changed = {kind: len(rows) for kind, rows in found.changed.items()}
    out.say(
        f"{changed[Kind.HELD]:,} newly held, {changed[Kind.RELEASED]:,} released, {changed[Kind.EARLIER]:,} moved up, "
        f"{changed[Kind.LATER]:,} moved down."
        + (f" {changed[Kind.DRAWN]:,} drawn for the audit." if changed[Kind.DRAWN] else "")
    )
    if found.order_kept < 1:
        out.say(f"Order of what both hold: rank correlation {found.order_kept:.3f}.")
    for line in warnings(found, new):
        out.say()
        out.say(paragraph(line))
    if old.thresholds == new.thresholds and not any(changed.values()):
        out.say("The two policies say the same of every comment.")


def _table(before: Side, after: Side) -> list[list[str]]:
    from moderator.domain.policy import Route
    from moderator.services.tuning.charts import told

    def counted(title: str, now: float, then: float, digits: int = 0) -> list[str]:
        change = "" if now == then else f"{then - now:+,.{digits}f}"
        return [title, f"{now:,.{digits}f}", f"{then:,.{digits}f}", change]

    names = {Route.PRIORITY: "look first", Route.REVIEW: "look", Route.APPROVE: "nothing found"}
    return [
        *(counted(name, before.routes[route], after.routes[route]) for route, name in names.items()),
        counted("held a day", before.per_day, after.per_day, 1),
        counted("hours of work a day", before.hours_per_day, after.hours_per_day, 2),
        counted("decisions that disagree", before.disagree, after.disagree),
        counted("known rejects that pass", before.missed.known, after.missed.known),
        ["rejects that pass, unseen ones too", _missed(before.missed), _missed(after.missed), ""],
        ["rejects held", told(before.caught).split(" ")[0], told(after.caught).split(" ")[0], ""],
    ]


def _missed(missed: Missed) -> str:
    if not missed.answerable:
        return f"{missed.expected.low:,.0f} to ?"
    return f"{missed.expected.low:,.0f} to {missed.expected.high:,.0f}"


def warnings(found: WhatIf, new: Policy) -> list[str]:
    """Where the past has no answer, and what would help."""
    from moderator.domain.policy import Route
    from moderator.services.tuning.charts import told

    missed = found.after.missed
    drawn_per_day = found.after.routes[Route.APPROVE] * _AUDIT_SHARE / found.days
    lines: list[str] = []
    if missed.unknowable:
        lines.append(
            f"CAREFUL: the past can't answer for {missed.unknowable:,} of the comments that would pass. People looked "
            f"at a share of {told(found.looks_below)} of what lay below the old thresholds, and at none of it by a "
            "random draw; so how many of the others they would have rejected isn't known. "
        )
        if not new.audit_share:
            lines[-1] += (
                "To find out, let a random part be looked at: audit_share under [policy]. "
                f"{_AUDIT_SHARE:g} would be {drawn_per_day:,.1f} comments a day."
            )
    elif missed.audited:
        lines.append(f"What nobody looked at is judged by {missed.audited:,} comments that were drawn at random.")
    return lines


def _record(found: WhatIf, history: History, old: Policy, new: Policy) -> dict[str, Any]:
    from moderator.cli.figures import number

    return {
        "comments": found.comments,
        "decided": found.decided,
        "days": number(found.days),
        "config_hashes": [old.config_hash, new.config_hash],
        **scorer_record(history),
        "before": _side(found.before),
        "after": _side(found.after),
        "changed": {kind.name.lower(): len(rows) for kind, rows in found.changed.items()},
        "order_kept": number(found.order_kept),
        "looks_below": estimate_record(found.looks_below),
        "seconds_per_look": {"value": number(found.seconds_per_look), "measured": found.measured},
    }


def _side(side: Side) -> dict[str, Any]:
    from moderator.cli.figures import number

    missed = side.missed
    return {
        "routes": {route.value: count for route, count in side.routes.items()},
        "held_per_day": number(side.per_day),
        "hours_per_day": number(side.hours_per_day),
        "disagree": side.disagree,
        "missed": {
            "known": missed.known,
            "unseen": missed.unseen,
            "unknowable": missed.unknowable,
            "expected": estimate_record(missed.expected),
            "audited": missed.audited,
        },
        "caught": estimate_record(side.caught),
    }
