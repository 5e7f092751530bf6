"""What the readers of XML exports share: options, place, names, and records that can't be used."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files.opened import CountedBytes, Opened
from moderator.connectors.files.record import FileOptions, RecordReader
from moderator.connectors.files.xml_elements import Broken, Item, Shape
from moderator.connectors.files.xml_items import XmlItems
from moderator.domain.comment import IncomingComment

_CHARSET = "charset="


class XmlSource(ABC):
    """A source that is an XML document.

    Args:
        opened: What is read, once.
        options: How.
    """

    shape: ClassVar[Shape]

    def __init__(self, opened: Opened, options: FileOptions) -> None:
        self.options = options
        self.opened = opened
        self.reader = RecordReader(options, textual=False)
        self._bytes = CountedBytes(opened)
        charset = opened.content_type.lower().partition(_CHARSET)[2].split(";")[0].strip("\"' ")
        self._items = XmlItems(self._bytes, self.shape, options.longest_line, charset)
        self._name = options.source
        self._named = not options.name_by_site

    @property
    def name(self) -> str:
        """The source's name; the site's host, once that is known, where the options say so."""
        return self._name

    @property
    def position(self) -> Position:
        """Where the stream stands."""
        at = self._bytes
        return Position(
            at.where, self._items.line or None, at.bytes_read, at.bytes_total, derived_ids=self.reader.derived_ids
        )

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Streams the comments.

        Raises:
            ConnectorError: The document can't be read (on), is of another kind, or is made to exhaust its reader.
        """
        yield from self.read_items()

    @abstractmethod
    def read_items(self) -> Iterator[IncomingComment | BadRecord]:
        """The records, made of `items`."""

    def items(self) -> Iterator[Item]:
        """What the shape asks for."""
        return iter(self._items)

    def name_by(self, host: str) -> None:
        """Takes a site's host for the source's name, the first time that one is known, where the options say so."""
        if host and not self._named:
            self._named = True
            self._name = host
            derived = self.reader.derived_ids
            self.reader = RecordReader(dataclasses.replace(self.options, source=host), textual=False)
            self.reader.derived_ids = derived

    def bad(self, code: str, reason: str) -> BadRecord:
        """The element given last, which can't be used."""
        return BadRecord(self._bytes.where, self._items.line or None, reason, code)

    def broken(self, item: Broken) -> BadRecord:
        """A stretch of the document that can't be read."""
        return BadRecord(self._bytes.where, item.line, item.reason, item.code)
