"""`moderator stats`: how the queue stands and how the work goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

if TYPE_CHECKING:
    from moderator.cli.output import Output
    from moderator.domain.stats import DecisionFigures, QueueFigures, Rate, Spread, StatsReport

_MOST_NAMES = 12
"""Rows of a breakdown that people get; `--json` has all."""

_ACTIONS = ("approve", "reject", "escalate", "defer")

SinceOption = Annotated[
    str, typer.Option("--since", metavar="TIME", help="Decisions from then on: 2026-11-01, '2 days ago', or 'start'.")
]
PageOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write them to an HTML page with charts instead.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Decisions before then.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator stats --since '30 days ago'", panel="Comments in, decisions out")(stats)


def stats(call: Call, *, since: SinceOption = "7 days ago", until: UntilOption = None, page: PageOption = None) -> None:
    """Prints how the queue stands and how the work goes: ages, decisions, overrides, agreement. Names no moderator."""
    from moderator.cli.times import check_window, moment

    with call.services(of_demo=True) as services:
        settings = services.settings
        since_ms = None if since == "start" else moment(since, "--since", settings)
        until_ms = moment(until, "--until", settings)
        check_window(since_ms, until_ms)
        report = services.figures.stats.report(since_ms, until_ms)
    if page is not None:
        from moderator.services.export import replacing
        from moderator.services.stats_page import stats_page

        with replacing(page.expanduser()) as out:
            out.write(stats_page(report))
        call.out.remark(f"Figures written to {page}")
    if call.out.as_json:
        call.out.emit(as_json(report))
        return
    if page is not None:
        return
    _print_queue(call.out, report.queue)
    _print_decisions(call.out, report)
    call.out.remark(f"found in {report.took_s:.2f} s")


def as_json(report: StatsReport) -> dict[str, Any]:
    """A report as `--json` prints it. `null` stands for what can't be told: a share of nothing, a rank among none."""
    from dataclasses import asdict

    from moderator.cli.times import iso
    from moderator.domain.stats import AGE_BANDS_S

    queue, decided = report.queue, report.decisions
    ends = [None if end == float("inf") else end for end in AGE_BANDS_S]
    bands = [{"below_s": end, "count": count} for end, count in zip(ends, queue.ages, strict=True)]
    return {
        "window": {
            "since": iso(report.window.since_ms),
            "until": iso(report.window.until_ms),
            "hours": report.window.hours,
            "part_s": report.window.part_ms / 1000,
        },
        "queue": asdict(queue) | {"ages": bands},
        "decisions": asdict(decided)
        | {
            "per_hour": report.per_hour,
            "undone": _rate(decided.undone),
            "override": _rate(decided.override),
            "override_by_label": {label: _rate(rate) for label, rate in decided.override_by_label.items()},
        },
        "took_s": report.took_s,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "of": rate.of, "share": rate.share}


def _print_queue(out: Output, queue: QueueFigures) -> None:
    from moderator.tui.wording import duration, number

    elsewhere = ", ".join(f"{number(n)} {status}" for status, n in queue.standing.items() if status != "pending")
    out.say(f"{number(queue.waiting)} wait, {number(queue.unscored)} of them unscored; {elsewhere}")
    if queue.waiting:
        age = queue.age_s
        out.say(
            f"half of them for up to {duration(age.median)}, nine tenths up to {duration(age.p90)}, "
            f"the oldest for {duration(queue.oldest_s)}"
        )
    out.say("")
    for title, counts in (
        ("route", queue.by_route),
        ("label", queue.by_label),
        ("section", queue.by_section),
        ("source", queue.by_source),
        ("language", queue.by_language),
    ):
        _print_counts(out, f"waiting by {title}", counts)


def _print_decisions(out: Output, report: StatsReport) -> None:
    from moderator.cli.times import minute
    from moderator.tui.wording import number

    decided: DecisionFigures = report.decisions
    out.say(f"{minute(report.window.since_ms)} to {minute(report.window.until_ms)} UTC")
    out.say(f"{number(decided.decided)} decisions by people, {report.per_hour:.1f} an hour")
    out.say(f"taken back: {_share(decided.undone)}; against the scores: {_share(decided.override)}")
    out.say(f"on screen before a decision: {_spread(decided.open_s)}; since posted: {_spread(decided.wait_s)}")
    same = decided.agreement
    kappa = "" if same.kappa is None else f", kappa {same.kappa:.2f}"
    out.say(f"two people on the same text: {number(same.pairs)} times, {number(same.same)} agreed{kappa}")
    appeals = decided.appeals
    if appeals.received or appeals.open or appeals.upheld or appeals.overturned:
        settled = f"{number(appeals.upheld)} upheld, {number(appeals.overturned)} overturned"
        out.say(f"appeals: {number(appeals.received)} received, {settled}, {number(appeals.open)} open now")
    out.say("")
    _print_counts(out, "by action", decided.by_action)
    _print_counts(out, "by actor", decided.by_actor)
    _print_counts(out, "rejected by reason", decided.by_reason)
    for title, table in (
        ("by label", decided.by_label),
        ("by section", decided.by_section),
        ("by source", decided.by_source),
        ("by language", decided.by_language),
    ):
        _print_cross(out, title, table)


def _print_counts(out: Output, title: str, counts: Mapping[str, int]) -> None:
    from moderator.cli.output import Column

    if counts:
        rows = [(name or "(none)", f"{count:,}") for name, count in list(counts.items())[:_MOST_NAMES]]
        out.table([Column(title, 28), Column("comments", 10, right=True)], rows)
        out.say("")


def _print_cross(out: Output, title: str, table: Mapping[str, Mapping[str, int]]) -> None:
    from moderator.cli.output import Column

    if table:
        rows = [
            (name or "(none)", *(f"{found.get(action, 0):,}" for action in _ACTIONS))
            for name, found in list(table.items())[:_MOST_NAMES]
        ]
        out.table([Column(title, 28), *(Column(action, 9, right=True) for action in _ACTIONS)], rows)
        out.say("")


def _share(rate: Rate) -> str:
    return "nothing to count" if rate.share is None else f"{rate.count:,} of {rate.of:,} ({rate.share:.1%})"


def _spread(spread: Spread) -> str:
    from moderator.tui.wording import duration

    if not spread.of:
        return "not measured"
    return f"half within {duration(spread.median)}, nine tenths within {duration(spread.p90)}"
