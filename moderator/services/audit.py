"""Proving that the decision log is whole, and that it's still the log that it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import rfc8785

from moderator.domain.clock import system_clock
from moderator.domain.decision_log import ChainReport, Checkpoint
from moderator.errors import ConfigError
from moderator.services.tabular import to_iso
from moderator.storage import chain, chain_audit
from moderator.storage.engine import Database
from moderator.text.visible import visible_line

CHECKPOINT_VERSION = 1
"""Of the checkpoint's own form."""

_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Signature:
    """Who vouches for a checkpoint.

    Attributes:
        key_id: The first 16 hex digits of the SHA-256 of the public key's 32 bytes.
        value: Ed25519 over the checkpoint's canonical JSON without its signature, 64 bytes.
    """

    key_id: str
    value: bytes


def verify(
    db: Database,
    progress: Callable[[int, int | None], None] | None = None,
    against: Checkpoint | None = None,
) -> ChainReport:
    """Recomputes every link of the decision log, and of the proofs of erasure.

    Args:
        db: Open.
        progress: Called now and then with the number of decisions checked, and of how many.
        against: A checkpoint that was taken before and kept elsewhere.

    Returns:
        How many rows were checked, and the first that doesn't hold.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        return chain_audit.verify(conn, progress, against)


def take_checkpoint(db: Database, version: str, now_ms: int | None = None) -> Checkpoint:
    """Where the log stands now. It says nothing about whether the log is whole: `verify` does.

    Args:
        db: Open.
        version: Of this program.
        now_ms: UTC milliseconds; now where absent.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        sequence, row_hash = chain.head(conn)
        erasure_sequence, erasure_hash = chain.erasure_head(conn)
        count = chain.length(conn)
    return Checkpoint(
        sequence=sequence,
        row_hash=row_hash,
        count=count,
        time=to_iso(system_clock() if now_ms is None else now_ms),
        version=version,
        erasure_sequence=erasure_sequence,
        erasure_hash=erasure_hash,
    )


def checkpoint_values(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as JSON values, as `moderator audit head` prints them."""
    return {
        "checkpoint_version": CHECKPOINT_VERSION,
        "sequence": checkpoint.sequence,
        "hash": checkpoint.row_hash,
        "count": checkpoint.count,
        "time": checkpoint.time,
        "version": checkpoint.version,
        "erasures": {"sequence": checkpoint.erasure_sequence, "hash": checkpoint.erasure_hash},
    }


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    """What a signature is over: the checkpoint as canonical JSON (RFC 8785)."""
    return rfc8785.dumps(checkpoint_values(checkpoint))


def read_checkpoint(path: Path) -> tuple[Checkpoint, Signature | None]:
    """A checkpoint from the file that it was kept in, and its signature where it has one.

    Raises:
        ConfigError: It can't be read, or isn't a checkpoint.
    """
    try:
        with path.open("rb") as file:
            said: object = json.loads(file.read(_MOST_BYTES))
    except OSError as error:
        raise _unusable(path, error.strerror or "unreadable") from error
    except ValueError:
        raise _unusable(path, "not JSON") from None
    if not isinstance(said, dict):
        raise _unusable(path, "not a checkpoint")
    values = cast("Mapping[str, Any]", said)
    try:
        return _checkpoint(values), _signature(values.get("signature"))
    except (KeyError, TypeError, ValueError):
        raise _unusable(path, "not a checkpoint of a form that this version knows") from None


def _checkpoint(values: Mapping[str, Any]) -> Checkpoint:
    erasures = values["erasures"]
    if values["checkpoint_version"] != CHECKPOINT_VERSION:
        raise ValueError("another form")
    return Checkpoint(
        sequence=_number(values["sequence"]),
        row_hash=_hash(values["hash"]),
        count=_number(values["count"]),
        time=_word(values["time"]),
        version=_word(values["version"]),
        erasure_sequence=_number(erasures["sequence"]),
        erasure_hash=_hash(erasures["hash"]),
    )


def _signature(said: Any) -> Signature | None:
    return None if said is None else Signature(_word(said["key"]), bytes.fromhex(said["ed25519"]))


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value


def _hash(value: Any) -> str:
    if not _HASH.fullmatch(value):
        raise ValueError("not a hash")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{visible_line(str(path))}: {why}",
        code="audit.checkpoint",
        hint="Name a file that `moderator audit head > FILE` wrote.",
    )
