"""Rows of like length together: little is padded, and the order is still random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def like_lengths(
    lengths: Sequence[int], batch: int, steps: int, sorted_batches: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yields the rows of each step.

    Args:
        lengths: Of each row.
        batch: Rows per step.
        steps: How many; the last pass over the rows may be a part of one.
        sorted_batches: Rows are sorted by length within so many batches.
        seed: Order of the rows.
    """
    order = np.random.default_rng(seed)
    sizes = np.array(lengths)
    stretch = batch * sorted_batches
    while steps > 0:
        shuffled = order.permutation(sizes.size)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, sizes.size, stretch):
            part = shuffled[start : start + stretch]
            part = part[np.argsort(sizes[part], kind="stable")]
            batches += [part[first : first + batch] for first in range(0, part.size, batch)]
        for index in order.permutation(len(batches))[:steps].tolist():
            yield batches[index]
        steps -= len(batches)
