"""What a site's own decisions teach of words: a correction to the n-gram part's weights, pulled towards none.

A logistic regression on top of what the model says already, with a Gaussian prior around the weights that it has: few
decisions move little, and a word that no decision speaks of stays where it was. No chance enters: the same decisions
give the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.linear import LinearPart
from moderator.scoring.training.linear import NgramTable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Bounds the time: beyond these, the weights move less than decisions are uncertain.
_NEWTON_STEPS, _GRADIENT_STEPS = 12, 12
_STEEPEST = 1e-3
# Of the slope's squared length: a hundredth of the length.
_NEAR_ENOUGH = 1e-4


@dataclass(frozen=True, slots=True)
class WordTable:
    """The n-grams of texts as the n-gram part weighs them: a sparse matrix whose rows have length 1.

    Attributes:
        slots: The slot of the part's table that each column stands for, ascending. Shape (columns,).
        columns, rows, values: The entries, text by text. Shape (entries,).
        first: Where each text's entries begin, and the end of the last. Shape (texts + 1,).
    """

    slots: Indices
    columns: Indices
    rows: Indices
    values: Floats
    first: Indices

    @staticmethod
    def of(texts: Sequence[str], part: LinearPart) -> WordTable:
        """Finds the n-grams of texts, without those that the part has never seen.

        Args:
            texts: Any number.
            part: Whose table and rarities to use.
        """
        if not texts:
            none = np.zeros(0, np.int64)
            return WordTable(none, none, none, np.zeros(0), np.zeros(1, np.int64))
        table = NgramTable.of(list(texts), part.slot_bits)
        text = np.repeat(np.arange(len(texts)), np.diff(table.first))
        idf = part.idf[table.slots].astype(np.float64)
        norms = np.sqrt(np.maximum(np.bincount(text, idf * idf, len(texts)), 1.0))
        seen = idf > 0
        slots, columns = np.unique(table.slots[seen], return_inverse=True)
        first = np.concatenate(([0], np.cumsum(np.bincount(text[seen], minlength=len(texts)))))
        return WordTable(slots, columns, text[seen], (idf / norms[text])[seen], first)

    @property
    def texts(self) -> int:
        """How many texts."""
        return self.first.size - 1

    def take(self, rows: Indices) -> WordTable:
        """The given texts alone, in that order; the columns stay."""
        counts = np.diff(self.first)[rows]
        ends = np.cumsum(counts)
        entries = np.arange(int(ends[-1]) if rows.size else 0) + np.repeat(self.first[rows] - (ends - counts), counts)
        kept = np.repeat(np.arange(rows.size), counts)
        return WordTable(self.slots, self.columns[entries], kept, self.values[entries], np.concatenate(([0], ends)))

    def says(self, weights: Floats) -> Floats:
        """What weights of the columns add to each text's logit."""
        return np.bincount(self.rows, self.values * weights[self.columns], self.texts).astype(np.float64, copy=False)

    def blame(self, errors: Floats) -> Floats:
        """What each column has to do with errors of the texts: the transposed product. Shape (columns,)."""
        return np.bincount(self.columns, self.values * errors[self.rows], self.slots.size).astype(
            np.float64, copy=False
        )


def fit_words(table: WordTable, truth: Floats, logits: Floats, pull: float, start: Floats | None = None) -> Floats:
    """The weights that explain decisions best which the logits don't, each pulled to 0.

    Args:
        table: The texts decided on.
        truth: 0 or 1 per text.
        logits: What is said of each text without these weights.
        pull: How hard, above 0: half of it times the squared weights is added to the log loss of all texts.
        start: Where to begin; nowhere but the time hangs on it.

    Returns:
        Per column of the table.

    Source: Newton's method with conjugate gradients, as in Lin, Weng and Keerthi 2008 (trust regions left out: the
    loss is convex, and a step that raises it is halved).
    """
    found = np.zeros(table.slots.size) if start is None else start.copy()
    height = _height(table, truth, logits, found, pull)
    for _ in range(_NEWTON_STEPS):
        chance = _squash(logits + table.says(found))
        slope = table.blame(chance - truth) + pull * found
        if np.abs(slope).max(initial=0.0) < _STEEPEST:
            break
        step = _downhill(table, np.maximum(chance * (1 - chance), 1e-9), slope, pull)
        for _ in range(_NEWTON_STEPS):
            tried = _height(table, truth, logits, found + step, pull)
            if tried < height:
                break
            step /= 2
        else:
            break
        found += step
        height = tried
    return found


def corrected(part: LinearPart, slots: Indices, head: int, weights: Floats) -> LinearPart:
    """The part with weights added to one head's; those of other heads and slots stay to the bit.

    Args:
        part: To start from.
        slots: Whose weights.
        head: Column of the table.
        weights: In units of the head's logit.
    """
    table = part.weights.astype(np.float16)
    steps = table[slots, head].astype(np.float64) + weights / float(part.scale[head])
    table[slots, head] = steps.astype(np.float16)
    return LinearPart(part.idf, table, part.scale, part.bias)


def _downhill(table: WordTable, bend: Floats, slope: Floats, pull: float) -> Floats:
    """Newton's step, solved for roughly: conjugate gradients."""
    step = np.zeros_like(slope)
    rest, along = -slope, -slope
    left = enough = float(rest @ rest)
    for _ in range(_GRADIENT_STEPS):
        curved = table.blame(bend * table.says(along)) + pull * along
        far = left / float(along @ curved)
        step += far * along
        rest = rest - far * curved
        before, left = left, float(rest @ rest)
        if left < _NEAR_ENOUGH * enough:
            break
        along = rest + left / before * along
    return step


def _height(table: WordTable, truth: Floats, logits: Floats, weights: Floats, pull: float) -> float:
    said = logits + table.says(weights)
    return float((np.logaddexp(0.0, said) - truth * said).sum() + 0.5 * pull * (weights @ weights))


def _squash(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
