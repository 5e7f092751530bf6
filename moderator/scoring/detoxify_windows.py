"""Texts longer than a model's window, and texts of many lengths: what goes through the network together."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

MAX_TOKENS = 512
"""Window of all five published models, special tokens included."""

CPU_BUCKET_TOKENS = 512
"""Padded tokens in one forward pass. On a CPU more than one full window gains nothing, and unsorted padding loses
2.5x."""

OVERLAP_TOKENS = 64
"""Tokens that two neighbouring windows share, so that a sentence on the border is seen whole (some 45 words)."""


def token_windows(count: int, size: int, overlap: int = OVERLAP_TOKENS) -> list[tuple[int, int]]:
    """Cuts `count` tokens into overlapping windows that leave nothing out.

    Args:
        count: Tokens in the text.
        size: Most tokens in a window.
        overlap: Least tokens that neighbours share; at most half a window.

    Returns:
        `[start, end)` pairs, at least one. The last is moved back so that it's a full one: a short rest has no context.
    """
    if count <= size:
        return [(0, count)]
    step = size - min(overlap, size // 2)
    starts = [*range(0, count - size, step), count - size]
    return [(start, start + size) for start in starts]


def buckets(pieces: Sequence[tuple[int, list[int]]], budget: int) -> list[list[tuple[int, list[int]]]]:
    """Groups pieces of about the same length, so that little is padding.

    Args:
        pieces: Owner and token ids.
        budget: Most padded tokens in a group; a longer piece stands alone.

    Returns:
        Every piece once, longest first.
    """
    groups: list[list[tuple[int, list[int]]]] = []
    room = 0
    for piece in sorted(pieces, key=lambda piece: -len(piece[1])):
        if not room:
            groups.append([])
            room = max(1, budget // max(1, len(piece[1])))
        groups[-1].append(piece)
        room -= 1
    return groups


@dataclass(frozen=True, slots=True)
class TokenShape:
    """How a network wants its tokens.

    Attributes:
        window: Most tokens at a time, those two included.
        pad: Token that fills up.
        first: Token before every text.
        last: Token behind it.
    """

    window: int
    pad: int
    first: int
    last: int


class WindowedNetwork(ABC):
    """A classifier with a window, made to read texts of any length. What runs it is the subclass's matter.

    Attributes:
        classes: One name per output, in the checkpoint's own order, in today's words.
        device: Where it runs, for people.
        shape: How it wants its tokens.
    """

    def __init__(self, classes: tuple[str, ...], device: str, shape: TokenShape, budget: int) -> None:
        self.classes = classes
        self.device = device
        self.shape = shape
        self._window, self._pad = shape.window, shape.pad
        self._first, self._last = shape.first, shape.last
        self._budget = budget

    @abstractmethod
    def _encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids of each text, whole, without first and last token."""

    @abstractmethod
    def _forward(self, pieces: list[list[int]]) -> list[tuple[float, ...]]:
        """One row of probabilities per piece, one per class.

        Raises:
            RuntimeError: The network failed.
        """

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, whole, without the tokens that go before and behind it."""
        return self._encode(list(texts))

    def probabilities(self, texts: Sequence[str]) -> list[tuple[float, ...] | None]:
        """Scores texts of any length.

        A text longer than the window is cut into overlapping windows, and each class keeps its highest value: what is
        said once is said, however much surrounds it.

        Args:
            texts: Without lone surrogates. Any number, also none.

        Returns:
            One tuple per text, one probability 0..1 per class; `None` where the network failed on that text. A value
            can be NaN if the network gave none.
        """
        if not texts:
            return []
        encoded = self._encode(list(texts))
        pieces = [
            (owner, [self._first, *ids[start:end], self._last])
            for owner, ids in enumerate(encoded)
            for start, end in token_windows(len(ids), self._window - 2)
        ]
        best: list[list[tuple[float, ...]]] = [[] for _ in texts]
        failed: set[int] = set()
        for bucket in buckets(pieces, self._budget):
            for (owner, _), row in zip(bucket, self._run_bucket(bucket), strict=True):
                if row is None:
                    failed.add(owner)
                else:
                    best[owner].append(row)
        return [None if owner in failed else _highest(rows) for owner, rows in enumerate(best)]

    def _run_bucket(self, bucket: list[tuple[int, list[int]]]) -> list[tuple[float, ...] | None]:
        """One row per piece. Where the bucket as a whole fails, each piece is tried by itself."""
        try:
            return list(self._forward([ids for _, ids in bucket]))
        except RuntimeError:  # out of memory, mostly
            if len(bucket) == 1:
                return [None]
        return [row for piece in bucket for row in self._run_bucket([piece])]


def _highest(rows: list[tuple[float, ...]]) -> tuple[float, ...]:
    # max() would hide a NaN that doesn't come first.
    return tuple(math.nan if any(map(math.isnan, column)) else max(column) for column in zip(*rows, strict=True))
