"""`moderator export`: decisions and comments for other programs and other people, streamed."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, TextIO, cast

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.domain.decision import Action
from moderator.services.tabular import ExportFormat
from moderator.text.visible import visible

_PANEL = "Comments in, decisions out"

FormatOption = Annotated[
    ExportFormat | None, typer.Option("--format", "-f", help="By the file's name where absent, else CSV.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Standard output where absent.")]
TextOption = Annotated[bool, typer.Option("--with-text", help="Also what readers and moderators wrote, and names.")]
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
    with_text: TextOption = False,
) -> None:
    """Writes the decision log, oldest first. docs/export.md explains each column; no text and no names by default."""
    from moderator.cli.times import moment
    from moderator.domain.decision_log import DecisionFilter
    from moderator.services.export import export_decisions

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
        with _target(out) as stream, call.out.progress("Writing decisions") as report:
            chosen = _format(call, form, out)
            count = export_decisions(
                services.db, wanted, stream, chosen, with_text=with_text, progress=lambda done: report(done, None)
            )
    call.out.remark(f"{count:,} decisions written{f' to {out}' if out else ''}")


def comments(
    call: Call,
    *,
    filter_line: Annotated[
        list[str] | None, typer.Argument(metavar="FILTER...", help="As after the / key: 'status:all', 'lang:ru'.")
    ] = None,
    form: FormatOption = None,
    out: OutOption = None,
    with_text: TextOption = False,
) -> None:
    """Writes the comments of a queue, in its order: where each stands, its scores, who scored it."""
    from moderator.domain.filter import parse_filter
    from moderator.services.export import export_comments

    with call.services(of_demo=True) as services:
        settings = services.settings
        query = parse_filter(" ".join(filter_line or []), settings.values.review.order)
        with _target(out) as stream, call.out.progress("Writing comments") as report:
            count = export_comments(
                services.db,
                query,
                stream,
                _format(call, form, out),
                author_key=settings.author_key(),
                with_text=with_text,
                progress=lambda done: report(done, None),
            )
    call.out.remark(f"{count:,} comments written{f' to {out}' if out else ''}")


def _format(call: Call, form: ExportFormat | None, out: Path | None) -> ExportFormat:
    if form is not None:
        return form
    if call.out.as_json or (out is not None and out.suffix.lower() in {".jsonl", ".ndjson", ".json"}):
        return ExportFormat.JSONL
    return ExportFormat.CSV


@contextmanager
def _target(out: Path | None) -> Generator[TextIO]:
    """Where the rows go: a file that appears when it is whole, or standard output."""
    from moderator.services.export import replacing

    if out is not None:
        with replacing(out.expanduser()) as file:
            yield file
    elif sys.stdout.isatty():
        yield cast("TextIO", _OnScreen(sys.stdout))
    else:
        yield sys.stdout


class _OnScreen:
    """Standard output as a terminal: rows can hold what readers wrote. A file or a pipe gets them as they are."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes text through the gate, which keeps line ends."""
        return self._stream.write(visible(text.replace("\r\n", "\n")))
