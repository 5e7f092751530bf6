"""XML as a stream of records, in bounded memory, that one broken record doesn't stop.

defusedxml refuses entities and outside references. Nothing but the record under way is ever held; where the markup
breaks, reading goes on at the next record. Characters that XML forbids but blogs hold by the thousand (a stray control
character, `&nbsp;`, bytes of another encoding) spoil no more than themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from moderator.connectors.files.opened import CountedBytes
from moderator.connectors.files.xml_elements import (
    LONGEST_HEAD_BYTES,
    Broken,
    Item,
    RefusedDocumentError,
    Shape,
    Taken,
    Target,
    TooLongError,
)
from moderator.connectors.files.xml_text import XmlText
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_PIECE_BYTES = 1 << 16
_LONGEST_TOKEN_BYTES = 8_000_000
_LONGEST_RECORD_TAG_BYTES = 2000
_MOST_RESTARTS = 10_000


class XmlItems:
    """Reads a document.

    Args:
        source: Its bytes.
        shape: What to take.
        longest: Most characters of one taken element.
        charset: What the server says; empty where nobody does.

    Attributes:
        line: Where the element given last starts.
    """

    def __init__(self, source: CountedBytes, shape: Shape, longest: int, charset: str = "") -> None:
        self._source = source
        self._shape = shape
        self._longest = longest
        self._charset = charset
        self._tags = re.compile(
            rb"<(?:[A-Za-z_][\w.-]*:)?(%s)(?=\s[^<>]*[^/]>|>)" % b"|".join(name.encode() for name in shape.resume)
        )
        self._head = self._tail = b""
        self._restarts = self._lines_before = self._fed = 0
        self._searching = False
        self._target = Target(shape, longest)
        self._parser = self._new_parser()
        self.line = 0

    def __iter__(self) -> Iterator[Item]:
        """Yields what was asked for, in the order of the document.

        Raises:
            ConnectorError: It can't be read (on), isn't such a document, or is made to exhaust its reader.
        """
        try:
            for piece in self._utf8():
                yield from self._take(piece)
            yield from self._finish()
        finally:
            self._source.close()

    def _utf8(self) -> Iterator[bytes]:
        piece = self._source.read(_PIECE_BYTES)
        try:
            text = XmlText(piece, self._charset)
        except LookupError as error:
            label = visible_line(str(error.args[0]), 40)
            raise self._refused("connector.encoding", f"names an encoding that nobody knows: {label}") from None
        while piece:
            yield text.utf8(piece)
            self._target.lines_before = self._lines_before = self._lines_before + text.lines_skipped
            text.lines_skipped = 0
            piece = self._source.read(_PIECE_BYTES)
        yield text.utf8(b"", last=True)

    def _take(self, piece: bytes) -> Iterator[Item]:
        piece, self._tail = self._tail + piece, b""
        while piece:
            if self._searching:
                piece = self._resume(piece)
                continue
            before, self._fed = self._fed, self._fed + len(piece)
            if not self._head and len(self._target.unseen) <= LONGEST_HEAD_BYTES:
                self._target.unseen += piece
            try:
                self._parser.feed(piece)
                rest = b""
            except ParseError as error:
                yield from self._drain()
                yield Broken(self._lines_before + error.position[0], "xml.broken", "broken XML")
                rest = self._give_up(piece[max(0, self._parser.parser.ErrorByteIndex - before) :])
            except (DefusedXmlException, RefusedDocumentError) as error:
                yield from self._drain()
                raise self._refused("connector.xml_bomb", _refusal(error)) from None
            except TooLongError:
                yield from self._drain()
                yield Broken(self._target.taken_line, "record.too_long", f"longer than {self._longest:,} characters")
                rest = self._give_up(piece[max(0, self._parser.parser.CurrentByteIndex - before) + 1 :])
            else:
                self._head = self._head or self._target.head
                yield from self._drain()
                if self._fed - self._parser.parser.CurrentByteIndex > _LONGEST_TOKEN_BYTES:
                    raise self._refused("connector.xml_bomb", f"holds a tag of over {_LONGEST_TOKEN_BYTES:,} bytes")
            piece = rest

    def _drain(self) -> Iterator[Item]:
        items, self._target.items = self._target.items, []
        for item in items:
            if isinstance(item, Taken):
                self.line = item.element.line
            yield item

    def _finish(self) -> Iterator[Item]:
        if self._searching:
            return
        if not self._target.root_seen:
            raise self._refused("connector.xml_kind", "is no XML document")
        try:
            self._parser.close()
        except ParseError as error:
            yield from self._drain()
            reason = "ends in the middle; what came before is taken"
            yield Broken(self._lines_before + error.position[0], "xml.truncated", reason)
        else:
            yield from self._drain()

    def _give_up(self, rest: bytes) -> bytes:
        """Gives up the parser, and says from where on to look for the next record."""
        self._head = self._head or self._target.head
        self._restarts += 1
        if not self._head or self._restarts > _MOST_RESTARTS:
            what = "has too many broken records" if self._head else "is broken XML from its first tag on"
            raise self._refused("connector.xml_broken", what)
        self._lines_before = self._lines_before + self._parser.parser.CurrentLineNumber - 1
        self._searching = True
        return rest

    def _resume(self, piece: bytes) -> bytes:
        """Looks for the next record; from there on a new parser reads, told where in the document it is."""
        found = self._tags.search(piece)
        if found is None:
            begun = piece.rfind(b"<", max(0, len(piece) - _LONGEST_RECORD_TAG_BYTES))
            self._tail = piece[begun:] if begun >= 0 else b""
            self._lines_before += piece.count(b"\n", 0, len(piece) - len(self._tail))
            return b""
        self._lines_before += piece.count(b"\n", 0, found.start())
        path = self._shape.resume[found[1].decode()]
        above = "".join(f"<{name}>" for name in path.split("/")[:-1]).encode()
        self._target = Target(self._shape, self._longest)
        self._parser = self._new_parser()
        self._parser.feed(self._head + above)
        self._target.items.clear()
        self._fed = len(self._head) + len(above)
        self._lines_before -= self._parser.parser.CurrentLineNumber - 1
        self._target.lines_before = self._lines_before
        self._searching = False
        return piece[found.start() :]

    def _new_parser(self) -> Any:
        parser = DefusedXMLParser(target=self._target, encoding="utf-8")
        self._target.place = lambda: (parser.parser.CurrentLineNumber, parser.parser.CurrentByteIndex)
        return parser

    def _refused(self, code: str, what: str) -> ConnectorError:
        hint = {
            "connector.xml_bomb": "No export of comments looks like this: don't open it elsewhere either.",
            "connector.xml_kind": "Name the format with --format, or see docs/intake.md for what can be read.",
        }.get(code)
        return ConnectorError(f"{visible_line(self._source.where)}: {what}", code=code, hint=hint)


def _refusal(error: Exception) -> str:
    if isinstance(error, RefusedDocumentError):
        return str(error)
    return "declares entities or refers to outside files, which can exhaust or betray whoever opens it"
