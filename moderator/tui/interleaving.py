"""Mixing mild comments in among the worst, so that a shift isn't one long row of them."""

from __future__ import annotations

from array import array


def interleaved(ids: array[int], every: int) -> array[int]:
    """A queue with one of its last comments after every few of its first.

    Args:
        ids: Comments, the riskiest first.
        every: After how many comments a mild one comes; 0 leaves the queue as it is.

    Returns:
        The same comments. The riskiest stay in their order; the mildest come in, the very mildest first. A million
        take some milliseconds.
    """
    mild = len(ids) // (every + 1)
    if every < 1 or not mild:
        return ids
    front, step = ids[: len(ids) - mild], every + 1
    mixed = array("q", bytes(8 * len(ids)))
    for at in range(every):
        mixed[at::step] = front[at::every]
    mixed[every::step] = ids[: len(ids) - mild - 1 : -1]
    return mixed
