"""Bodies of answers, unpacked in bounded memory: a small answer that unpacks to gigabytes is refused as it grows."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import httpx

from moderator.errors import ConnectorError, ConnectorUnavailableError

ACCEPTED_ENCODINGS = "gzip, deflate"
_PIECE_BYTES = 65_536


def read_body(response: httpx.Response, host: str, *, max_bytes: int, deadline_s: float) -> bytes:
    """Reads an answer's body to its end, unpacked.

    Args:
        response: An answer whose body hasn't been read, or (from a transport in memory) has been wholly.
        host: Who answers, for errors.
        max_bytes: Most that it may have, packed and unpacked.
        deadline_s: Monotonic time at which reading is given up.

    Raises:
        ConnectorError: It's larger, or packed in a way that wasn't asked for.
        ConnectorUnavailableError: The time is over.
    """
    body = _Body(host, max_bytes)
    if response.is_stream_consumed:
        body.add(response.content)
        return bytes(body.content)
    unpack = _unpacker(response.headers.get("Content-Encoding", ""), body)
    packed_bytes = 0
    for piece in response.iter_raw():
        packed_bytes += len(piece)
        if packed_bytes > max_bytes:
            raise body.too_large()
        unpack(piece)
        if time.monotonic() > deadline_s:
            raise ConnectorUnavailableError(f"{host} takes too long to answer", code="connector.timeout")
    return bytes(body.content)


class _Body:
    """What has been unpacked so far, up to a limit."""

    def __init__(self, host: str, max_bytes: int) -> None:
        self.content = bytearray()
        self._host = host
        self._max_bytes = max_bytes

    def add(self, piece: bytes) -> None:
        self.content += piece
        if len(self.content) > self._max_bytes:
            raise self.too_large()

    def too_large(self) -> ConnectorError:
        size = f"{self._max_bytes / 1e6:g} MB"
        return ConnectorError(f"{self._host} answers with more than {size}", code="connector.too_large")

    def unreadable(self, why: str) -> ConnectorError:
        return ConnectorError(f"{self._host} answers {why}", code="connector.encoding")


class _Zlib:
    """One layer of gzip or deflate. What follows its end is left alone, as browsers do."""

    def __init__(self, body: _Body, wbits: int) -> None:
        self._body = body
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)

    def add(self, piece: bytes) -> None:
        full = True
        # A full piece may leave more inside the stream, even when all input has been taken.
        while (piece or full) and not self._stream.eof:
            try:
                unpacked = self._stream.decompress(piece, _PIECE_BYTES)
            except zlib.error as error:
                if self._body.content or self._wbits != zlib.MAX_WBITS:
                    raise self._body.unreadable("with something that can't be unpacked") from error
                # Many servers send "deflate" without its header; browsers take both.
                self._wbits = -zlib.MAX_WBITS
                self._stream = zlib.decompressobj(self._wbits)
                continue
            self._body.add(unpacked)
            piece, full = self._stream.unconsumed_tail, len(unpacked) == _PIECE_BYTES


def _unpacker(encoding: str, body: _Body) -> Callable[[bytes], None]:
    match encoding.strip().lower():
        case "" | "identity":
            return body.add
        case "gzip" | "x-gzip":
            return _Zlib(body, zlib.MAX_WBITS | 16).add
        case "deflate":
            return _Zlib(body, zlib.MAX_WBITS).add
        case _:
            # Packed twice, or by a method nobody asked for: each layer multiplies what a bomb can do.
            raise body.unreadable("in a packing that wasn't asked for")
