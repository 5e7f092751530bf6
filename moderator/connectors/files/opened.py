"""What is read, opened: a file, the standard input, or what an address answered."""

from __future__ import annotations

import io
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

STDIN = "-"

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream of bytes and what is known of it.

    Attributes:
        stream: Binary, blocking, read once.
        where: What messages call it: the path, `-`, or the address.
        at_ms: When it was written or fetched, `None` where nobody knows: what "1 day ago" in it counts from.
        url: The address that it came from in the end; empty for a file.
        content_type: What the server says it is, `text/html; charset=utf-8`; empty where nobody says.
    """

    stream: io.BufferedReader[Any]
    where: str
    at_ms: int | None = None
    url: str = ""
    content_type: str = ""

    @property
    def size(self) -> int | None:
        """Bytes of a regular file, else `None`."""
        return size_of(self.stream)

    def begins(self) -> bytes:
        """The first bytes, up to a million, without taking them from the stream.

        Raises:
            ConnectorError: They can't be read.
        """
        try:
            return self.stream.peek(1)
        except OSError as error:
            raise unreadable(self.where, error) from None

    def close(self) -> None:
        """Closes a file; the standard input stays open."""
        if self.where != STDIN:
            self.stream.close()


class CountedBytes:
    """A stream read in pieces, which knows how far it is.

    Attributes:
        bytes_read: Bytes read so far.
        bytes_total: Of how many, or `None`.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self.where = opened.where
        self.bytes_read = 0
        self.bytes_total = opened.size

    def read(self, at_most: int) -> bytes:
        """The next bytes, at least one; none at the end.

        Raises:
            ConnectorError: It can't be read on.
        """
        try:
            piece = self._opened.stream.read1(at_most)
        except OSError as error:
            raise unreadable(self.where, error) from None
        self.bytes_read += len(piece)
        return piece

    def close(self) -> None:
        """Closes what was opened."""
        self._opened.close()


def open_path(what: str) -> Opened:
    """Opens a file for reading, or the standard input for `-`.

    Raises:
        ConnectorError: There is no such file, or it can't be read.
    """
    if what == STDIN:
        return Opened(cast("io.BufferedReader[Any]", sys.stdin.buffer), STDIN)
    try:
        raw = Path(what).expanduser().open("rb", buffering=0)
    except OSError as error:
        raise ConnectorError(
            f"{visible_line(what)}: can't be opened: {error.strerror}",
            code="connector.open",
            hint="Name a file of comments or a saved page, '-' for the standard input, or an address.",
        ) from None
    written_ms = round(os.fstat(raw.fileno()).st_mtime * 1000)
    return Opened(io.BufferedReader(raw, _BUFFER_BYTES), what, written_ms)


def open_bytes(content: bytes, where: str, at_ms: int, url: str, content_type: str) -> Opened:
    """What an address answered, as something that is opened. The arguments are those of `Opened`."""
    # io.BytesIO is all that BufferedReader asks for: it is a raw stream that is always ready.
    stream = io.BufferedReader(cast("io.RawIOBase", io.BytesIO(content)), _BUFFER_BYTES)
    return Opened(cast("io.BufferedReader[Any]", stream), where, at_ms, url, content_type)


def size_of(stream: io.BufferedReader[Any]) -> int | None:
    """Size of a regular file in bytes, else `None`."""
    try:
        about = os.fstat(stream.fileno())
    except (OSError, ValueError):  # not a real file: a stream in memory
        return None
    return about.st_size if stat.S_ISREG(about.st_mode) else None


def unreadable(where: str, error: OSError) -> ConnectorError:
    """The error for a stream that broke."""
    return ConnectorError(
        f"{visible_line(where)}: can't be read on: {error.strerror}",
        code="connector.read",
        hint="What came before is stored. Run it again once it can be read: nothing is added twice.",
    )
