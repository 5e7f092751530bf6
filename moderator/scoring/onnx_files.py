"""What `moderator models convert` leaves on disk, and finding it again. Imports neither torch nor onnxruntime.

A conversion lies in `<variant's folder>/onnx/<start of the checkpoint's SHA-256>/`: so another checkpoint never runs
with an older one's conversion.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import msgspec

from moderator.errors import ScoringError
from moderator.scoring.detoxify_weights import Weights, listed_hash

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
FP32, INT8 = "fp32", "int8"
FORMAT = 1

FP32_TOLERANCE = 1e-4
"""Largest difference to torch, in probability, that rounding explains. More means that the export is wrong."""

INT8_TOLERANCE = 0.02
"""Largest difference to torch, in probability, with which the quantised form is used."""


class Parity(msgspec.Struct, frozen=True):
    """How far a converted form is from the original, over some texts.

    Attributes:
        texts: How many texts were compared.
        largest: Largest absolute difference of a probability.
        mean: Mean absolute difference.
        flipped: How many times a label was on the other side of a threshold.
        decisions: How many times it could have been.
    """

    texts: int
    largest: float
    mean: float
    flipped: int
    decisions: int


class Manifest(msgspec.Struct, frozen=True):
    """What a conversion is of, and how good it is.

    Attributes:
        variant: Detoxify variant.
        checkpoint_sha256: Of the checkpoint that was converted.
        classes: One name per output, in order.
        window: Most tokens at a time, special ones included.
        pad: Token that fills up.
        first: Token before every text.
        last: Token behind it.
        precision: Form to use: `int8`, or `fp32` where int8 is too far off.
        parity: Form to its distance from the original.
        sha256: File name to its hash.
        versions: Package to the version that converted.
        format: Of this folder.
    """

    variant: str
    checkpoint_sha256: str
    classes: list[str]
    window: int
    pad: int
    first: int
    last: int
    precision: str
    parity: dict[str, Parity]
    sha256: dict[str, str]
    versions: dict[str, str]
    format: int = FORMAT


def conversion_dir(weights: Weights, digest: str) -> Path:
    """Folder for the conversion of a checkpoint with that SHA-256."""
    return weights.checkpoint.parent / "onnx" / digest[:12]


def find_conversion(weights: Weights) -> Path | None:
    """The conversion of a checkpoint, if there is one and it can be run here.

    The checkpoint isn't hashed: its published name or the `SHA256SUMS` beside it says which conversion is its own.
    """
    known = listed_hash(weights.checkpoint)
    if known is None and weights.checkpoint.name == weights.variant.file_name:
        known = weights.variant.hash_prefix
    if known is None or not all(importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers")):
        return None
    for manifest in sorted((weights.checkpoint.parent / "onnx").glob(f"{known[:12]}*/{MANIFEST}")):
        return manifest.parent
    return None


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a conversion.

    Raises:
        ScoringError: There is none, or it's of another format.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise _damaged(folder, "its manifest can't be read") from error
    if manifest.format != FORMAT:
        raise _damaged(folder, "another version of this program made it")
    return manifest


def checked_file(folder: Path, manifest: Manifest, name: str) -> Path:
    """A file of a conversion, if it is as it was made.

    Raises:
        ScoringError: It's gone or was changed.
    """
    path = folder / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _damaged(folder, f"{name} can't be read") from error
    if digest != manifest.sha256.get(name):
        raise _damaged(folder, f"{name} isn't the file that was made")
    return path


def _damaged(folder: Path, why: str) -> ScoringError:
    return ScoringError(
        f"the converted model in {folder} can't be used: {why}",
        code="scoring.conversion",
        hint="`moderator models convert NAME` makes it anew; without that folder the checkpoint itself is used.",
    )
