"""Exports as files: four formats, packed by the file's name, complete or not there at all, with a manifest beside them.

The manifest says what the file is: rows, columns, the filter, the settings' hash, the head of the decision log when the
export began, and the file's SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from moderator._version import __version__
from moderator.domain.clock import system_clock
from moderator.domain.decision_log import ExportedFile
from moderator.errors import ConfigError
from moderator.services.export import replacing_bytes
from moderator.services.export_html import write_html
from moderator.services.tabular import Column, ExportFormat, Kind, Row, to_iso, write_rows
from moderator.storage import chain, export_index
from moderator.storage.engine import Database

_PACKINGS = (".gz", ".zst")
_BATCH_ROWS = 5000
_NO_PYARROW = "Install it: pip install 'moderator[parquet]'"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"


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

    out: BinaryIO
    form: FileFormat
    title: str
    rows: int = 0
    columns: list[str] = field(default_factory=list[str])
    sha256: str = ""
    size_bytes: int = 0

    def write(self, rows: Iterator[Row], columns: Sequence[Column]) -> int:
        """Writes all rows, a few in memory at a time.

        Returns:
            How many.

        Raises:
            ConfigError: Parquet, and pyarrow isn't installed.
            OSError: The file can't be written.
        """
        self.columns = [column.name for column in columns]
        if self.form is FileFormat.PARQUET:
            self.rows = _write_parquet(rows, columns, self.out)
            return self.rows
        text = io.TextIOWrapper(self.out, encoding="utf-8", newline="", write_through=True)
        if self.form is FileFormat.HTML:
            self.rows = write_html(rows, columns, text, self.title)
        else:
            self.rows = write_rows(rows, columns, text, ExportFormat(self.form.value))
        text.flush()
        text.detach()
        return self.rows


@contextmanager
def exporting(path: Path, form: FileFormat, title: str) -> Generator[FileExport]:
    """A file to write rows to, which takes `path`'s place only when all of it is written, and on disk.

    Args:
        path: Where; `.gz` and `.zst` at its end pack it.
        form: How.
        title: What it holds, in words; heading of a report.

    Raises:
        ConfigError: It's to be packed with zstd, and pyarrow isn't installed.
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    with replacing_bytes(path) as raw:
        hashing = _Hashing(raw)
        with _packed(cast("BinaryIO", hashing), path.suffix.lower()) as out:
            export = FileExport(out, form, title)
            yield export
        export.sha256, export.size_bytes = hashing.digest.hexdigest(), hashing.size


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


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them: what counts is what lies on disk."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        piece = bytes(data)
        self.digest.update(piece)
        self.size += len(piece)
        self._out.write(piece)
        return len(piece)


@contextmanager
def _packed(out: BinaryIO, suffix: str) -> Generator[BinaryIO]:
    if suffix == ".gz":
        # No name and no time inside: the same rows give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
            yield cast("BinaryIO", packed)
    elif suffix == ".zst":
        with _pyarrow().CompressedOutputStream(out, "zstd") as packed:
            yield packed
    else:
        yield out


def _pyarrow() -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, slow to import  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise ConfigError("this needs pyarrow", code="export.pyarrow", hint=_NO_PYARROW) from None
    return pa


def _write_parquet(rows: Iterator[Row], columns: Sequence[Column], out: BinaryIO) -> int:
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
    schema = arrow.schema([arrow.field(each.name, kinds[each.kind], nullable=each.optional) for each in columns])
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:  # pyright: ignore[reportUnknownMemberType]
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append({each.name: _arrow_value(each, row[each.name]) for each in columns})
            count += 1
            if len(batch) == _BATCH_ROWS:
                writer.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))  # pyright: ignore[reportUnknownMemberType]
                batch = []
        if batch:
            writer.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))  # pyright: ignore[reportUnknownMemberType]
    return count


def _arrow_value(column: Column, value: Any) -> Any:
    if column.kind is Kind.JSON and value is not None:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
