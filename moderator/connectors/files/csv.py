"""CSV: any column order, quoted line ends, and a quote that nobody closed costs its own line, not the rest."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Any

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files.fields import FIELDS, column_indexes
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.record import FieldError, FileOptions, RecordReader
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_RAW_BYTES = 4096
_DELIMITERS = (",", ";", "\t")
_HEADER_HINT = "The first line names the columns, separated like the rest."
_MOST_RETRIES = 200
"""How often a broken record's later lines are read again as records of their own. After that the whole stretch is
given up at once, so that a file made of broken records takes linear time."""


class _RecordError(Exception):
    """A record that can't be finished; the message is a reason in words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class _Feed:
    """Hands lines to the CSV parser as text, and remembers those of the record under way.

    Attributes:
        taken: Number and bytes of each line of the record so far.
    """

    def __init__(self, lines: Lines, longest: int) -> None:
        self._lines = lines
        self._source = iter(lines)
        self._again: deque[tuple[int, bytes]] = deque()
        self._longest = longest
        self._size = 0
        self.taken: list[tuple[int, bytes]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            number, line = self._again.popleft()
        else:
            line = next(self._source)
            number = self._lines.number
            if line is None:
                self.taken.append((number, b""))
                raise _RecordError("line.too_long", f"longer than {self._longest:,} bytes")
        self.taken.append((number, line))
        self._size += len(line)
        if self._size > self._longest:
            raise _RecordError("csv.open_quote", f"a quote that isn't closed within {self._longest:,} bytes")
        # Bytes that are no UTF-8 survive as surrogates: they spoil the field they're in, not the shape of the record.
        return line.decode("utf-8", "surrogateescape")

    def next_record(self) -> None:
        """Forgets the lines taken: a record begins."""
        self.taken = []
        self._size = 0

    def give_back(self) -> None:
        """All but the first line taken are read again."""
        self._again.extendleft(reversed([entry for entry in self.taken[1:] if entry[1]]))

    @property
    def first_line(self) -> int:
        """Number of the line that the record starts on."""
        return self.taken[0][0] if self.taken else self._lines.number


class CsvSource:
    """Comments from CSV with a header.

    Args:
        lines: What is read, once.
        options: How.
    """

    def __init__(self, lines: Lines, options: FileOptions) -> None:
        self._lines = lines
        self._options = options
        self._reader = RecordReader(options, textual=True)
        self._feed = _Feed(lines, options.longest_line)
        self._retries = 0
        # The parser's own limit is for the whole process; ours, on the record, is the one that counts.
        csv.field_size_limit(max(csv.field_size_limit(), options.longest_line))

    @property
    def name(self) -> str:
        """The source's name."""
        return self._options.source

    @property
    def position(self) -> Position:
        """Where the stream stands."""
        lines, feed = self._lines, self._feed
        return Position(
            lines.where,
            feed.first_line or None,
            lines.bytes_read,
            lines.bytes_total,
            b"".join(line for _, line in feed.taken)[:_RAW_BYTES],
            self._reader.derived_ids,
        )

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Streams the rows; blank ones are passed over.

        Raises:
            ConnectorError: The file can't be read (on), its header can't be parsed, or no column holds the text.
        """
        try:
            header, delimiter = self._header()
            if header:
                yield from self._rows(header, delimiter)
        finally:
            self._lines.close()

    def _rows(self, header: list[str], delimiter: str) -> Iterator[IncomingComment | BadRecord]:
        width, columns = len(header), self._columns(header)
        reader = csv.reader(self._feed, delimiter=delimiter, strict=True)
        while True:
            self._feed.next_record()
            try:
                row = next(reader)
                if len(row) == width:
                    yield self._reader.read(_values(row, columns))
                elif row:
                    yield self._broken("csv.width", f"{len(row):,} fields, the header has {width}")
            except StopIteration:
                return
            except FieldError as error:
                yield self._bad(error.code, str(error))
            except _RecordError as error:
                yield self._broken(error.code, str(error))
            except csv.Error as error:
                yield self._broken(*_csv_reason(error))

    def _broken(self, code: str, reason: str) -> BadRecord:
        """A record whose shape is broken: where it ends is a guess, so only its first line is given up."""
        several = len(self._feed.taken) > 1
        if several and self._retries < _MOST_RETRIES:
            self._retries += 1
            self._feed.give_back()
            return self._bad(code, reason)
        if several:
            reason = f"{reason}; given up with all lines to {self._feed.taken[-1][0]:,}"
        return self._bad(code, reason)

    def _bad(self, code: str, reason: str) -> BadRecord:
        at = self.position
        return BadRecord(at.where, at.line, reason, code, at.raw)

    def _header(self) -> tuple[list[str], str]:
        """The first row that isn't blank, and the delimiter: the one under which most names are known to us."""
        try:
            for line in self._feed:
                name, _, given = line.strip("\r\n ").partition("=")
                if name.casefold() == "sep" and len(given) == 1:  # a line that spreadsheets write
                    return self._parse_header(next(self._feed, ""), (given,))
                if line.strip():
                    chosen = self._options.delimiter
                    return self._parse_header(line, (chosen,) if chosen else _DELIMITERS)
        except _RecordError as error:
            raise self._error("connector.csv_header", f"the header is {error}", _HEADER_HINT) from None
        return [], ","

    def _parse_header(self, line: str, delimiters: tuple[str, ...]) -> tuple[list[str], str]:
        best: tuple[tuple[int, int], list[str], str] | None = None
        for delimiter in delimiters:
            try:
                names = next(csv.reader([line], delimiter=delimiter, strict=True))
            except (csv.Error, StopIteration):
                continue
            known = sum(index is not None for index in column_indexes(names, self._options.columns))
            rank = (known, len(names))
            if best is None or rank > best[0]:
                best = (rank, names, delimiter)
        if best is None:
            raise self._error("connector.csv_header", "the header can't be parsed as CSV", _HEADER_HINT)
        return best[1], best[2]

    def _columns(self, header: list[str]) -> list[int | None]:
        columns = column_indexes(header, self._options.columns)
        for field, column in self._options.columns.items():
            if columns[FIELDS.index(field)] is None:
                raise self._error(
                    "connector.no_such_column",
                    f"has no column {column!r}, which is set to hold {field}",
                    "Check [intake.columns] in config.toml against the file's first line.",
                )
        if columns[FIELDS.index("text")] is None:
            raise self._error(
                "connector.no_text_column",
                f"none of its {len(header)} columns is known to hold the text",
                'Name the columns in the first line, or map one: [intake.columns] text = "NAME" in config.toml.',
            )
        return columns

    def _error(self, code: str, what: str, hint: str) -> ConnectorError:
        return ConnectorError(f"{visible_line(self._lines.where)}: {what}", code=code, hint=hint)


def _values(row: list[str], columns: list[int | None]) -> list[Any]:
    values = [None if index is None else row[index] for index in columns]
    for value in values:
        if value is not None and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise FieldError("encoding.utf8", "invalid UTF-8") from None
    return values


def _csv_reason(error: csv.Error) -> tuple[str, str]:
    """Code and words for the parser's complaint."""
    said = str(error)
    if "unexpected end" in said:
        return "csv.open_quote", "a quote that is never closed"
    if "expected after" in said:
        return "csv.quote", "a quote inside a quoted field that isn't doubled"
    if "new-line character" in said:
        return "csv.line_end", "a carriage return outside quotes"
    return "csv.broken", "broken CSV"
