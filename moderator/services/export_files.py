"""Exports as files: four formats, packed by the file's name, complete or not there at all, with a manifest beside them.

The manifest says what the file is: rows, columns, the filter, the settings' hash, the head of the decision log when the
export began, and the file's SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from moderator._version import __version__
from moderator.domain.clock import system_clock
from moderator.domain.decision_log import ExportedFile
from moderator.errors import ConfigError
from moderator.services.export import Table, replacing_bytes
from moderator.services.export_html import write_html
from moderator.services.export_resume import CHECKPOINT_ROWS, Cursor, Partial, resuming
from moderator.services.tabular import ExportFormat, Kind, heading, lines, size, to_iso
from moderator.storage import chain, export_index
from moderator.storage.engine import Database

_PACKINGS = (".gz", ".zst")
_NO_PYARROW = "Install it: pip install 'moderator[parquet]'"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"


RESUMABLE = frozenset({FileFormat.CSV, FileFormat.JSONL})
"""Formats that a file can be gone on with: the others say at their end what stands in them."""

_SUFFIXES = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".json": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".html": FileFormat.HTML,
    ".htm": FileFormat.HTML,
}


def format_by_name(path: Path) -> FileFormat:
    """The format that a file's name stands for, packed or not; CSV where it says nothing."""
    name = path.with_suffix("") if path.suffix.lower() in _PACKINGS else path
    return _SUFFIXES.get(name.suffix.lower(), FileFormat.CSV)


@dataclass(slots=True)
class FileExport:
    """A file that is being written.

    Attributes:
        rows: How many rows it holds, once written.
        columns: Their names.
        sha256: Of the whole file as it lies on disk, once closed.
        size_bytes: Of the same.
    """

    out: Partial
    suffix: str
    form: FileFormat
    title: str
    rows: int = 0
    columns: list[str] = field(default_factory=list[str])
    sha256: str = ""
    size_bytes: int = 0

    def write(self, table: Table) -> int:
        """Writes all rows, a few in memory at a time.

        Returns:
            How many.

        Raises:
            ConfigError: Parquet, and pyarrow isn't installed.
            OSError: The file can't be written.
        """
        self.columns = [column.name for column in table.columns]
        if self.form in RESUMABLE:
            self.rows = self._write_lines(table, ExportFormat(self.form.value))
            return self.rows
        with _packed(self.out, self.suffix) as out:
            if self.form is FileFormat.PARQUET:
                self.rows = _write_parquet(table, out)
            else:
                text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
                self.rows = write_html(table.batches(), table.columns, text, self.title)
                text.flush()
                text.detach()
        return self.rows

    def _write_lines(self, table: Table, form: ExportFormat) -> int:
        if self.out.cursor.rows and self.out.cursor.state != table.state:
            self.out.start_over()
        place, rows = self.out.cursor.place, self.out.cursor.rows
        batches = table.after(place)
        while True:
            fresh = 0
            with _packed(self.out, self.suffix) as out:
                if not rows:
                    out.write(heading(table.columns, form).encode())
                for end, batch in batches:
                    out.write(lines(batch, table.columns, form).encode())
                    place, fresh = end, fresh + size(batch)
                    if fresh >= CHECKPOINT_ROWS:
                        break
            rows += fresh
            if fresh < CHECKPOINT_ROWS:
                return rows
            self.out.checkpoint(place, rows, table.state)


@contextmanager
def exporting(path: Path, form: FileFormat, title: str, begin: Cursor | None = None) -> Generator[FileExport]:
    """A file to write rows to, which takes `path`'s place only when all of it is written, and on disk.

    Args:
        path: Where; `.gz` and `.zst` at its end pack it.
        form: How. Of the `RESUMABLE` ones a kill leaves what was written, to be taken up again.
        title: What it holds, in words; heading of a report.
        begin: From where on.

    Raises:
        ConfigError: It's to be packed with zstd, and pyarrow isn't installed.
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    with resuming(path, begin or Cursor({}, {})) as out:
        export = FileExport(out, path.suffix.lower(), form, title)
        yield export
        export.sha256, export.size_bytes = out.digest.hexdigest(), out.size


def manifest_path(path: Path) -> Path:
    """Where a file's manifest lies: beside it, `NAME.manifest.json`."""
    return path.with_name(f"{path.name}.manifest.json")


