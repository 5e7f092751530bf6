"""The model: parts that give logits per head, and the blend that turns them into calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.heads import HATE, HEADS, LABELS
from moderator.scoring.embedded.linear import LinearPart
from moderator.scoring.embedded.network import NetworkPart
from moderator.scoring.embedded.stream import LetterStream, read_letters
from moderator.scoring.embedded.weights import Array, WeightsFile, read_weights

if TYPE_CHECKING:
    from moderator.scoring.encoder import EncoderPart, ReadText

FloatArray = NDArray[np.float32]
# What the model answers: the six labels, then hate against groups as a further probability.
ANSWERS: tuple[str, ...] = (*(str(label) for label in LABELS), HATE)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model says of texts.

    Attributes:
        chances: Calibrated probabilities 0..1, shape (texts, answers), columns as in `ANSWERS`.
        encoded: What its encoder read, per text; empty where it has none.
    """

    chances: FloatArray
    encoded: Sequence[ReadText] = ()


@dataclass(frozen=True)
class ToxicityModel:
    """Weights, ready to answer. Holds no state: safe to share between threads.

    Attributes:
        linear: The n-gram part.
        network: The order-aware part, if the weights have one.
        blend: What a unit of each part's head adds to each answer's logit. Shape (parts * heads, answers).
        blend_bias: Shape (answers,).
        encoder: The pretrained part, if the form has one.
    """

    linear: LinearPart
    network: NetworkPart | None
    blend: FloatArray
    blend_bias: FloatArray
    encoder: EncoderPart | None = None

    @staticmethod
    def unblended(
        linear: LinearPart, network: NetworkPart | None = None, encoder: EncoderPart | None = None
    ) -> ToxicityModel:
        """Parts with a blend of zeros: for fitting one on `part_logits`."""
        rows = len(HEADS) * sum(part is not None for part in (linear, network, encoder))
        blend, bias = np.zeros((rows, len(ANSWERS)), np.float32), np.zeros(len(ANSWERS), np.float32)
        return ToxicityModel(linear, network, blend, bias, encoder)

    def part_logits(self, texts: Sequence[str], stream: LetterStream | None = None) -> FloatArray:
        """Returns the parts' logits side by side, in the order above. Shape (texts, parts * heads).

        Args:
            texts: Any number.
            stream: Their letters, where they were read already.
        """
        return self._read(texts, stream)[0]

    def answer(self, texts: Sequence[str], stream: LetterStream | None = None) -> Answered:
        """Judges texts; arguments as above."""
        logits, encoded = self._read(texts, stream)
        return Answered(squash(logits @ self.blend + self.blend_bias), encoded)

    def _read(self, texts: Sequence[str], stream: LetterStream | None) -> tuple[FloatArray, Sequence[ReadText]]:
        stream = stream or read_letters(texts)
        parts = [self.linear.logits(stream)]
        if self.network is not None:
            parts.append(self.network.logits(stream))
        encoded: Sequence[ReadText] = ()
        if self.encoder is not None:
            encoded = self.encoder.read(texts)
            parts.append(self.encoder.stacked(encoded))
        return np.concatenate(parts, axis=1), encoded

    def letter_shares(self, stream: LetterStream, answers: Sequence[int]) -> FloatArray:
        """Returns what each letter adds to some answers' logits through the n-grams, shape (letters, answers asked)."""
        return self.linear.letter_shares(stream, self.blend[: len(HEADS)][:, list(answers)])

    def arrays(self) -> Mapping[str, Array]:
        """Returns what a weights file keeps of the model."""
        network: Mapping[str, Array] = {} if self.network is None else self.network.arrays()
        return {
            **{f"network.{name}": array for name, array in network.items()},
            "linear.idf": self.linear.idf,
            "linear.weights": self.linear.weights,
            "linear.scale": self.linear.scale,
            "linear.bias": self.linear.bias,
            "blend": self.blend,
            "blend.bias": self.blend_bias,
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> ToxicityModel:
        """Builds the model from a weights file's arrays.

        Raises:
            KeyError: An array is missing.
        """
        network = {name.removeprefix("network."): of for name, of in arrays.items() if name.startswith("network.")}
        return ToxicityModel(
            LinearPart(arrays["linear.idf"], arrays["linear.weights"], arrays["linear.scale"], arrays["linear.bias"]),
            NetworkPart.from_arrays(network) if network else None,
            arrays["blend"],
            arrays["blend.bias"],
        )


def squash(logits: FloatArray) -> FloatArray:
    """Returns the logistic function of each logit, 0..1."""
    return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)


def load_model(path: Path) -> tuple[ToxicityModel, WeightsFile]:
    """Loads a model.

    Returns:
        The model, and the file it came from.

    Raises:
        ScoringError: The file is missing, changed, or holds something else.
    """
    weights = read_weights(path)
    try:
        return ToxicityModel.from_arrays(weights.arrays), weights
    except KeyError as error:
        raise ScoringError(
            f"{path}: array {error} is missing", code="scoring.weights_unreadable", hint="Train the weights again."
        ) from error
