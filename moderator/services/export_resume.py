"""Exports that a kill doesn't throw away: a partial file, and beside it how far it is whole.

Every so many rows what is written is brought to the disk and the place noted. Packed files end a member there, whether
or not anything happens, so that a file that was taken up again is byte for byte the one that was never interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from moderator.errors import ConfigError, ConnectorError
from moderator.services.export import replacing_bytes

CHECKPOINT_ROWS = 20_000
_VERSION = 1


@dataclass(slots=True)
class Cursor:
    """How far a partial file is whole.

    Attributes:
        request: What was asked for: kind, filter, columns, format. Only the same may be taken up again.
        head: Where the decision log ended when the export began: `seq` and `row_hash`.
        begun_ms: When that was, UTC milliseconds.
        place: Where the written rows end, see `Table`.
        rows: How many there are.
        size_bytes: How long the file is up to there.
        state: What the rows hang on, see `Table`.
    """

    request: Mapping[str, Any]
    head: Mapping[str, Any]
    begun_ms: int = 0
    place: int = 0
    rows: int = 0
    size_bytes: int = 0
    state: str = ""


@dataclass(slots=True)
class Partial:
    """A file on its way.

    Attributes:
        cursor: How far it is whole on disk.
        digest: SHA-256 of what was written.
        size: Its length in bytes.
    """

    out: BinaryIO
    path: Path
    cursor: Cursor
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, data: bytes) -> int:
        """Writes and hashes."""
        self.digest.update(data)
        self.size += len(data)
        return self.out.write(data)

    def checkpoint(self, place: int, rows: int, state: str) -> None:
        """Brings all of it to the disk, then notes how far that is."""
        self.out.flush()
        os.fsync(self.out.fileno())
        cursor = self.cursor
        cursor.place, cursor.rows, cursor.size_bytes, cursor.state = place, rows, self.size, state
        with replacing_bytes(cursor_path(self.path)) as out:
            out.write(json.dumps({"cursor_version": _VERSION, **asdict(cursor)}).encode())

    def start_over(self) -> None:
        """Forgets what is there: its rows aren't those of now."""
        self.out.seek(0)
        self.out.truncate()
        self.digest, self.size = hashlib.sha256(), 0
        self.cursor = Cursor(self.cursor.request, self.cursor.head, self.cursor.begun_ms)


def partial_path(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(f".{path.name}.partial")


def cursor_path(path: Path) -> Path:
    """Where it's noted how far the partial file is whole."""
    return path.with_name(f".{path.name}.cursor.json")


def kept_cursor(path: Path, request: Mapping[str, Any]) -> Cursor | None:
    """How far an export to a file came, if it was interrupted.

    Args:
        path: The file.
        request: What is asked for now.

    Raises:
        ConfigError: What lies there is another export's.
    """
    try:
        kept = json.loads(cursor_path(path).read_bytes())
        if kept.pop("cursor_version") != _VERSION or partial_path(path).stat().st_size < kept["size_bytes"]:
            return None
        cursor = Cursor(**kept)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # nothing that can be gone on with
    if cursor.request != json.loads(json.dumps(request)):
        raise ConfigError(
            f"{partial_path(path)} is part of another export",
            code="export.resume",
            hint="Give the options it was begun with, or leave out --resume to begin anew.",
        )
    return cursor


@contextmanager
def resuming(path: Path, begin: Cursor) -> Generator[Partial]:
    """A file that takes `path`'s place when all of it is written, and of which a kill leaves what was written.

    Args:
        path: Where.
        begin: From where on.

    Raises:
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    partial = partial_path(path)
    try:
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | (0 if begin.rows else os.O_TRUNC), 0o600)
        with open(handle, "r+b") as out:  # noqa: PTH123 - it's a descriptor already
            yield _taken_up(Partial(out, path, begin))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileNotFoundError):
            partial.chmod(path.stat().st_mode & 0o777)
        partial.replace(path)
        cursor_path(path).unlink(missing_ok=True)
    except OSError as error:
        then = "; then go on with --resume" if cursor_path(path).exists() else ""
        raise ConnectorError(
            f"{path}: {error.strerror or error}",
            code="export.write",
            hint=f"Check the folder, its permissions and the room on the disk{then}.",
        ) from error
    finally:
        if not cursor_path(path).exists():
            with suppress(OSError):
                partial.unlink()


def _taken_up(partial: Partial) -> Partial:
    """The file as it was at the last checkpoint, with its hash."""
    left = partial.cursor.size_bytes
    while left and (data := partial.out.read(min(left, 1 << 20))):
        partial.digest.update(data)
        left -= len(data)
    partial.size = partial.cursor.size_bytes
    partial.out.truncate(partial.size)
    if not partial.size:
        cursor_path(partial.path).unlink(missing_ok=True)
    return partial
