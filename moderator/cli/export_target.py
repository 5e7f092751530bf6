"""Where an export goes: to standard output, or to a file that can be gone on with after a kill."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from moderator.errors import ConfigError
from moderator.text.visible import visible

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.cli.call import Call
    from moderator.services.export import Table, Write
    from moderator.services.export_resume import Cursor


class ExportForm(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes, and from when it is.

    Attributes:
        path: The file; `None` for standard output.
        cursor: Where to begin; at the start for a new one.
        begun_ms: When the export began, UTC milliseconds: what "2 days ago" counts from, also when it's gone on with.
    """

    path: Path | None
    form: ExportForm
    cursor: Cursor

    @property
    def begun_ms(self) -> int:
        """When the export began."""
        return self.cursor.begun_ms

    @property
    def until_seq(self) -> int:
        """The log's last row then: what was decided since isn't in it."""
        return int(self.cursor.head["seq"])

    def write(
        self, call: Call, services: Services, about: Mapping[str, Any], run: Callable[[Write, Report], int]
    ) -> None:
        """Writes to a file that appears when it is whole, with a manifest beside it, or to standard output.

        Args:
            call: Says how it goes.
            services: Open.
            about: What the manifest says beside the rest: `kind`, `filter`, `with_text`.
            run: Hands the rows on, and counts them aloud.
        """
        from moderator.services import export_files as files

        title = f"Moderator: {about['kind']}"
        with call.out.progress(f"Writing {about['kind']}") as bar:

            def report(done: int) -> None:
                bar(done, None)

            if self.path is None:
                rows = run(_to_screen(self.form, title), report)
            else:
                head = self.cursor.head
                with files.exporting(self.path, files.FileFormat(self.form.value), title, self.cursor) as export:
                    rows = run(export.write, report)
                settings = services.settings
                files.write_manifest(
                    self.path, export, **about, config_hash=settings.config_hash, chain_head=dict(head)
                )
                if about["with_text"]:
                    files.remember_file(services.db, self.path, about["kind"], export.sha256)
        call.out.remark(f"{rows:,} {about['kind']} written{f' to {self.path}' if self.path else ''}")


Report = Callable[[int], None]


def target(
    call: Call, services: Services, out: Path | None, form: ExportForm | None, *, resume: bool, request: dict[str, Any]
) -> Target:
    """Where an export is to go.

    Args:
        call: Says whether JSON is wanted.
        services: Open.
        out: The file as given.
        form: The format as given.
        resume: Go on with what was interrupted, if anything was.
        request: All that says what is exported, as it was typed.

    Raises:
        ConfigError: What was interrupted was another export, or there's no file to go on with.
    """
    from moderator.domain.clock import system_clock
    from moderator.services import export_files as files
    from moderator.services.export_resume import Cursor, kept_cursor

    if out is None:
        if resume:
            raise ConfigError("--resume goes on with a file", code="config.usage", hint="Name it with --out.")
        form = form or (ExportForm.JSONL if call.out.as_json else ExportForm.CSV)
    path = out.expanduser() if out else None
    if form is None and path is not None:
        form = ExportForm.JSONL if call.out.as_json else ExportForm(files.format_by_name(path).value)
    form = form or ExportForm.CSV
    request = {**request, "format": form.value}
    kept = kept_cursor(path, request) if path and resume else None
    if kept is not None:
        call.out.remark(f"Going on after {kept.rows:,} rows.")
    elif resume:
        call.out.remark("Nothing was interrupted there: this begins anew.")
    return Target(path, form, kept or Cursor(request, files.chain_head(services.db), system_clock()))


def _to_screen(form: ExportForm, title: str) -> Write:
    """Standard output, through the gate where it is a terminal: rows can hold what readers wrote."""
    from moderator.services.export import text_writer
    from moderator.services.export_html import write_html
    from moderator.services.tabular import ExportFormat

    if form is ExportForm.PARQUET:
        raise ConfigError("Parquet isn't text", code="config.usage", hint="Name a file with --out.")
    stream = cast("TextIO", _OnScreen(sys.stdout)) if sys.stdout.isatty() else sys.stdout
    if form is ExportForm.HTML:

        def write(table: Table) -> int:
            return write_html(table.batches(), table.columns, stream, title)

        return write
    return text_writer(stream, ExportFormat(form.value))


class _OnScreen:
    """Standard output as a terminal: rows can hold what readers wrote. A file or a pipe gets them as they are."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes text through the gate, which keeps line ends."""
        return self._stream.write(visible(text.replace("\r\n", "\n")))

    def writelines(self, lines: list[str]) -> None:
        """Writes several texts through the gate."""
        for line in lines:
            self.write(line)
