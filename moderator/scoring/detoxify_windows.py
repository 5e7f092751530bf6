"""Texts longer than a model's window, and texts of many lengths: what goes through the network together."""

from __future__ import annotations

from collections.abc import Sequence

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
