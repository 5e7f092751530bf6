"""Getting a Detoxify variant's files from where they are published. The one place in scoring that knows the network.

Nothing calls this by itself: a person asks for it, once. What was loaded when a connection broke is kept, and the next
try goes on from there. A checkpoint gets its name only once its hash is the published one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from moderator.errors import ScoringError
from moderator.scoring.detoxify_weights import Variant, variant_dir

HUB = "https://huggingface.co"
"""Where the base models are published."""

LICENCES = {
    "bert-base-uncased": "Apache-2.0",
    "roberta-base": "MIT",
    "xlm-roberta-base": "MIT",
    "albert-base-v2": "Apache-2.0",
}
"""Licence of each base model's files. Source: the models' cards on the hub, 2026."""

WEIGHTS_LICENCE = "Apache-2.0"
"""Licence of Detoxify's checkpoints. Source: https://github.com/unitaryai/detoxify, LICENSE."""

_TRIES = 5
_FRUITFUL_BYTES = 1_000_000
"""A try that brought at least this much isn't counted: a long file over a bad line may break off often."""
_PAUSE_S = 1.0
_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_LARGEST_BYTES = 4_000_000_000
_SMALL_BYTES = 64_000_000
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PARTIAL, _OK, _NO_SUCH_RANGE, _SERVER_ERROR = 206, 200, 416, 500

Progress = Callable[[int, int | None, str], None]
"""Called now and then with: bytes of a file here, bytes in all where known, the file's name."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file to fetch.

    Attributes:
        sha256_start: What its SHA-256 must begin with; empty where none is published, then it must be JSON.
    """

    url: str
    path: Path
    sha256_start: str = ""


class _CutError(Exception):
    """The connection broke in the middle; what came is kept."""


def parts_of(variant: Variant, models_dir: Path, hub: str = HUB) -> tuple[Part, ...]:
    """Every file of a variant: config and tokenizer of the base model, and the checkpoint, which comes last.

    Args:
        variant: The variant.
        models_dir: The data directory's `models` folder.
        hub: Address of the hub, or of a mirror.
    """
    folder = variant_dir(models_dir, variant.name)
    small = [Part(f"{hub}/{variant.base}/resolve/main/{name}", folder / name) for name in _BASE_FILES]
    return (*small, Part(variant.url, folder / variant.file_name, variant.hash_prefix))


_BASE_FILES = ("config.json", "tokenizer.json")


def fetch(variant: Variant, models_dir: Path, progress: Progress | None = None, *, hub: str = HUB) -> Path:
    """Fetches what a variant lacks.

    Args:
        variant: The variant.
        models_dir: The data directory's `models` folder.
        progress: Told how far it is.
        hub: Where the base model comes from.

    Returns:
        The checkpoint, of the published hash.

    Raises:
        ScoringError: No network, no room, or what came isn't what was published. What is good so far stays.
    """
    parts = parts_of(variant, models_dir, hub)
    try:
        parts[0].path.parent.mkdir(parents=True, exist_ok=True)
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT, event_hooks={"request": [_only_safely]}) as client:
            for part in parts:
                if not _is_good(part, part.path):
                    _fetch_part(client, part, progress or (lambda _done, _total, _name: None))
    except OSError as error:
        raise _no_room(parts[0].path.parent, error) from error
    return parts[-1].path


def _only_safely(request: httpx.Request) -> None:
    """Refuses a plain connection, also one that a redirect asks for; a test's own server is on this machine."""
    if request.url.scheme != "https" and request.url.host not in _LOOPBACK:
        raise ScoringError(
            f"{request.url.host} asks for a connection without encryption",
            code="scoring.fetch",
            hint="Something between here and there changes answers. Try another network, or copy the files by hand.",
        )


