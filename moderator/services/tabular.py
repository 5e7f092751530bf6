"""Rows as CSV and JSONL that read back exactly, and that no spreadsheet takes for formulas.

Rows go through in batches, a column of values at a time: that takes a third of what it takes row by row.

CSV follows RFC 4180. An empty cell is no value. A text that a spreadsheet could run as a formula, that starts with an
apostrophe itself, or that is empty where no value is possible too, gets one apostrophe in front; taking that one away
again is the whole rule for reading.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from itertools import islice
from typing import Any, TextIO

import msgspec

Row = Mapping[str, Any]
"""Values by column name. A time is UTC milliseconds, JSON is text."""

Batch = Mapping[str, Sequence[Any]]
"""Some rows at once: as many values for each column. The same values as in a row."""

BATCH_ROWS = 500
"""Rows of a batch that `in_batches` makes; the last may have fewer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MARK = "'"
_UNSAFE = frozenset({"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", _MARK})
"""First characters that some spreadsheet acts on, full-width forms included.

Source: OWASP, CSV Injection.
"""
_encode = msgspec.json.Encoder().encode


class Kind(Enum):
    """What a column holds.

    A time is UTC milliseconds in a row and ISO 8601 in a file; JSON is text in a row and in a cell.
    """

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file.

    Attributes:
        optional: Whether there may be no value.
    """

    name: str
    kind: Kind = Kind.TEXT
    optional: bool = False


class ExportFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def to_iso(time_ms: int) -> str:
    """`2026-11-01T12:00:00.000Z` for UTC milliseconds."""
    return (_EPOCH + time_ms * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """UTC milliseconds for what `to_iso` gave."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def to_cells(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """A column's values as what a CSV writer takes: texts as they'll stand there, numbers as they are."""
    match column.kind:
        case Kind.TEXT if column.optional:
            return ["" if v is None else v if v and v[0] not in _UNSAFE else _MARK + v for v in values]
        case Kind.TEXT:
            return [_MARK + v if v[:1] in _UNSAFE else v for v in values]
        case Kind.FLAG:
            return ["" if v is None else "true" if v else "false" for v in values]
        case Kind.TIME:
            return ["" if v is None else to_iso(v) for v in values]
        case Kind.JSON | Kind.INTEGER | Kind.REAL:
            return values


def from_cell(column: Column, cell: str) -> Any:
    """The value that a cell of `to_cells` stands for."""
    if not cell and (column.optional or column.kind is not Kind.TEXT):
        return None
    return _FROM_CELL[column.kind](cell)


def _from_flag(cell: str) -> bool:
    return cell == "true"


def _from_text(cell: str) -> str:
    return cell.removeprefix(_MARK)


_FROM_CELL: Mapping[Kind, Callable[[str], Any]] = {
    Kind.TEXT: _from_text,
    Kind.FLAG: _from_flag,
    Kind.TIME: from_iso,
    Kind.JSON: json.loads,
    Kind.INTEGER: int,
    Kind.REAL: float,
}


def in_batches(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[Batch]:
    """The same rows, some at once."""
    left = iter(rows)
    while page := list(islice(left, BATCH_ROWS)):
        yield {column.name: [row[column.name] for row in page] for column in columns}


def heading(columns: Sequence[Column], form: ExportFormat) -> str:
    """What stands before the first row."""
    return _csv_lines([[column.name for column in columns]]) if form is ExportFormat.CSV else ""


def lines(batch: Batch, columns: Sequence[Column], form: ExportFormat) -> str:
    """Rows as they stand in a file."""
    if form is ExportFormat.CSV:
        return _csv_lines(zip(*(to_cells(column, batch[column.name]) for column in columns), strict=True))
    names = [column.name for column in columns]
    rows = zip(*(_to_json(column, batch[column.name]) for column in columns), strict=True)
    return "".join([_encode(dict(zip(names, row, strict=True))).decode() + "\n" for row in rows])


def write_batches(batches: Iterable[Batch], columns: Sequence[Column], out: TextIO, form: ExportFormat) -> int:
    """Writes rows as they come, one batch in memory at a time.

    Args:
        batches: Values by column name.
        columns: Which columns, in which order.
        out: Where to. A CSV file is opened with `newline=""`.
        form: CSV or JSONL.

    Returns:
        How many rows were written.

    Raises:
        OSError: `out` can't be written, `BrokenPipeError` included.
    """
    count = 0
    out.write(heading(columns, form))
    for batch in batches:
        out.write(lines(batch, columns, form))
        count += size(batch)
    return count


def size(batch: Batch) -> int:
    """How many rows a batch has."""
    return len(next(iter(batch.values()), ()))


def _csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    # Both characters of the line end, so that the writer quotes a cell with either.
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def read_rows(lines: Iterable[str], columns: Sequence[Column], form: ExportFormat) -> Iterator[dict[str, Any]]:
    """Reads back what `write_batches` wrote: the same rows, with objects and lists in place of JSON.

    Args:
        lines: The file, opened with `newline=""`.
        columns: The columns it was written with; JSONL and CSV files name them, in whatever order.
        form: CSV or JSONL.

    Yields:
        Values by column name.
    """
    by_name = {column.name: column for column in columns}
    if form is ExportFormat.JSONL:
        for line in lines:
            yield {name: _from_json(by_name[name], value) for name, value in json.loads(line).items()}
        return
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(lines)
    names: list[str] = next(reader, list[str]())
    for cells in reader:
        yield {name: from_cell(by_name[name], cell) for name, cell in zip(names, cells, strict=True)}


def _to_json(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    match column.kind:
        case Kind.TIME:
            return [None if v is None else to_iso(v) for v in values]
        case Kind.JSON:
            return [None if v is None else msgspec.Raw(v) for v in values]
        case _:
            return values


def _from_json(column: Column, value: Any) -> Any:
    return from_iso(value) if column.kind is Kind.TIME and value is not None else value