def write_manifest(path: Path, export: FileExport, **about: Any) -> Path:
    """Writes a file's manifest.

    Args:
        path: The exported file.
        export: What was written.
        about: What else is to be said: `kind`, `filter`, `with_text`, `config_hash`, `chain_head`.

    Returns:
        Where it lies.

    Raises:
        ConnectorError: It can't be written.
    """
    content = {
        "manifest_version": 1,
        "file": path.name,
        "format": export.form.value,
        "packing": path.suffix.lower().removeprefix(".") if path.suffix.lower() in _PACKINGS else None,
        "rows": export.rows,
        "columns": export.columns,
        "bytes": export.size_bytes,
        "sha256": export.sha256,
        "written_at": to_iso(system_clock()),
        "app_version": __version__,
        **about,
    }
    place = manifest_path(path)
    with replacing_bytes(place) as out:
        out.write(json.dumps(content, indent=2, ensure_ascii=True).encode() + b"\n")
    return place


def remember_file(db: Database, path: Path, kind: str, sha256: str = "") -> None:
    """Notes in the database that texts were exported to a file: whoever erases one is told of it.

    Args:
        db: Open.
        path: The file, written.
        kind: What it holds: `decisions`, `comments` or `subject`.
        sha256: Of the file, hex; read from it where absent.

    Raises:
        StorageError: The database failed.
    """
    if not sha256:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with db.write() as conn:
        export_index.remember(conn, ExportedFile(str(path.resolve()), kind, system_clock(), sha256))


def chain_head(db: Database) -> dict[str, Any]:
    """Where the decision log ends now: `seq` and `row_hash`.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        seq, row_hash = chain.head(conn)
    return {"seq": seq, "row_hash": row_hash}


class _Member(io.RawIOBase):
    """A part of a file that a packer may close without closing the file."""

    def __init__(self, out: Partial) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._out.write(bytes(data))


@contextmanager
def _packed(out: Partial, suffix: str) -> Generator[BinaryIO]:
    """One member of a packed file; several after each other are one file again when they're unpacked."""
    member = cast("BinaryIO", _Member(out))
    if suffix == ".gz":
        # No name and no time inside: the same rows give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=member, mtime=0) as packed:
            yield cast("BinaryIO", packed)
    elif suffix == ".zst":
        with _pyarrow().CompressedOutputStream(member, "zstd") as packed:
            yield packed
    else:
        yield member


def _pyarrow() -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, slow to import  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise ConfigError("this needs pyarrow", code="export.pyarrow", hint=_NO_PYARROW) from None
    return pa


def _write_parquet(table: Table, out: BinaryIO) -> int:
    arrow = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - see above  # pyright: ignore[reportMissingTypeStubs]

    kinds: Mapping[Kind, Any] = {
        Kind.TEXT: arrow.string(),
        Kind.INTEGER: arrow.int64(),
        Kind.REAL: arrow.float64(),
        Kind.FLAG: arrow.bool_(),
        Kind.TIME: arrow.timestamp("ms", tz="UTC"),
        Kind.JSON: arrow.string(),
    }
    schema = arrow.schema([arrow.field(each.name, kinds[each.kind], nullable=each.optional) for each in table.columns])
    rows = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:  # pyright: ignore[reportUnknownMemberType]
        for batch in table.batches():
            columns = [arrow.array(batch[each.name], type=kinds[each.kind]) for each in table.columns]
            writer.write_batch(arrow.RecordBatch.from_arrays(columns, schema=schema))  # pyright: ignore[reportUnknownMemberType]
            rows += size(batch)
    return rows
