"""The order-aware part: a small convolutional network over words, in plain numpy.

It sees what n-grams can't: that a word is negated, quoted, or said of a thing and not of people. Each word is looked
up by its hash; two convolutions see five, then nine words; the loudest place and a weighted mean speak for the text.

All texts of a batch lie end to end in one matrix with `GAP_ROWS` empty rows between them, so no time goes into padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.stream import HashArray, IntArray, LetterStream
from moderator.scoring.embedded.weights import Array

FloatArray = NDArray[np.float32]
# A convolution reaches two rows to either side.
GAP_ROWS = 2
FIRST_OFFSETS, SECOND_OFFSETS = (-2, -1, 0, 1, 2), (-2, 0, 2)
# Words that the vocabulary lacks share this many places: two to the power of the hash bits used.
UNKNOWN_BITS = 9
UNKNOWN_PLACES = 1 << UNKNOWN_BITS
# What the layers make of so many rows stays in a core's second-level cache.
_BLOCK_ROWS = 1024


def find_words(hashes: HashArray, vocabulary: HashArray) -> IntArray:
    """Returns the row of each word in the embedding table: unknown words first, then the vocabulary in its order."""
    known = np.minimum(np.searchsorted(vocabulary, hashes), vocabulary.size - 1)
    unknown = (hashes >> np.uint64(64 - UNKNOWN_BITS)).astype(np.int64)
    return np.where(vocabulary[known] == hashes, known + UNKNOWN_PLACES, unknown)


@dataclass(frozen=True)
class NetworkPart:
    """Quantised word vectors and the network's matrices.

    Attributes:
        vocabulary: Hashes of the known words, ascending. Shape (words,).
        vectors: int8, shape (UNKNOWN_PLACES + words, width).
        scale: What one int8 step is worth per column. Shape (width,).
        first: One matrix per offset in `FIRST_OFFSETS`. Shape (5, width, channels); `first_bias` (channels,).
        second: One matrix per offset in `SECOND_OFFSETS`. Shape (3, channels, channels); `second_bias` (channels,).
        attention: How much a place counts in the mean. Shape (channels,).
        out: From the maximum and the mean, end to end, to the heads. Shape (2 * channels, heads); `bias` (heads,).
    """

    vocabulary: HashArray
    vectors: NDArray[np.int8]
    scale: FloatArray
    first: FloatArray
    first_bias: FloatArray
    second: FloatArray
    second_bias: FloatArray
    attention: FloatArray
    out: FloatArray
    bias: FloatArray

    def logits(self, stream: LetterStream) -> FloatArray:
        """Returns one logit per text and head, shape (texts, heads)."""
        if not stream.texts:
            return np.zeros((0, self.bias.size), np.float32)
        words = np.zeros(stream.word_text.size + GAP_ROWS * (stream.texts + 1), np.int64)
        rows = np.arange(stream.word_text.size) + GAP_ROWS * (stream.word_text + 1)
        words[rows] = find_words(stream.word_hashes, self.vocabulary) + 1
        gaps = np.flatnonzero(words == 0)
        low = self._first_layer(words)
        low[gaps] = 0
        high = _convolve(low, self.second, SECOND_OFFSETS, self.second_bias)
        high += low
        high[gaps] = 0
        counts = np.bincount(stream.word_text, minlength=stream.texts)
        # The gap after a text belongs to it here: an empty text still owns rows, and zeros change no maximum.
        starts = np.cumsum(counts) - counts + GAP_ROWS * (np.arange(stream.texts) + 1)
        return (self._pool(high, gaps, starts) @ self.out + self.bias).astype(np.float32)

    @cached_property
    def _scaled_first(self) -> FloatArray:
        # What an int8 step is worth, put into the matrices: a few thousand products at loading, not millions later.
        return self.first * self.scale[:, None]

    def _first_layer(self, words: IntArray) -> FloatArray:
        """Convolves word vectors; `words` holds one more than each one's row in the table, 0 for a gap.

        What a word adds to its neighbourhood doesn't depend on the others: it's computed once for all its places.
        """
        numbers = np.zeros(self.vectors.shape[0] + 1, np.int64)
        numbers[words] = 1
        distinct = np.flatnonzero(numbers)
        numbers[distinct] = np.arange(distinct.size)
        vectors = self.vectors[distinct - 1].astype(np.float32)
        vectors[0] = 0
        added = np.matmul(vectors, self._scaled_first)
        added[FIRST_OFFSETS.index(0)] += self.first_bias
        places = numbers[words]
        total = np.zeros((words.size, self.first_bias.size), np.float32)
        buffer = np.empty((_BLOCK_ROWS, self.first_bias.size), np.float32)
        for start, end in _blocks(words.size):
            out, taken = total[start:end], buffer[: end - start]
            for offset, table in zip(FIRST_OFFSETS, added, strict=True):
                out += np.take(table, places[start + offset : end + offset], axis=0, out=taken, mode="clip")
            np.maximum(out, 0, out=out)
        return total

    def _pool(self, high: FloatArray, gaps: IntArray, starts: IntArray) -> FloatArray:
        """Returns maximum and weighted mean of each text's rows, side by side, shape (texts, 2 * channels)."""
        channels = high.shape[1]
        weights = self._weights(high, gaps, starts)
        pooled = np.empty((starts.size, 2 * channels), np.float32)
        for index, (start, end) in enumerate(pairwise([*starts.tolist(), high.shape[0]])):
            rows = high[start:end]
            np.maximum.reduce(rows, axis=0, out=pooled[index, :channels])
            np.dot(weights[start:end], rows, out=pooled[index, channels:])
        return pooled

    def _weights(self, high: FloatArray, gaps: IntArray, starts: IntArray) -> FloatArray:
        """Returns how much each row counts in its text's mean; they sum to 1 per text, 0 without a word."""
        # Shifted by the maximum per text, so that no exponential overflows.
        scores = high @ self.attention
        sizes = np.diff(np.append(starts, scores.size))
        highest = np.repeat(np.maximum.reduceat(scores, starts), sizes)
        weights = np.zeros_like(scores)
        weights[starts[0] :] = np.exp(np.minimum(scores[starts[0] :] - highest, 0))
        weights[gaps] = 0
        totals = np.maximum(np.add.reduceat(weights, starts), np.float32(1e-30))
        weights[starts[0] :] /= np.repeat(totals, sizes)
        return weights

    @staticmethod
    def quantise(vocabulary: HashArray, vectors: FloatArray, matrices: Mapping[str, FloatArray]) -> NetworkPart:
        """Makes the compact form of trained weights; `matrices` as the attributes are named."""
        scale = np.maximum(np.abs(vectors).max(axis=0), 1e-9) / 127
        table = np.rint(vectors / scale).astype(np.int8)
        # Kept as 16-bit numbers in the file: computing with what will be read back keeps training and scoring alike.
        rounded = {name: matrix.astype(np.float16).astype(np.float32) for name, matrix in matrices.items()}
        return NetworkPart(vocabulary, table, scale.astype(np.float32), **rounded)

    def arrays(self) -> Mapping[str, Array]:
        """Returns what a weights file keeps of this part."""
        halves = {name: getattr(self, name).astype(np.float16) for name in _MATRICES}
        return {"vocabulary": self.vocabulary, "vectors": self.vectors, "scale": self.scale, **halves}

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> NetworkPart:
        """Builds the part from a weights file's arrays.

        Raises:
            KeyError: An array is missing.
        """
        matrices = {name: arrays[name].astype(np.float32) for name in _MATRICES}
        return NetworkPart(arrays["vocabulary"], arrays["vectors"], arrays["scale"], **matrices)


