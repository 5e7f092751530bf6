"""Which format a stream is in: by the file's name where that leaves no doubt, else by its first bytes."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from pathlib import Path

from moderator.connectors.files.fields import FIELDS, column_indexes
from moderator.connectors.files.opened import Opened
from moderator.connectors.files.relative_dates import read_relative


class FileFormat(StrEnum):
    """Formats that comments are read from."""

    JSONL = "jsonl"
    CSV = "csv"
    WXR = "wxr"
    DISQUS = "disqus"
    FEED = "feed"
    ISSO = "isso"
    PAGE = "page"
    TEXT = "text"


_SUFFIXES = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".tab": FileFormat.CSV,
    ".html": FileFormat.PAGE,
    ".htm": FileFormat.PAGE,
    ".xhtml": FileFormat.PAGE,
}
_SQLITE = b"SQLite format 3\0"
_ROOT = re.compile(
    r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!doctype[^>\[]*(?:\[.*?\])?\s*>\s*)*<(?:[\w.-]+:)?([\w-]+)",
    re.DOTALL | re.IGNORECASE,
)
_XML_ROOTS = {
    "rss": FileFormat.FEED,
    "feed": FileFormat.FEED,
    "rdf": FileFormat.FEED,
    "disqus": FileFormat.DISQUS,
}
_WXR_SPACE = "wordpress.org/export/"
_HEADING = re.compile(r"(?:\d+ )?comments?(?: ?\(?\d+\)?)?|reply", re.IGNORECASE)
_LOOKED_AT_CHARS = 65_536
_DELIMITERS = ",;\t"


def recognize(opened: Opened) -> FileFormat:
    """The format of what was opened.

    Raises:
        ConnectorError: Its first bytes can't be read.
    """
    begins = opened.begins()
    if begins.startswith(_SQLITE):
        return FileFormat.ISSO
    suffix = "" if opened.url else Path(opened.where).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    text = _text(begins)[:_LOOKED_AT_CHARS]
    if text.startswith(("{", "[")):
        return FileFormat.JSONL
    if text.startswith("<"):
        return _markup(text, opened.content_type)
    if "html" in opened.content_type:
        return FileFormat.PAGE
    table = _is_table(text)
    return FileFormat.TEXT if not table and (suffix == ".txt" or _is_copied(text)) else FileFormat.CSV


def _text(begins: bytes) -> str:
    wide = begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return begins.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff \t\r\n")


def _markup(text: str, content_type: str) -> FileFormat:
    root = _ROOT.match(text)
    name = root[1].lower() if root else ""
    if name in _XML_ROOTS:
        return FileFormat.WXR if name == "rss" and _WXR_SPACE in text else _XML_ROOTS[name]
    is_xml = text.startswith("<?xml") and name != "html" and "html" not in content_type
    return FileFormat.FEED if is_xml else FileFormat.PAGE


def _is_table(text: str) -> bool:
    """Whether the first line names a column that holds the text."""
    header = text.partition("\n")[0].strip("\r")
    place = FIELDS.index("text")
    return any(column_indexes(header.split(mark), {})[place] is not None for mark in _DELIMITERS)


def _is_copied(text: str) -> bool:
    """Whether it looks like text copied from a page with comments."""
    lines = (line.strip(" \t\r\N{BULLET}\N{MIDDLE DOT}") for line in text.split("\n"))
    return any(_HEADING.fullmatch(line) or (line and read_relative(line)) for line in lines)
