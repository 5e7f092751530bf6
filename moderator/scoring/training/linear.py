"""Fits the linear part: logistic regression per head over hashed n-grams, all heads at once, in plain numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.linear import LinearPart
from moderator.scoring.embedded.ngrams import find_ngrams, unique_slots
from moderator.scoring.embedded.stream import read_letters
from moderator.scoring.training.adam import Adam
from moderator.scoring.training.rows import LabelledRows

FloatArray = NDArray[np.float32]
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class LinearRecipe:
    """How to fit. Source of the values: tried out on the development halves.

    Attributes:
        slot_bits: The table has `2 ** slot_bits` slots.
        step_sizes: Adam's step size in each pass over the data.
        batch: Rows per step.
        decay: Weight of the squared weights in the loss.
        rarest: Slots touched by fewer texts are left out.
        start_bias: Logit at the start; most labels are rare.
    """

    slot_bits: int = 18
    step_sizes: tuple[float, ...] = (0.05, 0.05, 0.02, 0.008)
    batch: int = 1024
    decay: float = 1e-6
    rarest: int = 3
    start_bias: float = -2.0


@dataclass(frozen=True, slots=True)
class NgramTable:
    """Which slots each text touches, distinct, in order of text: a sparse 0/1 matrix."""

    slots: NDArray[np.int64]
    first: NDArray[np.int64]

    @staticmethod
    def of(texts: list[str], slot_bits: int) -> NgramTable:
        """Finds the n-grams of all texts."""
        slots: list[NDArray[np.int64]] = []
        counts: list[NDArray[np.int64]] = []
        for start in range(0, len(texts), _CHUNK):
            stream = read_letters(texts[start : start + _CHUNK])
            text, touched = unique_slots(find_ngrams(stream, slot_bits), slot_bits)
            slots.append(touched.astype(np.int64))
            counts.append(np.bincount(text, minlength=stream.texts))
        first = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
        return NgramTable(np.concatenate(slots), first)

    def entries(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Returns, for the given texts, position of each entry among them and its slot."""
        counts = self.first[rows + 1] - self.first[rows]
        position = np.repeat(np.arange(rows.size), counts)
        offset = np.arange(position.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return position, self.slots[self.first[rows][position] + offset]


def inverse_document_frequency(table: NgramTable, slot_bits: int, rarest: int) -> FloatArray:
    """Returns ln((1 + texts) / (1 + texts with it)) + 1 per slot, 0 for slots rarer than `rarest`.

    Source: smoothed idf as in scikit-learn's `TfidfTransformer`.
    """
    seen_in = np.bincount(table.slots, minlength=1 << slot_bits)
    idf = np.log((table.first.size) / (1 + seen_in)) + 1
    return np.where(seen_in < rarest, 0, idf).astype(np.float32)


def fit_linear(
    rows: LabelledRows, recipe: LinearRecipe, seed: int, progress: Callable[[str, float], None]
) -> LinearPart:
    """Fits all heads; unknown targets cost nothing.

    Args:
        rows: What to learn from.
        recipe: How.
        seed: Order of the rows.
        progress: Told what is going on and the share done, 0..1.

    Returns:
        The quantised weights.
    """
    table = NgramTable.of(rows.texts, recipe.slot_bits)
    idf = inverse_document_frequency(table, recipe.slot_bits, recipe.rarest)
    weights = np.zeros((len(HEADS), 1 << recipe.slot_bits), np.float32)
    bias = np.full(len(HEADS), recipe.start_bias, np.float32)
    known = ~np.isnan(rows.targets)
    targets, counts = np.where(known, rows.targets, 0.0), known * rows.weights[:, None]
    steps = len(recipe.step_sizes) * -(-len(rows) // recipe.batch)
    adam = Adam([weights, bias])
    for step, (chosen, step_size) in enumerate(_batches(len(rows), recipe, seed)):
        position, slots = table.entries(chosen)
        values = idf[slots]
        norms = np.sqrt(np.maximum(np.bincount(position, values * values, chosen.size), 1.0)).astype(np.float32)
        values = values / norms[position]
        sums = [np.bincount(position, values * weights[head][slots], chosen.size) for head in range(len(HEADS))]
        error = (1 / (1 + np.exp(-(np.stack(sums, axis=1) + bias))) - targets[chosen]) * counts[chosen] / chosen.size
        slope = np.empty_like(weights)
        for head in range(len(HEADS)):
            slope[head] = np.bincount(slots, values * error[position, head], weights.shape[1])
        slope += 2 * recipe.decay * weights
        adam.step([slope, error.sum(axis=0).astype(np.float32)], step_size)
        progress("linear part", (step + 1) / steps)
    return LinearPart.quantise(idf, np.ascontiguousarray(weights.T), bias)


def _batches(rows: int, recipe: LinearRecipe, seed: int) -> Iterator[tuple[NDArray[np.int64], float]]:
    order = np.random.default_rng(seed)
    for step_size in recipe.step_sizes:
        shuffled = order.permutation(rows)
        for start in range(0, rows, recipe.batch):
            yield shuffled[start : start + recipe.batch], step_size
