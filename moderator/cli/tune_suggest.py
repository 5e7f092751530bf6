"""`moderator tune suggest`: thresholds for a target, and into the configuration with them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import (
    PastOptions,
    estimate_record,
    load_history,
    paragraph,
    scorer_record,
)
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.config.settings import Settings
    from moderator.domain.policy import Policy
    from moderator.services.tuning.choosing import Target
    from moderator.services.tuning.history import History
    from moderator.services.tuning.suggest import Outcome, Suggestion


PerDayOption = Annotated[
    float | None, typer.Option("--per-day", metavar="N", min=0.1, help="Hold at most so many comments a day.")
]
PrecisionOption = Annotated[
    float | None,
    typer.Option(metavar="P", min=0.01, max=0.999, help="Of what is held, at least this share is rejected."),
]
RecallOption = Annotated[
    float | None,
    typer.Option(metavar="P", min=0.01, max=0.999, help="Of what would be rejected, at least this share is held."),
]
MissCostsOption = Annotated[
    float | None,
    typer.Option("--miss-costs", metavar="N", min=0.01, help="A missed reject costs as much as N looks in vain."),
]


def suggest(
    call: Call,
    *,
    per_day: PerDayOption = None,
    precision: PrecisionOption = None,
    recall: RecallOption = None,
    miss_costs: MissCostsOption = None,
    past: PastOptions,
    write: Annotated[bool, typer.Option("--write", help="Show the change to config.toml, ask, and write it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --write: don't ask.")] = False,
) -> int:
    """Suggests thresholds for a target, from what people decided.

    They are chosen on the older part of the past and checked on the newer one, which says whether the target holds
    there. Ends with 1 where it doesn't, and then writes nothing, or where there is too little to go by.
    """
    from moderator.services.tuning.suggest import TooLittleError
    from moderator.services.tuning.suggest import suggest as choose

    target = _target(per_day, precision, recall, miss_costs)
    with call.services(of_demo=True) as services:
        history = load_history(call, services, past)
        try:
            with call.out.progress("Choosing"):
                found = choose(history, services.policy, target)
        except TooLittleError as error:
            call.out.remark(f"Too little to go by: {error}. Thresholds chosen on less would be chance.")
            return 1
        policy = services.policy
    if call.out.as_json:
        call.out.emit(_record(found, history))
    else:
        _print(call, found)
    if write and not found.holds:
        call.out.remark("Nothing was written: these thresholds miss the target.")
    elif write:
        _write(call, policy, found, ask=not yes)
    return 0 if found.holds else 1


def _target(per_day: float | None, precision: float | None, recall: float | None, miss_costs: float | None) -> Target:
    from moderator.services.tuning.choosing import Aim, Target

    given = {Aim.PER_DAY: per_day, Aim.PRECISION: precision, Aim.RECALL: recall, Aim.COST: miss_costs}
    named = [Target(aim, value) for aim, value in given.items() if value is not None]
    if len(named) != 1:
        hint = "Give one of --per-day N, --precision P, --recall P, --miss-costs N."
        raise ConfigError("a suggestion needs one target", code="config.usage", hint=hint)
    return named[0]


def _print(call: Call, found: Suggestion) -> None:
    from moderator.cli.output import Column

    out = call.out
    columns = [Column("label", 17), *(Column(name, 7, right=True) for name in ("now", "then"))]
    rows: list[list[str]] = []
    for one in found.proposals:
        now = "-" if one.now is None else f"{one.now.review:.3f}"
        then = "-" if one.then is None else f"{one.then.review:.3f}"
        band = f"{one.review.low:.3f} to {one.review.high:.3f}" if one.review.known else f"kept: {one.kept}"
        rows.append([one.label.value.replace("_", " "), now, then, band])
    out.table([*columns, Column("95 % interval")], rows)
    out.say()
    columns = [Column("", 33), Column("decided", 9, right=True), Column("held a day", 10, right=True)]
    columns += [Column("precision", 12), Column("recall", 12)]
    out.table(
        columns,
        [
            _row("older part, chosen on", found.chosen),
            _row("newer part, checked on", found.checked),
            _row("newer part, today's thresholds", found.now),
        ],
    )
    out.say()
    out.say(paragraph(_sentence(found)))
    for problem in found.problems:
        out.say(paragraph(f"CAREFUL: {problem}"))


def _row(name: str, part: Outcome) -> list[str]:
    from moderator.cli.figures import figure

    def band(low: float, high: float) -> str:
        return f"{figure(low, 2)} to {figure(high, 2)}"

    shares = (band(each.low, each.high) for each in (part.precision, part.recall))
    return [name, f"{part.decided:,}", figure(part.per_day.value, 1), *shares]


def _sentence(found: Suggestion) -> str:
    from moderator.services.tuning.charts import told
    from moderator.services.tuning.choosing import Aim

    aim, value = found.target.aim, found.target.value
    if aim is Aim.COST:
        return (
            f"Cost on the newer part, looks in vain and missed rejects {value:g} times: {found.checked.cost:.3f} a "
            f"comment, {found.now.cost:.3f} with today's thresholds."
        )
    what = {Aim.PER_DAY: f"at most {value:g} a day", Aim.PRECISION: f"precision of {value:g}"}.get(
        aim, f"recall of {value:g}"
    )
    digits = 1 if aim is Aim.PER_DAY else 2
    return (
        f"Target, {what}: {found.verdict.value} on the newer part: {told(getattr(found.checked, aim.value), digits)}."
    )


def _write(call: Call, policy: Policy, found: Suggestion, *, ask: bool) -> None:
    from moderator.config import load
    from moderator.config.edit import difference, replace_file, with_thresholds
    from moderator.text.visible import visible

    path = _file(call.settings, call.given.config)
    before = _content(path)
    changed = {label: one for label, one in found.policy.thresholds.items() if one != policy.thresholds.get(label)}
    after = with_thresholds(before, changed, str(path))
    diff = difference(before, after, str(path))
    if not diff:
        call.out.remark(f"{path} stands as suggested already.")
        return
    print(visible(diff), file=sys.stderr)  # noqa: T201  # a question belongs beside the result
    if ask and not typer.confirm(f"Write this to {visible(str(path))}?", err=True):
        call.out.remark("Nothing was written.")
        return
    replace_file(path, after)
    try:
        load(call.all_flags(), path=path)
    except ConfigError:
        replace_file(path, before)  # what can't be used must not stay
        raise
    call.out.remark(
        f"Written: {path}. An open desk takes it over at once; without one, `moderator score --reroute` puts what "
        "waits in its new place."
    )


def _file(settings: Settings, given: Path | None) -> Path:
    """The file to change: the one that was named, else the strongest that was read, else one here."""
    if given is not None:
        return given
    return Path(settings.files[0]) if settings.files else Path("config.toml")


def _content(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: it can't be read", code="config.file") from error


def _record(found: Suggestion, history: History) -> dict[str, Any]:
    return {
        "target": {"aim": found.target.aim.value, "value": found.target.value},
        "verdict": found.verdict.name.lower(),
        "reachable": found.reachable,
        "thresholds": {
            one.label.value: {
                "now": None if one.now is None else {"review": one.now.review, "priority": one.now.priority},
                "then": None if one.then is None else {"review": one.then.review, "priority": one.then.priority},
                "review": estimate_record(one.review),
                "kept": one.kept or None,
            }
            for one in found.proposals
        },
        **{name: _part(getattr(found, name)) for name in ("chosen", "checked", "now")},
        "problems": list(found.problems),
        **scorer_record(history),
    }


def _part(part: Outcome) -> dict[str, Any]:
    from moderator.cli.figures import number

    return {
        "comments": part.comments,
        "decided": part.decided,
        "rejected": part.rejected,
        "cost": number(part.cost),
        **{name: estimate_record(getattr(part, name)) for name in ("per_day", "precision", "recall")},
    }
