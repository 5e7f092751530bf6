"""`moderator export`: decisions and comments for other programs and other people, streamed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TextIO, cast

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.domain.decision import Action
from moderator.errors import ConfigError
from moderator.text.visible import visible

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.config.settings import Settings
    from moderator.services.export import Write

_PANEL = "Comments in, decisions out"


class ExportForm(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"


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
SinceOption = Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2026-11-01, '2 days ago'.")]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")]


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
    since: SinceOption = None,
    until: UntilOption = None,
    moderator: Annotated[str | None, typer.Option(metavar="NAME", help="Only this moderator's.")] = None,
    action: Annotated[Action | None, typer.Option(help="Only these.")] = None,
    article: Annotated[str | None, typer.Option(metavar="PART", help="Part of the article's address.")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Only this source's.")] = None,
    comment: Annotated[int | None, typer.Option(metavar="ID", min=1, help="Only this comment's.")] = None,
    columns: ColumnsOption = None,
    preset: PresetOption = None,
    with_text: TextOption = False,
) -> None:
    """Writes the decision log, oldest first. docs/export.md explains each column; no text and no names by default.

    A file named with --out may be packed (.gz, .zst), and gets a manifest beside it.
    """
    from moderator.cli.times import moment
    from moderator.domain.decision_log import DecisionFilter
    from moderator.services.export import write_decisions

    with call.services(of_demo=True) as services:
        settings = services.settings
        wanted = DecisionFilter(
            since_ms=moment(since, "--since", settings),
            until_ms=moment(until, "--until", settings),
            moderator=moderator,
            action=action,
            article=article,
            source=source,
            comment_id=comment,
        )
        names = _names(settings, columns, preset)

        def run(write: Write, report: Callable[[int], None]) -> int:
            return write_decisions(services.db, wanted, write, names=names, with_text=with_text, progress=report)

        about = {"kind": "decisions", "filter": _said(asdict(wanted)), "with_text": with_text}
        count = _write(call, services, out, form, about=about, run=run)
    call.out.remark(f"{count:,} decisions written{f' to {out}' if out else ''}")


def comments(
    call: Call,
    *,
    filter_line: Annotated[
        list[str] | None, typer.Argument(metavar="FILTER...", help="As after the / key: 'status:all', 'lang:ru'.")
    ] = None,
    form: FormatOption = None,
    out: OutOption = None,
    columns: ColumnsOption = None,
    preset: PresetOption = None,
    with_text: TextOption = False,
) -> None:
    """Writes the comments of a queue, in its order: where each stands, its scores, who scored it."""
    from moderator.domain.filter import parse_filter
    from moderator.services.export import write_comments

    with call.services(of_demo=True) as services:
        settings = services.settings
        query = parse_filter(" ".join(filter_line or []), settings.values.review.order)
        names, key = _names(settings, columns, preset), settings.author_key()

        def run(write: Write, report: Callable[[int], None]) -> int:
            return write_comments(
                services.db, query, write, author_key=key, names=names, with_text=with_text, progress=report
            )

        about = {"kind": "comments", "filter": {"line": " ".join(filter_line or [])}, "with_text": with_text}
        count = _write(call, services, out, form, about=about, run=run)
    call.out.remark(f"{count:,} comments written{f' to {out}' if out else ''}")


def _names(settings: Settings, columns: str | None, preset: str | None) -> tuple[str, ...]:
    """The columns that are wanted; none where all are."""
    if columns is not None and preset is not None:
        raise ConfigError("--columns and --preset both name columns", code="config.usage", hint="Give one of them.")
    if preset is None:
        return tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    known = settings.values.export.presets
    if preset not in known:
        hint = f"There are: {', '.join(sorted(known)) or 'none'}."
        raise ConfigError("--preset: no such name in [export.presets]", code="config.usage", hint=hint)
    return known[preset]


def _said(wanted: dict[str, Any]) -> dict[str, Any]:
    """What a filter says, without what it leaves open."""
    return {name: value for name, value in wanted.items() if value is not None}


def _write(
    call: Call,
    services: Services,
    out: Path | None,
    form: ExportForm | None,
    *,
    about: dict[str, Any],
    run: Callable[[Write, Callable[[int], None]], int],
) -> int:
    """Writes to a file that appears when it is whole, with a manifest beside it, or to standard output."""
    from moderator.services import export_files as files

    title = f"Moderator: {about['kind']}"
    form = form or (ExportForm.JSONL if call.out.as_json else None)
    with call.out.progress(f"Writing {about['kind']}") as bar:
        if out is None:
            return run(_to_screen(form or ExportForm.CSV, title), _only(bar))
        path = out.expanduser()
        chosen = files.FileFormat(form.value) if form else files.format_by_name(path)
        head = files.chain_head(services.db)
        with files.exporting(path, chosen, title) as export:
            count = run(export.write, _only(bar))
    settings = services.settings
    files.write_manifest(path, export, **about, config_hash=settings.config_hash, chain_head=head)
    if about["with_text"]:
        files.remember_file(services.db, path, about["kind"], export.sha256)
    return count


def _only(bar: Callable[[int, int | None], None]) -> Callable[[int], None]:
    return lambda done: bar(done, None)


def _to_screen(form: ExportForm, title: str) -> Write:
    """Standard output, through the gate where it is a terminal: rows can hold what readers wrote."""
    from moderator.services.export_html import write_html
    from moderator.services.tabular import ExportFormat, write_rows

    if form is ExportForm.PARQUET:
        raise ConfigError("Parquet isn't text", code="config.usage", hint="Name a file with --out.")
    stream = cast("TextIO", _OnScreen(sys.stdout)) if sys.stdout.isatty() else sys.stdout
    if form is ExportForm.HTML:
        return lambda rows, columns: write_html(rows, columns, stream, title)
    return lambda rows, columns: write_rows(rows, columns, stream, ExportFormat(form.value))


class _OnScreen:
    """Standard output as a terminal: rows can hold what readers wrote. A file or a pipe gets them as they are."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes text through the gate, which keeps line ends."""
        return self._stream.write(visible(text.replace("\r\n", "\n")))
