"""Rows as CSV and JSONL that read back exactly, and that no spreadsheet takes for formulas.

CSV follows RFC 4180. An empty cell is no value. A text that a spreadsheet could run as a formula, that starts with an
apostrophe itself, or that is empty where no value is possible too, gets one apostrophe in front; taking that one away
again is the whole rule for reading.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, TextIO

Row = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MARK = "'"
_UNSAFE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", _MARK)
"""First characters that some spreadsheet acts on, full-width forms included.

Source: OWASP, CSV Injection.
"""


class Kind(Enum):
    """What a column holds. A time is UTC milliseconds in a row, ISO 8601 in a file."""

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


def to_cell(column: Column, value: Any) -> str:
    """A value as a CSV cell."""
    if value is None:
        return ""
    match column.kind:
        case Kind.TEXT:
            marked = value.startswith(_UNSAFE) or (column.optional and not value)
            return _MARK + value if marked else value
        case Kind.FLAG:
            return "true" if value else "false"
        case Kind.TIME:
            return to_iso(value)
        case Kind.JSON:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case Kind.INTEGER | Kind.REAL:
            return repr(value)


def from_cell(column: Column, cell: str) -> Any:
    """The value that `to_cell` wrote."""
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


def write_rows(rows: Iterable[Row], columns: Sequence[Column], out: TextIO, form: ExportFormat) -> int:
    """Writes rows as they come, one in memory at a time.

    Args:
        rows: Values by column name.
        columns: Which columns, in which order.
        out: Where to. A CSV file is opened with `newline=""`.
        form: CSV or JSONL.

    Returns:
        How many rows were written.

    Raises:
        OSError: `out` can't be written, `BrokenPipeError` included.
    """
    count = 0
    if form is ExportFormat.JSONL:
        for row in rows:
            values = {column.name: _to_json(column, row[column.name]) for column in columns}
            out.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
        return count
    # Both characters of the line end, so that the writer quotes a cell with either.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([to_cell(column, row[column.name]) for column in columns])
        count += 1
    return count


def read_rows(lines: Iterable[str], columns: Sequence[Column], form: ExportFormat) -> Iterator[dict[str, Any]]:
    """Reads back what `write_rows` wrote: the same rows.

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


def _to_json(column: Column, value: Any) -> Any:
    return to_iso(value) if column.kind is Kind.TIME and value is not None else value


def _from_json(column: Column, value: Any) -> Any:
    return from_iso(value) if column.kind is Kind.TIME and value is not None else value
