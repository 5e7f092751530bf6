"""JSON Lines: one object per line, in the shape that `docs/intake.md` gives or any that a mapping names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files.fields import ALIASES, NESTED, KeyFinder
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.record import FieldError, FileOptions, RecordReader
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_RAW_BYTES = 4096
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


class JsonlSource:
    """Comments from JSON Lines.

    Args:
        lines: What is read, once.
        options: How.
    """

    def __init__(self, lines: Lines, options: FileOptions) -> None:
        self._lines = lines
        self._options = options
        self._reader = RecordReader(options, textual=False)
        self._keys = KeyFinder(options.fields)
        self._raw = b""

    @property
    def name(self) -> str:
        """The source's name."""
        return self._options.source

    @property
    def position(self) -> Position:
        """Where the stream stands."""
        lines = self._lines
        return Position(
            lines.where,
            lines.number or None,
            lines.bytes_read,
            lines.bytes_total,
            self._raw[:_RAW_BYTES],
            self._reader.derived_ids,
        )

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Streams the lines; blank ones are passed over.

        Raises:
            ConnectorError: The file can't be read (on), or isn't UTF-8 text at all.
        """
        decode = msgspec.json.Decoder().decode
        values, read = self._keys.values, self._reader.read
        begun = False
        try:
            for line in self._lines:
                if line is None:
                    self._raw = b""
                    yield self._bad("line.too_long", f"longer than {self._options.longest_line:,} bytes")
                    continue
                self._raw = line
                if not begun and (begun := bool(line.strip())):
                    self._refuse_whole_document(line)
                try:
                    record = decode(line)
                    if record.__class__ is not dict:
                        yield self._bad("json.not_object", "not a JSON object")
                        continue
                    if _may_repeat_keys(line, record):
                        _refuse_repeated_keys(line)
                    yield read(values(record))
                except FieldError as error:
                    yield self._bad(error.code, str(error))
                except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
                    if line.strip():
                        yield self._bad(*_json_reason(line, error))
        finally:
            self._lines.close()

    def _refuse_whole_document(self, line: bytes) -> None:
        """Says so where the first line opens one JSON document that goes on below, or a list of records."""
        bare = b"".join(line.split())
        if bare not in {b"[", b"{"} and not bare.startswith(b"[{"):
            return
        words = "a JSON list" if bare.startswith(b"[") else "JSON over several lines"
        raise ConnectorError(
            f"{visible_line(self._lines.where)}: is {words}, not JSON Lines, which have one object on each line",
            code="connector.json_whole",
            hint=f"Convert it: jq -c '{'.[]' if bare.startswith(b'[') else '.'}' FILE > NEW.jsonl",
        )

    def _bad(self, code: str, reason: str) -> BadRecord:
        return BadRecord(self._lines.where, self._lines.number, reason, code, self._raw[:_RAW_BYTES])


def _json_reason(line: bytes, error: Exception) -> tuple[str, str]:
    """Code and words for a line that is no JSON; the parsers' own words can quote the line."""
    if isinstance(error, RecursionError):
        return "json.nested", "nested too deep"
    try:
        line.decode()
    except UnicodeDecodeError as decode_error:
        return "encoding.utf8", f"invalid UTF-8 at byte {decode_error.start + 1}"
    if b"\0" in line:
        return "text.nul", f"NUL byte at byte {line.index(0) + 1}"
    if isinstance(error, msgspec.ValidationError):
        return "json.number", "a number out of range"
    if _HALF_PAIR.search(line) and _is_json(line):
        return "text.surrogate", "holds half of a surrogate pair"
    return "json.broken", "broken JSON"


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _may_repeat_keys(line: bytes, record: dict[str, Any]) -> bool:
    r"""Whether an object in the line might name a key twice; exact wherever it says no.

    The parser keeps the last of two equal keys without a word. Without blanks before colons, each key shows as `":`,
    and an escaped quote before a colon inside a text does too. So if that stands there as often as keys were parsed,
    none was lost. A text with escaped quotes before colons needs the second look; a key that ends in a backslash
    would deceive that one.
    """
    if b" :" in line or (b"\t" in line and b"\t:" in line) or (b"\r" in line and b"\r:" in line):
        return True
    parsed = len(record)
    for inner in record.values():
        if inner.__class__ is dict:
            parsed += len(inner)
    shown = line.count(b'":')
    return shown != parsed and (b'\\\\":' in line or shown - line.count(b'\\":') != parsed)


class _RepeatedKeyError(ValueError):
    """Two equal keys in one object."""


def _refuse_repeated_keys(line: bytes) -> None:
    def check(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    raise _RepeatedKeyError(key)
                seen.add(key)

    try:
        json.loads(line, object_pairs_hook=check, parse_int=_any_number, parse_float=_any_number)
    except _RepeatedKeyError as error:
        key = str(error)
        known = key in ALIASES or key in NESTED
        raise FieldError("json.repeated_key", f"the key {key!r} twice" if known else "a key twice") from None


def _any_number(_: str) -> int:
    return 0
