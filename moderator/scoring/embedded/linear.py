"""The linear part: idf-weighted hashed n-grams times int8 weights.

A text's feature vector has one entry per distinct n-gram, its idf, and is scaled to length 1, so that a long
comment isn't loud by length. A head's logit is the sum over entries of feature times weight, plus a bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.ngrams import NgramHits, find_ngrams, slot_keys, unique_slots
from moderator.scoring.embedded.stream import LetterStream

FloatArray = NDArray[np.float32]
# Eight bytes per slot in the file; a power of two, so that no row of the table crosses a cache line.
ROW = 8
IDF_STEP = 1 / 16
_INT8_MAX = 127


@dataclass(frozen=True)
class LinearPart:
    """Quantised weights.

    Attributes:
        idf: Inverse document frequency in steps of `IDF_STEP`; 0 for a slot never seen. uint8, shape (slots,).
        weights: Shape (slots, ROW), in steps; the first `len(HEADS)` columns count. int8 as trained, float16 where
            they were adapted to a site, by fractions of a step.
        scale: What one step is worth per head. Shape (ROW,).
        bias: Logit of an empty text per head. Shape (heads,).
    """

    idf: NDArray[np.uint8]
    weights: NDArray[np.int8] | NDArray[np.float16]
    scale: FloatArray
    bias: FloatArray

    @staticmethod
    def quantise(idf: FloatArray, weights: FloatArray, bias: FloatArray) -> LinearPart:
        """Makes the int8 form of trained weights of shape (slots, heads)."""
        largest = np.maximum(np.abs(weights).max(axis=0), 1e-9)
        table = np.zeros((weights.shape[0], ROW), np.int8)
        table[:, : len(HEADS)] = np.rint(weights / largest * _INT8_MAX)
        scale = np.zeros(ROW, np.float32)
        scale[: len(HEADS)] = largest / _INT8_MAX
        return LinearPart(np.rint(idf / IDF_STEP).clip(0, 255).astype(np.uint8), table, scale, bias)

    @cached_property
    def slot_bits(self) -> int:
        """The table has `2 ** slot_bits` slots."""
        return int(self.idf.size).bit_length() - 1

    @cached_property
    def _table(self) -> FloatArray:
        # Turned into float32 once: BLAS multiplies no int8, and each batch touches tens of thousands of rows.
        return self.weights.astype(np.float32)

    def _rows(self, slots: NDArray[np.uint32]) -> FloatArray:
        return np.take(self._table, slots, axis=0)

    def logits(self, stream: LetterStream) -> FloatArray:
        """Returns one logit per text and head, shape (texts, heads)."""
        text, slots = unique_slots(find_ngrams(stream, self.slot_bits), self.slot_bits)
        values = self.idf[slots].astype(np.float32)
        sums = np.zeros((stream.texts, ROW), np.float32)
        squares = np.zeros(stream.texts, np.float32)
        rows = self._rows(slots)
        bounds = np.searchsorted(text, np.arange(stream.texts + 1)).tolist()
        for index, (start, end) in enumerate(pairwise(bounds)):
            entries = values[start:end]
            np.dot(entries, rows[start:end], out=sums[index])
            squares[index] = np.dot(entries, entries)
        logits = (sums * self.scale / np.sqrt(np.maximum(squares, 1.0))[:, None])[:, : len(HEADS)] + self.bias
        return logits.astype(np.float32)

    def letter_shares(self, stream: LetterStream, directions: FloatArray) -> FloatArray:
        """Shares what the n-grams say in some directions out over the letters that earned it.

        An n-gram that stands in a text several times counts once; its contribution is shared among its places,
        and within a place among its letters. Summed over a text's letters this is its logits, less the bias,
        times `directions`.

        Args:
            stream: The batch.
            directions: What is asked for, as weights of the heads. Shape (heads, directions).

        Returns:
            Contribution per letter of the stream and direction, shape (letters, directions).
        """
        hits = find_ngrams(stream, self.slot_bits)
        shares = np.zeros((stream.codes.size + 1, directions.shape[1]), np.float64)
        if hits.slots.size:
            each = self._hit_values(hits, stream.texts) / (hits.ends - hits.starts)
            towards = self.scale[: len(HEADS), None] * directions
            per_letter = (self._rows(hits.slots)[:, : len(HEADS)] @ towards) * each[:, None]
            # Add where an n-gram starts, take away where it ends: the running sum is what covers each letter.
            for column in range(directions.shape[1]):
                shares[:, column] += np.bincount(hits.starts, per_letter[:, column], shares.shape[0])
                shares[:, column] -= np.bincount(hits.ends, per_letter[:, column], shares.shape[0])
        return np.cumsum(shares, axis=0)[:-1].astype(np.float32)

    def _hit_values(self, hits: NgramHits, texts: int) -> FloatArray:
        """Returns each occurrence's entry in its text's feature vector, shared among equal ones."""
        distinct, place, times = np.unique(slot_keys(hits, self.slot_bits), return_inverse=True, return_counts=True)
        values = self.idf[distinct & ((1 << self.slot_bits) - 1)].astype(np.float32)
        squares = np.bincount((distinct >> self.slot_bits).astype(np.int64), values * values, texts)
        norms = np.sqrt(np.maximum(squares, 1.0))[hits.text]
        return (self.idf[hits.slots] / times[place] / norms).astype(np.float32)
