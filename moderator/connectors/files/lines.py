"""Lines of a byte stream, none longer than a limit: a 2 GB line without an end never fills the memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from moderator.connectors.files.opened import STDIN, size_of
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_SKIP_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = {
    b"\xff\xfe": ("UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"),
    b"\xfe\xff": ("UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"),
    b"\x1f\x8b": ("a gzip file", "Unpack it on the way: gunzip -c FILE | moderator intake -"),
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "Unpack it, or save the sheet as CSV (UTF-8)."),
}


class Lines:
    """A file or the standard input, line by line, as bytes.

    Args:
        stream: Binary, blocking.
        where: What messages call it: the path, or `-`.
        longest: A line with more bytes is given as `None`; it's read past, never kept.

    Attributes:
        number: Number of the line given last, from 1.
        bytes_read: Bytes read so far, line ends included.
        bytes_total: Size of a regular file, else `None`.
    """

    def __init__(self, stream: io.BufferedReader[Any], where: str, longest: int) -> None:
        self.where = where
        self.number = 0
        self.bytes_read = 0
        self.bytes_total = size_of(stream)
        self._stream = stream
        self._longest = longest

    def __iter__(self) -> Iterator[bytes | None]:
        """Yields each line with its line end (the last may have none), or `None` for one that's too long.

        A byte-order mark at the start isn't part of the first line.

        Raises:
            ConnectorError: The stream can't be read on, or holds another kind of file.
        """
        read, longest = self._read, self._longest
        while line := read(longest + 1):
            self.number += 1
            self.bytes_read += len(line)
            if self.number == 1:
                line = self._without_mark(line)
            if len(line) > longest and not line.endswith(b"\n"):
                self._skip_rest()
                yield None
            else:
                yield line

    def close(self) -> None:
        """Closes a file; the standard input stays open."""
        if self.where != STDIN:
            self._stream.close()

    def _read(self, at_most: int) -> bytes:
        try:
            return self._stream.readline(at_most)
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> ConnectorError:
        return ConnectorError(
            f"{visible_line(self.where)}: can't be read after line {self.number}: {error.strerror}",
            code="connector.read",
            hint="What came before is stored. Run it again once it can be read: nothing is added twice.",
        )

    def _without_mark(self, line: bytes) -> bytes:
        for magic, (kind, hint) in _OTHER_KINDS.items():
            if line.startswith(magic):
                raise ConnectorError(
                    f"{visible_line(self.where)}: is {kind}, not UTF-8 text", code="connector.encoding", hint=hint
                )
        return line.removeprefix(_BOM)

    def _skip_rest(self) -> None:
        while part := self._read(_SKIP_BYTES):
            self.bytes_read += len(part)
            if part.endswith(b"\n"):
                return
