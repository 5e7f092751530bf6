"""`moderator export`: decisions and comments for other programs and other people, streamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.export_target import ExportForm, target
from moderator.cli.frame import command
from moderator.domain.decision import Action
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.cli.export_target import Report
    from moderator.config.settings import Settings
    from moderator.domain.decision_log import DecisionFilter
    from moderator.services.export import Write

_PANEL = "Comments in, decisions out"


FormatOption = Annotated[
    ExportForm | None, typer.Option("--format", "-f", help="By the file's name where absent, else CSV.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Standard output where absent.")]
TextOption = Annotated[bool, typer.Option("--with-text", help="Also what readers and moderators wrote, and names.")]
ColumnsOption = Annotated[
    str | None, typer.Option("--columns", metavar="A,B,...", help="Only these columns, in this order.")
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="The columns that [export.presets] names so.")
]
LabelOption = Annotated[
    str | None, typer.Option(metavar="RANGE", help="By score then: 'insult>0.7', 'threat=0.2..0.6'.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with --out where a kill stopped it.")]
SinceOption = Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2026-11-01, '2 days ago'.")]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")]
ZoneOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Zone of times without one; [intake] time_zone where absent.")
]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Write decisions or comments to a file.", no_args_is_help=True)
    command(group, example="moderator export decisions --since '7 days ago' --out decisions.csv")(decisions)
    command(group, example="moderator export comments 'status:rejected' --format jsonl")(comments)
    app.add_typer(group, name="export", rich_help_panel=_PANEL)


def decisions(
    call: Call,
    *,
    form: FormatOption = None,
    out: OutOption = None,
    resume: ResumeOption = False,
    since: SinceOption = None,
    until: UntilOption = None,
    time_zone: ZoneOption = None,
    moderator: Annotated[str | None, typer.Option(metavar="NAME", help="Only this moderator's.")] = None,
    action: Annotated[Action | None, typer.Option(help="Only these.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only for this reason.")] = None,
    label: LabelOption = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Only this source's.")] = None,
    section: Annotated[str | None, typer.Option(metavar="NAME", help="Only this section's.")] = None,
    article: Annotated[str | None, typer.Option(metavar="PART", help="Part of the article's address.")] = None,
    comment: Annotated[int | None, typer.Option(metavar="ID", min=1, help="Only this comment's.")] = None,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="Only what was decided in this one act.")] = None,
    columns: ColumnsOption = None,
    preset: PresetOption = None,
    with_text: TextOption = False,
) -> None:
    """Writes the decision log, oldest first. docs/export.md explains each column; no text and no names by default.

    A file named with --out may be packed (.gz, .zst), and gets a manifest beside it.
    """
    from moderator.services.export import write_decisions

    call.use(intake__time_zone=time_zone)
    exact: dict[str, Any] = {"moderator": moderator, "action": action, "reason": reason, "source": source}
    exact |= {"section": section, "article": article, "comment_id": comment, "batch": batch}
    typed = {**exact, "since": since, "until": until, "zone": time_zone, "label": label, "with_text": with_text}
    with call.services(of_demo=True) as services:
        names = _names(services.settings, columns, preset)
        request = {"kind": "decisions", **typed, "columns": list(names)}
        goal = target(call, services, out, form, resume=resume, request=request)
        wanted = _wanted(services.settings, goal.begun_ms, typed, exact)

        def run(write: Write, report: Report) -> int:
            options: dict[str, Any] = {"names": names, "with_text": with_text, "until_seq": goal.until_seq}
            return write_decisions(services.db, wanted, write, **options, progress=report)

        goal.write(call, services, {"kind": "decisions", "filter": _said(wanted), "with_text": with_text}, run)


def comments(
    call: Call,
    *,
    filter_line: Annotated[
        list[str] | None, typer.Argument(metavar="FILTER...", help="As after the / key: 'status:all', 'lang:ru'.")
    ] = None,
    form: FormatOption = None,
    out: OutOption = None,
    resume: ResumeOption = False,
    columns: ColumnsOption = None,
    preset: PresetOption = None,
    with_text: TextOption = False,
) -> None:
    """Writes the comments of a queue, in its order: where each stands, its scores, who scored it."""
    from moderator.domain.filter import parse_filter
    from moderator.services.export import write_comments

    line = " ".join(filter_line or [])
    with call.services(of_demo=True) as services:
        settings = services.settings
        query = parse_filter(line, settings.values.review.order)
        names, key = _names(settings, columns, preset), settings.author_key()
        request = {"kind": "comments", "line": line, "order": query.order, "columns": list(names)}
        goal = target(call, services, out, form, resume=resume, request=request | {"with_text": with_text})

        def run(write: Write, report: Report) -> int:
            options: dict[str, Any] = {"names": names, "with_text": with_text, "now_ms": goal.begun_ms}
            return write_comments(services.db, query, write, author_key=key, **options, progress=report)

        goal.write(call, services, {"kind": "comments", "filter": {"line": line}, "with_text": with_text}, run)


def _wanted(settings: Settings, now_ms: int, typed: Mapping[str, Any], exact: Mapping[str, Any]) -> DecisionFilter:
    from moderator.cli.times import check_window, moment
    from moderator.domain.decision_log import DecisionFilter
    from moderator.domain.filter import label_range

    since_ms = moment(typed["since"], "--since", settings, now_ms)
    until_ms = moment(typed["until"], "--until", settings, now_ms)
    check_window(since_ms, until_ms)
    return DecisionFilter(
        since_ms=since_ms,
        until_ms=until_ms,
        **exact,
        **(label_range(typed["label"]) if typed["label"] else {}),
    )


def _names(settings: Settings, columns: str | None, preset: str | None) -> tuple[str, ...]:
    """The columns that are wanted; none where all are."""
    if columns is not None and preset is not None:
        raise ConfigError("--columns and --preset both name columns", code="config.usage", hint="Give one of them.")
    if preset is None:
        names = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
        if columns is not None and not names:
            raise ConfigError("--columns names none", code="config.usage", hint="docs/export.md lists them.")
        return names
    known = settings.values.export.presets
    if preset not in known:
        hint = f"There are: {', '.join(sorted(known)) or 'none'}."
        raise ConfigError("--preset: no such name in [export.presets]", code="config.usage", hint=hint)
    return known[preset]


def _said(wanted: DecisionFilter) -> dict[str, Any]:
    """What a filter says, without what it leaves open."""
    return {name: value for name, value in asdict(wanted).items() if value is not None}
