"""The files of the encoder form and where they lie. Imports neither numpy nor onnxruntime.

`encoder.safetensors` holds the blend and says what it is of: the SHA-256 of the network and of the tokenizer beside it,
and the weights of the n-gram part that it was fitted with. So one checksum vouches for all.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from moderator.errors import ScoringError

SHIPPED = Path(__file__).parent / "embedded" / "weights"
"""Folder in the package where the shipped weights lie."""

BLEND, NETWORK, TOKENIZER = "encoder.safetensors", "encoder.onnx", "encoder.tokenizer.json"
NETWORK_HASH, TOKENIZER_HASH, LINEAR_HASH = "network_sha256", "tokenizer_sha256", "linear_hash"
"""What the blend's file says of its neighbours, by name."""

PACKAGES = ("onnxruntime", "tokenizers")
_WITHOUT = "Install moderator again, or set the scorer to `embedded`: that form does without it."


def encoder_is_here(folder: Path = SHIPPED) -> bool:
    """Whether the encoder form's files are in a folder and what runs them is installed. Nothing is loaded."""
    return all((folder / name).is_file() for name in (BLEND, NETWORK, TOKENIZER)) and not missing_packages()


def missing_packages() -> list[str]:
    """Packages that the encoder form needs and that aren't installed."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def check_encoder(folder: Path) -> None:
    """Says what keeps the encoder form from being used. Nothing is loaded or hashed.

    Raises:
        ScoringError: A file isn't there, or a package isn't installed.
    """
    for name in (BLEND, NETWORK, TOKENIZER):
        if not (folder / name).is_file():
            raise ScoringError(
                f"{folder / name}: this file of the encoder isn't there", code="scoring.weights_missing", hint=_WITHOUT
            )
    if missing_packages():
        raise lacking(missing_packages())


def lacking(packages: Sequence[str]) -> ScoringError:
    """The error for packages that aren't installed."""
    return ScoringError(
        f"the encoder needs the package {' and '.join(packages)}",
        code="scoring.packages",
        hint=f"Install it with `pip install {' '.join(packages)}`, or set the scorer to `embedded`.",
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits.

    Raises:
        ScoringError: It can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ScoringError(
            f"{path}: a file of the encoder can't be read",
            code="scoring.weights_missing",
            hint=_WITHOUT,
        ) from error


def check_neighbours(folder: Path, about: Mapping[str, str]) -> None:
    """Holds network and tokenizer against what the blend's file says of them.

    Raises:
        ScoringError: One is missing or isn't the one that the blend was fitted with.
    """
    for name, key in ((NETWORK, NETWORK_HASH), (TOKENIZER, TOKENIZER_HASH)):
        check_file(folder / name, about.get(key), "the encoder's blend was fitted with")


def check_file(path: Path, digest: str | None, what_tells: str) -> None:
    """Holds a file against its SHA-256.

    Args:
        path: The file.
        digest: 64 hex digits; `None` where nothing vouches for it.
        what_tells: Ends the sentence "not the file that ...".

    Raises:
        ScoringError: It can't be read, or is another one.
    """
    if file_hash(path) != digest:
        raise ScoringError(
            f"{path}: not the file that {what_tells}",
            code="scoring.weights_changed",
            hint="The file is damaged or was swapped. Install the package again.",
        )