_MATRICES = ("first", "first_bias", "second", "second_bias", "attention", "out", "bias")


def _blocks(length: int) -> Iterator[tuple[int, int]]:
    """Yields `[start, end)` of the blocks of a matrix's rows; the gaps at both ends are in none."""
    last = length - GAP_ROWS
    for start in range(GAP_ROWS, last, _BLOCK_ROWS):
        yield start, min(start + _BLOCK_ROWS, last)


def _convolve(rows: FloatArray, matrices: FloatArray, offsets: tuple[int, ...], bias: FloatArray) -> FloatArray:
    """Returns max(0, sum over offsets of the row at that offset times its matrix, plus bias), shape like `rows`."""
    width = rows.shape[1]
    stacked = matrices.reshape(-1, matrices.shape[2])
    total = np.zeros((rows.shape[0], matrices.shape[2]), np.float32)
    around = np.empty((_BLOCK_ROWS, stacked.shape[0]), np.float32)
    for start, end in _blocks(rows.shape[0]):
        # Side by side, so that one wide product does for several narrow ones and their sums.
        block, out = around[: end - start], total[start:end]
        for place, offset in enumerate(offsets):
            block[:, place * width : (place + 1) * width] = rows[start + offset : end + offset]
        np.matmul(block, stacked, out=out)
        out += bias
        np.maximum(out, 0, out=out)
    return total