def _fetch_part(client: httpx.Client, part: Part, progress: Progress) -> None:
    """One file: several tries, each from where the last one broke off."""
    unfinished = part.path.with_name(part.path.name + ".part")
    tried = 0
    while True:
        before = _size(unfinished)
        try:
            _load(client, part, unfinished, progress)
            break
        except (_CutError, httpx.TransportError) as error:
            if isinstance(error, httpx.ConnectError) and not before:
                raise _offline(part, error) from error
            tried = 1 if _size(unfinished) - before >= _FRUITFUL_BYTES else tried + 1
            if tried == _TRIES:
                raise _broke_off(part, _size(unfinished)) from error
            time.sleep(_PAUSE_S * 2 ** (tried - 1))
    if not _is_good(part, unfinished):
        actual = _digest(unfinished)
        unfinished.unlink()
        expected = f"expected {part.sha256_start}..." if part.sha256_start else "expected JSON"
        raise ScoringError(
            f"what {part.url} sent isn't the published file: SHA-256 {actual[:12]}..., {expected}",
            code="scoring.weights_hash",
            hint="It was thrown away. Try again; if it stays so, something between here and there changes files.",
        )
    unfinished.replace(part.path)


def _load(client: httpx.Client, part: Part, unfinished: Path, progress: Progress) -> None:
    """Loads what is missing of a file.

    Raises:
        _CutError: It ended before its end.
        ScoringError: The server refuses, or there is no room.
    """
    have = _size(unfinished)
    # Identity: a compressed answer has another length than the file, and a range of it means nothing.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", part.url, headers=headers) as answer:
        if answer.status_code == _NO_SUCH_RANGE:
            total = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if total != str(have):
                unfinished.unlink()  # it's of another file; the next try begins anew
                raise _CutError
            return
        if answer.status_code >= _SERVER_ERROR:
            raise _CutError
        if answer.status_code not in (_OK, _PARTIAL):
            raise _refused(part, answer.status_code)
        goes_on = answer.status_code == _PARTIAL and answer.headers.get("Content-Range", "").startswith(
            f"bytes {have}-"
        )
        if answer.status_code == _PARTIAL and not goes_on:
            unfinished.unlink(missing_ok=True)
            raise _CutError
        have = have if goes_on else 0
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        _check_room(part, unfinished.parent, have, total)
        with unfinished.open("ab" if goes_on else "wb") as file:
            for done in _received(answer, file, have):
                progress(done, total, part.path.name)
                if done > (_LARGEST_BYTES if part.sha256_start else _SMALL_BYTES):
                    raise ScoringError(f"{part.url} sends more than it should", code="scoring.fetch")
    if total is not None and _size(unfinished) < total:
        raise _CutError


def _received(answer: httpx.Response, file: BinaryIO, have: int) -> Iterator[int]:
    """Writes an answer as it comes, down to the last byte before a cut; gives how much is here after each piece."""
    yield have
    for piece in answer.iter_raw():
        file.write(piece)
        have += len(piece)
        yield have
    file.flush()
    os.fsync(file.fileno())


def _is_good(part: Part, path: Path) -> bool:
    if not path.is_file():
        return False
    if part.sha256_start:
        return _digest(path).startswith(part.sha256_start)
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (ValueError, RecursionError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_room(part: Part, folder: Path, have: int, total: int | None) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - have > free:
        raise ScoringError(
            f"{part.path.name} needs {(total - have) / 1e6:,.0f} MB more, and {folder} has {free / 1e6:,.0f} MB left",
            code="scoring.disk_full",
            hint="Free some room, or name another place with `models_dir` under [scoring].",
        )


def _no_room(folder: Path, error: OSError) -> ScoringError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return ScoringError(
        f"{folder} can't be written: {error.strerror or type(error).__name__}",
        code="scoring.disk_full" if full else "scoring.fetch",
        hint="Free some room and run the same command again: it goes on where it stopped."
        if full
        else "Check who may write there, or name another place with `models_dir` under [scoring].",
    )


def _offline(part: Part, error: Exception) -> ScoringError:
    return ScoringError(
        f"{httpx.URL(part.url).host} can't be reached: {type(error).__name__}",
        code="scoring.offline",
        hint=f"Without a network, copy the files into {part.path.parent} by hand: docs/scoring.md says which.",
    )


def _broke_off(part: Part, have: int) -> ScoringError:
    return ScoringError(
        f"the connection to {httpx.URL(part.url).host} broke off {_TRIES} times; {have / 1e6:,.1f} MB of "
        f"{part.path.name} are here",
        code="scoring.fetch",
        hint="Run the same command again: it goes on where it stopped.",
    )


def _refused(part: Part, status: int) -> ScoringError:
    return ScoringError(
        f"{part.url} answers with status {status}",
        code="scoring.fetch",
        hint="The file may have moved, or a proxy forbids it. docs/scoring.md says how to copy it by hand.",
    )
