"""`moderator intake`: takes comments in from files, standard input, saved pages and addresses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.cli.output import Output
    from moderator.config.settings import Settings
    from moderator.connectors.addresses import AddressGuard
    from moderator.connectors.base import Source
    from moderator.connectors.files import FileOptions
    from moderator.services.intake import IntakeSummary

_REASONS_SHOWN = 5


class Format(StrEnum):
    """Formats that files are read as."""

    JSONL = "jsonl"
    CSV = "csv"
    WXR = "wxr"
    DISQUS = "disqus"
    FEED = "feed"
    ISSO = "isso"
    PAGE = "page"
    TEXT = "text"


class Take(StrEnum):
    """Where comments of an export stand at their source."""

    HELD = "held"
    PUBLISHED = "published"
    SPAM = "spam"
    DELETED = "deleted"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator intake comments.jsonl --source mysite", panel="Comments in, decisions out")(intake)


_What = Annotated[
    list[str], typer.Argument(metavar="WHAT...", help="Files, saved pages, - for standard input, or addresses.")
]
_Format = Annotated[Format | None, typer.Option("--format", "-f", help="By the file's name and content where absent.")]
_Source = Annotated[
    str | None, typer.Option(metavar="NAME", help="Whose comments they are; by the site's host where absent.")
]
_Takes = Annotated[
    list[Take] | None, typer.Option("--take", help="Which of an export's comments; held and published where absent.")
]
_Allowed = Annotated[
    list[str] | None,
    typer.Option(metavar="NETWORK", help="A network that addresses may lead into; else only public ones."),
]
_Rejects = Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write what was left out and why.")]


def intake(
    call: Call,
    *,
    what: _What,
    file_format: _Format = None,
    source: _Source = None,
    take: _Takes = None,
    article: Annotated[str, typer.Option(metavar="URL", help="Article of records that name none.")] = "",
    allow_address: _Allowed = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be stored, and store nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 if any record was left out.")] = False,
    rejects: _Rejects = None,
    keep_lines: Annotated[bool, typer.Option("--keep-lines", help="Keep the left-out text in that file too.")] = False,
    now: Annotated[str | None, typer.Option(metavar="TIME", help="What '2 days ago' counts from.")] = None,
) -> int:
    """Takes comments in, once: a second run adds nothing, and an edited text becomes a new revision.

    Reads JSON Lines, CSV, WordPress's and Disqus' exports, comment feeds, Isso's database, saved pages, and text copied
    from a page. An address is fetched once, where the site's robots.txt allows it.

    A record that can't be used is left out, counted, and written to a file with line and reason; the rest goes on.
    """
    if rejects is not None and len(what) > 1:
        raise ConfigError("--rejects names one file, and there are several to read", code="config.usage")
    options = _options(call.settings, source, article, now, take)
    rejected = 0
    with call.services() as services:
        for one in what:
            if one in call.settings.values.sources and not Path(one).exists():
                summary, remarks = services.sources.pull(one, dry_run=dry_run), ()
            else:
                opened = partial(_open, one, options, file_format, _allowed(call.settings, source, allow_address))
                summary, remarks = _take_in(
                    call, services, one, opened, rejects, dry_run=dry_run, keep_lines=keep_lines
                )
            rejected += summary.rejected
            report(call.out, one, summary, remarks)
        if not dry_run and not call.out.as_json:
            call.out.remark("Next: `moderator` opens the desk, which scores what waits.")
    return 1 if strict and rejected else 0


def _take_in(
    call: Call,
    services: Services,
    what: str,
    opened: Callable[[], Source],
    rejects: Path | None,
    *,
    dry_run: bool,
    keep_lines: bool,
) -> tuple[IntakeSummary, tuple[str, ...]]:
    from moderator.services.rejects import rejects_path_for

    with call.out.progress("Taking in") as bar:
        reader = opened()
        summary = services.intake.run(
            reader,
            dry_run=dry_run,
            progress=lambda at: bar(at.bytes_read, at.bytes_total),
            rejects_path=rejects if rejects or dry_run else rejects_path_for(what),
            keep_lines=keep_lines,
        )
    return summary, _remarks(reader)


def _options(
    settings: Settings, source: str | None, article: str, now: str | None, take: list[Take] | None
) -> FileOptions:
    from moderator.cli.times import moment
    from moderator.connectors.files import FileOptions, Standing
    from moderator.connectors.files.record import LIVE
    from moderator.domain.clock import system_clock

    given = settings.values.intake
    now_ms = moment(now, "--now", settings)
    return FileOptions(
        now_ms=system_clock() if now_ms is None else now_ms,
        now_given=now_ms is not None,
        source=source or "import",
        name_by_site=source is None,
        article_url=article,
        columns=given.columns,
        fields=given.fields,
        max_text_chars=given.max_text_chars,
        zone=settings.time_zone,
        day_first=settings.day_first,
        take=frozenset(Standing(each.value) for each in take) if take else LIVE,
    )


def _open(what: str, options: FileOptions, file_format: Format | None, allowed: list[str]) -> Source:
    from moderator.connectors.files import FileFormat, open_file, open_source
    from moderator.services.rejects import is_address

    if what == "-" and sys.stdin.isatty():
        raise ConfigError("standard input is a terminal", code="config.usage", hint="Pipe comments in, or name a file.")
    chosen = FileFormat(file_format.value) if file_format else None
    if not is_address(what):
        return open_file(what, options, chosen)
    from moderator.connectors.http import Fetcher
    from moderator.connectors.pages.remote import open_address

    with Fetcher(guard=_guard(allowed)) as fetcher:
        return open_source(open_address(what, fetcher), options, chosen)


def _allowed(settings: Settings, source: str | None, given: list[str] | None) -> list[str]:
    """Networks that are allowed besides the public ones: on the command line, and for the source that is named."""
    configured = settings.values.sources.get(source or "")
    return [*(given or ()), *(configured.allow_addresses if configured else ())]


def _guard(allowed: list[str]) -> AddressGuard:
    from ipaddress import ip_network

    from moderator.connectors.addresses import AddressGuard

    try:
        return AddressGuard(tuple(ip_network(each, strict=False) for each in allowed))
    except ValueError:
        hint = "In CIDR notation, such as 127.0.0.0/8 or fd00::/8."
        raise ConfigError("--allow-address: not a network", code="config.usage", hint=hint) from None


def _remarks(source: Source) -> tuple[str, ...]:
    from moderator.connectors.remarks import Remarking

    return tuple(source.remarks) if isinstance(source, Remarking) else ()


def report(out: Output, what: str, summary: IntakeSummary, remarks: tuple[str, ...]) -> None:
    """Says what came of taking something in."""
    if out.as_json:
        out.emit(
            {
                "what": what,
                "read": summary.read,
                "added": summary.added,
                "unchanged": summary.unchanged,
                "revised": summary.revised,
                "reopened": summary.reopened,
                "held_again": summary.held_again,
                "rejected": summary.rejected,
                "reasons": dict(summary.reasons),
                "derived_ids": summary.derived_ids,
                "rejects": str(summary.rejects_path) if summary.rejects_path else None,
                "elapsed_s": round(summary.elapsed_s, 3),
                "dry_run": summary.dry_run,
                "remarks": list(remarks),
            }
        )
        return
    name = "standard input" if what == "-" else what
    would = " (nothing was stored: --dry-run)" if summary.dry_run else ""
    out.say(f"{name}: {summary.read:,} read in {summary.elapsed_s:.1f} s{would}")
    kept = f"{summary.added:,} new, {summary.unchanged:,} known, {summary.revised:,} edited"
    out.say(f"  {kept}, {summary.rejected:,} left out")
    if summary.reopened:
        out.say(f"  {summary.reopened:,} decided comments were edited and wait again")
    if summary.held_again:
        out.say(f"  {summary.held_again:,} decided comments were put on hold again at the site and wait again")
    if summary.derived_ids:
        out.say(f"  {summary.derived_ids:,} had no id and got one made from author, time and text")
    for code, count in list(summary.reasons.items())[:_REASONS_SHOWN]:
        out.say(f"  left out: {count:,} x {code}")
    if "encoding.utf8" in summary.reasons:
        out.say("  If it's in an older encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW")
    if summary.rejects_path:
        out.say(f"  which and why: {summary.rejects_path}")
    for remark in remarks:
        out.say(f"  {remark}")
