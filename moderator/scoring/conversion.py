"""What `moderator models convert` leaves on disk, and finding it again. Imports neither torch nor an engine.

A conversion lies in `<variant's folder>/<engine>/<start of the checkpoint's SHA-256>/`: so another checkpoint never
runs with an older one's conversion.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from moderator.errors import ScoringError
from moderator.scoring.detoxify_weights import Weights, listed_hash

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
FORMAT = 1

ONNX, OPENVINO = "onnx", "openvino"
ENGINES = {OPENVINO: ("openvino", "tokenizers"), ONNX: ("onnxruntime", "tokenizers")}
"""Each engine that runs a conversion, the quicker one first, and the packages that it needs for that."""

EXTRAS = {OPENVINO: "openvino", ONNX: "fast,convert"}
"""Which of our extras bring what converting for an engine needs, and running it."""

FP32, BF16, INT8, INT8_BF16 = "fp32", "bf16", "int8", "int8-bf16"
"""Forms: exact, shortened to 16 bits, quantised, quantised with the rest shortened."""

_QUICKEST_FIRST = (INT8_BF16, INT8, BF16, FP32)

FP32_TOLERANCE = 1e-4
"""Largest difference to torch, in probability, that rounding explains. More means that the export is wrong."""

TOLERANCE = 0.02
"""Largest difference to torch, in probability, with which a form that isn't exact is used."""


class Flip(msgspec.Struct, frozen=True):
    """A decision that a converted form would make otherwise than the original.

    Attributes:
        text: Which of the texts, counted from 0. The text itself is kept nowhere.
        label: Class.
        threshold: Where it's decided.
        before: The original's probability.
        after: The converted form's.
    """

    text: int
    label: str
    threshold: float
    before: float
    after: float


class Parity(msgspec.Struct, frozen=True):
    """How far a converted form is from the original, over some texts.

    Attributes:
        texts: How many texts were compared.
        largest: Largest absolute difference of a probability.
        mean: Mean absolute difference.
        flipped: How many times a label was on the other side of a threshold.
        decisions: How many times it could have been.
        furthest: Which text had the largest difference, counted from 0; -1 for none.
        flips: The first of the decisions that flipped.
    """

    texts: int
    largest: float
    mean: float
    flipped: int
    decisions: int
    furthest: int = -1
    flips: Sequence[Flip] = ()


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
        precision: Form to use: the quickest that is near enough.
        parity: Form to its distance from the original.
        sha256: File name to its hash.
        versions: Package to the version that converted.
        format: Of this folder.
        engine: What runs it.
        spared: Layers that were left exact in the quantised form, since rounding them moved the scores most.
        layers: How many there were to quantise.
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
    engine: str = ONNX
    spared: list[str] = []
    layers: int = 0


def conversion_dir(weights: Weights, digest: str, engine: str = ONNX) -> Path:
    """Folder for the conversion of a checkpoint with that SHA-256."""
    return weights.checkpoint.parent / engine / digest[:12]


def can_run(engine: str) -> bool:
    """Whether an engine's packages are installed."""
    return all(importlib.util.find_spec(name) for name in ENGINES[engine])


def install_line(engine: str) -> str:
    """The command that installs what an engine needs."""
    return f"`pip install 'moderator[{EXTRAS[engine]}]'`"


@dataclass(frozen=True, slots=True)
class Found:
    """A conversion on disk."""

    engine: str
    folder: Path


def conversions_of(weights: Weights) -> list[Found]:
    """Every conversion of a checkpoint that can be run here, the one whose chosen form is quickest first.

    The checkpoint isn't hashed: its published name or the `SHA256SUMS` beside it says which conversion is its own.
    """
    known = listed_hash(weights.checkpoint)
    if known is None and weights.checkpoint.name == weights.variant.file_name:
        known = weights.variant.hash_prefix
    if known is None:
        return []
    found = [
        Found(engine, manifest.parent)
        for engine in ENGINES
        for manifest in sorted((weights.checkpoint.parent / engine).glob(f"{known[:12]}*/{MANIFEST}"))[:1]
        if can_run(engine)
    ]
    # A damaged one isn't passed over in silence: what runs it says so.
    return sorted(found, key=_pace) if len(found) > 1 else found


def find_conversion(weights: Weights, engine: str | None = None) -> Found | None:
    """The conversion of a checkpoint for an engine, or the quickest one, if there is one that can be run here."""
    return next((one for one in conversions_of(weights) if engine in {None, one.engine}), None)


def _pace(found: Found) -> int:
    return _QUICKEST_FIRST.index(read_manifest(found.folder).precision)


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
        digest = file_hash(path)
    except OSError as error:
        raise _damaged(folder, f"{name} can't be read") from error
    if digest != manifest.sha256.get(name):
        raise _damaged(folder, f"{name} isn't the file that was made")
    return path


def file_hash(path: Path) -> str:
    """A file's SHA-256.

    Raises:
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, why: str) -> ScoringError:
    return ScoringError(
        f"the converted model in {folder} can't be used: {why}",
        code="scoring.conversion",
        hint="`moderator models convert NAME` makes it anew; without that folder the checkpoint itself is used.",
    )
