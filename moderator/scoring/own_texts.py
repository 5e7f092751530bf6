"""Texts of our own to compare, calibrate and measure with: kind, rude, neutral mentions of groups, short and long."""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib.resources import files
from itertools import cycle

_MEAN_LOG, _DEVIATION_LOG = 5.0, 0.93
_SHORTEST, _LONGEST = 20, 1_800
_SEED = 11


def comparison_texts() -> list[str]:
    """Texts on which a converted network is compared with the original; none of them calibrates."""
    lines = _lines("convert")
    return [*lines, "", " ".join(lines) * 2]


def calibration_texts() -> list[str]:
    """Texts from which the ranges of values are taken, as long as comments are: single sentences have other ranges."""
    lines = _lines("calibrate")
    return [*_joined(lines, (1, 4, 2, 6)), *_joined(lines[::-1], (3, 1, 5, 2)), " ".join(lines) * 2]


def comments(count: int) -> list[str]:
    """Comments as long as comments are (log-normal, 236 characters on average), the same for everybody."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret, and the same every time
    lines = [*_lines("convert"), *_lines("calibrate")]
    made: list[str] = []
    for _ in range(count):
        wanted = min(_LONGEST, max(_SHORTEST, chance.lognormvariate(_MEAN_LOG, _DEVIATION_LOG)))
        text = chance.choice(lines)
        while len(text) < wanted:
            text = f"{text} {chance.choice(lines)}"
        made.append(text[: int(wanted)])
    return made


def _lines(name: str) -> list[str]:
    return files("moderator.scoring").joinpath(f"{name}_sample.txt").read_text(encoding="utf-8").splitlines()


def _joined(lines: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Lines put together, as many at a time as `sizes` say in turn."""
    rest, made = list(lines), list[str]()
    for size in cycle(sizes):
        if not rest:
            break
        made.append(" ".join(rest[:size]))
        del rest[:size]
    return made
