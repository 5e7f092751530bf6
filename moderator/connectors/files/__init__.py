"""Files and the standard input as sources."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from moderator.connectors.base import Source
from moderator.connectors.files.csv import CsvSource
from moderator.connectors.files.jsonl import JsonlSource
from moderator.connectors.files.lines import STDIN, Lines, open_lines
from moderator.connectors.files.record import MAX_TEXT_CHARS, FileOptions

__all__ = ["MAX_TEXT_CHARS", "STDIN", "FileFormat", "FileOptions", "open_file"]


class FileFormat(StrEnum):
    """Formats that files are read as."""

    JSONL = "jsonl"
    CSV = "csv"


_SUFFIXES = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".tab": FileFormat.CSV,
}


def open_file(what: str, options: FileOptions, file_format: FileFormat | None = None) -> Source:
    """Opens a file of comments.

    Args:
        what: A path, or `-` for the standard input.
        options: How to read it.
        file_format: `None` goes by the file's name, then by its first bytes.

    Raises:
        ConnectorError: There is no such file, or it can't be read.
    """
    lines = open_lines(what, options.longest_line)
    chosen = file_format or _SUFFIXES.get(Path(what).suffix.lower()) or _by_content(lines)
    return JsonlSource(lines, options) if chosen is FileFormat.JSONL else CsvSource(lines, options)


def _by_content(lines: Lines) -> FileFormat:
    begins = lines.begins().removeprefix(b"\xef\xbb\xbf").lstrip()
    return FileFormat.JSONL if begins.startswith((b"{", b"[")) else FileFormat.CSV
