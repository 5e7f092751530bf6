"""Files, the standard input, and what an address answered, as sources."""

from __future__ import annotations

from importlib import import_module

from moderator.connectors.base import Source
from moderator.connectors.files.csv import CsvSource
from moderator.connectors.files.jsonl import JsonlSource
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.opened import STDIN, Opened, open_path
from moderator.connectors.files.recognition import FileFormat, recognize
from moderator.connectors.files.record import MAX_TEXT_CHARS, FileOptions, Standing

__all__ = ["MAX_TEXT_CHARS", "STDIN", "FileFormat", "FileOptions", "Standing", "open_file", "open_source"]

_READERS = {
    FileFormat.WXR: ("moderator.connectors.files.wxr", "WxrSource"),
    FileFormat.DISQUS: ("moderator.connectors.files.disqus_xml", "DisqusSource"),
    FileFormat.FEED: ("moderator.connectors.files.feeds", "FeedSource"),
    FileFormat.ISSO: ("moderator.connectors.files.isso", "IssoSource"),
    FileFormat.PAGE: ("moderator.connectors.pages", "PageSource"),
    FileFormat.TEXT: ("moderator.connectors.pages", "CopiedTextSource"),
}
"""Readers that need a parser of their own, imported when such a file comes."""


def open_file(what: str, options: FileOptions, file_format: FileFormat | None = None) -> Source:
    """Opens a file of comments.

    Args:
        what: A path, or `-` for the standard input.
        options: How to read it.
        file_format: `None` goes by the file's name, then by its first bytes.

    Raises:
        ConnectorError: There is no such file, or it can't be read.
    """
    return open_source(open_path(what), options, file_format)


def open_source(opened: Opened, options: FileOptions, file_format: FileFormat | None = None) -> Source:
    """What reads a stream's comments.

    Args:
        opened: The stream.
        options: How to read it.
        file_format: `None` finds out.

    Raises:
        ConnectorError: It can't be read.
    """
    chosen = file_format or recognize(opened)
    if chosen in _READERS:
        module, name = _READERS[chosen]
        source: Source = getattr(import_module(module), name)(opened, options)
        return source
    lines = Lines(opened.stream, opened.where, options.longest_line)
    return JsonlSource(lines, options) if chosen is FileFormat.JSONL else CsvSource(lines, options)
