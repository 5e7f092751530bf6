"""The encoder form as files: writing what was fitted, and making the model from it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.model import ToxicityModel, load_model
from moderator.scoring.embedded.weights import WeightsFile, read_weights, write_weights
from moderator.scoring.encoder import EncoderPart
from moderator.scoring.encoder_files import (
    BLEND,
    LINEAR_HASH,
    NETWORK,
    NETWORK_HASH,
    TOKENIZER,
    TOKENIZER_HASH,
    check_neighbours,
    file_hash,
)

FloatArray = NDArray[np.float32]


def unblended(folder: Path, small: Path, *, with_network: bool = False, threads: int = 1) -> ToxicityModel:
    """The parts of the encoder form with a blend of zeros: for fitting one on `part_logits`.

    Args:
        folder: Holds network and tokenizer.
        small: Weights file of the small form.
        with_network: Whether the small form's convolutions take part beside its n-grams.
        threads: How many texts the encoder reads at once.

    Raises:
        ScoringError: A file is missing or can't be taken.
    """
    model, _ = load_model(small)
    encoder = EncoderPart(folder / NETWORK, folder / TOKENIZER, threads)
    return ToxicityModel.unblended(model.linear, model.network if with_network else None, encoder)


def write_blend(folder: Path, small: Path, blend: FloatArray, bias: FloatArray, about: Mapping[str, str]) -> str:
    """Writes the blend beside the network and the tokenizer that it was fitted with, and binds them to it.

    Args:
        folder: Holds network and tokenizer; gets `encoder.safetensors` and its checksum.
        small: Weights file of the small form that it was fitted with.
        blend: Shape (parts * heads, answers): two parts (n-grams, encoder), or three with the convolutions between.
        bias: Shape (answers,).
        about: Where it comes from: version, date, data, licence, seed, metrics, as text by name.

    Returns:
        The SHA-256 of the file, 64 hex digits.

    Raises:
        ScoringError: A file is missing.
    """
    bound = {
        NETWORK_HASH: file_hash(folder / NETWORK),
        TOKENIZER_HASH: file_hash(folder / TOKENIZER),
        LINEAR_HASH: read_weights(small).short_hash,
    }
    return write_weights(folder / BLEND, {"blend": blend, "blend.bias": bias}, {**about, **bound})


def load_encoder(folder: Path, small: Path, threads: int = 1) -> tuple[ToxicityModel, WeightsFile]:
    """Loads the encoder form.

    Args:
        folder: Holds blend, network and tokenizer.
        small: Weights file of the small form, whose n-grams take part.
        threads: How many texts the encoder reads at once.

    Returns:
        The model, and the blend's file.

    Raises:
        ScoringError: A file is missing or changed, or something that runs it isn't installed.
    """
    weights = read_weights(folder / BLEND)
    check_neighbours(folder, weights.about)
    model, of_small = load_model(small)
    if weights.about.get(LINEAR_HASH) != of_small.short_hash:
        raise ScoringError(
            f"{folder / BLEND}: the encoder's blend was fitted with other weights of the small form",
            code="scoring.weights_mixed",
            hint="Install the package again, or fit the blend anew after training the small form.",
        )
    try:
        blend, bias = weights.arrays["blend"], weights.arrays["blend.bias"]
    except KeyError as error:
        raise ScoringError(
            f"{folder / BLEND}: array {error} is missing", code="scoring.weights_unreadable", hint="Fit it again."
        ) from error
    network = model.network if len(blend) > 2 * len(HEADS) else None
    encoder = EncoderPart(folder / NETWORK, folder / TOKENIZER, threads)
    return replace(model, network=network, blend=blend, blend_bias=bias, encoder=encoder), weights
