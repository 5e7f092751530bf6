"""The weights file: plain arrays behind a JSON header, with a checksum beside it.

The layout is that of safetensors (eight bytes of header length, header, raw little-endian arrays): it can hold
numbers and nothing that runs.

Source: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError

Array = NDArray[Any]
_TYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "U64": np.dtype("<u8"),
}
_HASH_DIGITS = 12
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """What a weights file holds.

    Attributes:
        arrays: By name; read-only.
        about: Where the weights come from: version, data, licence, script, date, metrics, as text by name.
        short_hash: First 12 hex digits of the file's SHA-256.
    """

    arrays: Mapping[str, Array]
    about: Mapping[str, str]
    short_hash: str


def checksum_path(path: Path) -> Path:
    """Returns where the checksum of a weights file lies."""
    return path.with_name(path.name + ".sha256")


def write_weights(path: Path, arrays: Mapping[str, Array], about: Mapping[str, str]) -> str:
    """Writes a weights file and its checksum.

    Returns:
        The SHA-256 of the file, 64 hex digits. Same arrays and header, same digits.
    """
    names = {dtype: name for name, dtype in _TYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(sorted(about.items()))}
    payload = bytearray()
    for name, array in sorted(arrays.items()):
        plain = np.ascontiguousarray(array)
        end = len(payload) + plain.nbytes
        header[name] = {
            "dtype": names[plain.dtype.newbyteorder("<")],
            "shape": list(plain.shape),
            "data_offsets": [len(payload), end],
        }
        payload += plain.astype(plain.dtype.newbyteorder("<"), copy=False).tobytes()
        payload += bytes(-len(payload) % _LENGTH_BYTES)
    text = json.dumps(header, ensure_ascii=True).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    content = len(text).to_bytes(_LENGTH_BYTES, "little") + text + payload
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    checksum_path(path).write_text(f"{digest}  {path.name}\n", encoding="ascii")
    return digest


def read_weights(path: Path) -> WeightsFile:
    """Reads a weights file and holds it against its checksum.

    Raises:
        ScoringError: A file isn't there, was changed, or isn't a weights file.
    """
    try:
        content = path.read_bytes()
        expected = checksum_path(path).read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise ScoringError(
            f"{path}: weights or their checksum can't be read",
            code="scoring.weights_missing",
            hint="Install the package again, or train new weights with: moderator train toxicity --data DIR",
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != expected:
        raise ScoringError(
            f"{path}: SHA-256 is {digest[:_HASH_DIGITS]}..., expected {expected[:_HASH_DIGITS]}...",
            code="scoring.weights_changed",
            hint="The file is damaged or was swapped. Install the package again.",
        )
    try:
        return _parse(content, digest[:_HASH_DIGITS])
    except (KeyError, ValueError, TypeError) as error:
        raise ScoringError(
            f"{path}: not a weights file of this program", code="scoring.weights_unreadable", hint="Train it again."
        ) from error


def _parse(content: bytes, short_hash: str) -> WeightsFile:
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    header: dict[str, Any] = json.loads(content[_LENGTH_BYTES:start])
    about: dict[str, str] = header.pop("__metadata__", {})
    arrays: dict[str, Array] = {}
    for name, entry in header.items():
        dtype, (first, end) = _TYPES[entry["dtype"]], entry["data_offsets"]
        flat = np.frombuffer(content, dtype, (end - first) // dtype.itemsize, start + first)
        arrays[name] = flat.reshape(entry["shape"])
    return WeightsFile(arrays, about, short_hash)
