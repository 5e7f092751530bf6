"""A look at a window before the second reader's: a network a thousandth its size, which tells where reading is in vain.

It learned from the second reader's own answers, and sees the same words with the same groups masked. What it lets
through is read; what it doesn't couldn't have become an alarm, but for the share that its file states.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.weights import Array, WeightsFile, read_weights

GATE = "gate.safetensors"
"""Name of the gate's weights, beside the second reader's."""

UNKNOWN_ROWS = 64
"""Words that the vocabulary lacks share so many rows, by their last letters."""

REACH = 2
"""Words to either side that the first convolution sees. The second sees one word so far to either side of each."""

_LAST_LETTERS = 3
_SURE = "sure"
FloatArray = NDArray[np.float32]


def least_name(named: bool) -> str:
    """What the header calls the least guess with which a window is read; a chance that is asked for follows."""
    return f"least {'named' if named else 'unnamed'} "


def row_of(word: str, vocabulary: Mapping[str, int]) -> int:
    """The row of a lower-case word in the table of vectors."""
    known = vocabulary.get(word)
    return zlib.crc32(word[-_LAST_LETTERS:].encode()) % UNKNOWN_ROWS if known is None else known


def vocabulary_rows(words: list[str]) -> dict[str, int]:
    """Each word of a vocabulary with its row: those of unknown words come first."""
    return {word: row for row, word in enumerate(words, UNKNOWN_ROWS)}


class Gate:
    """The network in memory. Holds no state: safe to share between threads.

    Args:
        weights: What its file holds.

    Attributes:
        short_hash: First digits of the SHA-256 of its file.

    Raises:
        ScoringError: Something lacks in the file.
    """

    def __init__(self, weights: WeightsFile) -> None:
        self.short_hash = weights.short_hash
        try:
            arrays = weights.arrays
            self._vocabulary = vocabulary_rows(arrays["words"].tobytes().decode().split("\n"))
            self._vectors = arrays["vectors"]
            # From a word to what it adds to the places around it, side by side.
            self._first = _plain(arrays, "first") * _plain(arrays, "scale")[:, None]
            self._second, self._out = _plain(arrays, "second"), _plain(arrays, "out")
            self._first_bias, self._second_bias = _plain(arrays, "first_bias"), _plain(arrays, "second_bias")
            self._attention = _plain(arrays, "attention")
            self._bias = float(arrays["bias"][0])
            self._least = {named: _thresholds(weights.about, least_name(named)) for named in (True, False)}
            self._sure = float(weights.about[_SURE])
        except (KeyError, ValueError) as error:
            raise ScoringError(
                f"{GATE}: not the weights of a gate", code="scoring.weights_unreadable", hint="Install it again."
            ) from error

    def guess(self, text: str) -> float:
        """What the second reader will find in a window: log-odds that a group is blamed there."""
        rows = [row_of(word, self._vocabulary) for word in text.split()]
        count, channels = len(rows), self._first_bias.size
        added = np.zeros((count + 2 * REACH, self._first.shape[1]), np.float32)
        np.matmul(self._vectors[rows].astype(np.float32), self._first, out=added[REACH:-REACH])
        low = np.zeros((count + 2 * REACH, channels), np.float32)
        inner = low[REACH:-REACH]
        inner += self._first_bias
        for shift, (start, end) in enumerate(pairwise(range(0, added.shape[1] + 1, channels))):
            inner += added[shift : shift + count, start:end]
        np.maximum(inner, 0, out=inner)
        around = np.concatenate((low[:count], inner, low[2 * REACH :]), axis=1)
        high = np.maximum(around @ self._second + self._second_bias, 0) + inner
        shares = high @ self._attention
        shares = np.exp(shares - shares.max())
        pooled = np.concatenate((high.max(axis=0), shares @ high / shares.sum()))
        # Rounded, so that the order of a sum, which differs between processors, decides nothing.
        return round(float(pooled @ self._out) + self._bias, 3)

    def in_vain(self, guess: float, chance: float, *, named: bool) -> bool:
        """Whether the second reader will hardly see so high a chance of blame as is asked for.

        Args:
            guess: As `guess` gives it.
            chance: What is asked for, 0..1.
            named: Whether a group is named in the window.
        """
        return guess < max((least for from_, least in self._least[named] if from_ <= chance), default=-np.inf)

    def is_sure(self, guess: float) -> bool:
        """Whether the second reader will hardly deny that a group is blamed."""
        return guess >= self._sure


def shipped_gate(folder: Path, *, of: str | None = None) -> Gate:
    """Reads a gate.

    Args:
        folder: Where its file lies.
        of: SHA-256 of the second reader's numbers, which it must have learned from; `None` for any.

    Raises:
        ScoringError: Its file isn't there, was changed, or isn't a gate's; or it learned from another reader.
    """
    weights = read_weights(folder / GATE)
    if of is not None and weights.about.get("of") != of:
        raise ScoringError(
            f"{folder / GATE}: learned from another second reader",
            code="scoring.weights_changed",
            hint="Install the package again, or train both: moderator train blame --data DIR",
        )
    return Gate(weights)


def _thresholds(about: Mapping[str, str], name: str) -> list[tuple[float, float]]:
    return [(float(key.removeprefix(name)), float(value)) for key, value in about.items() if key.startswith(name)]


def _plain(arrays: Mapping[str, Array], name: str) -> FloatArray:
    return arrays[name].astype(np.float32)
