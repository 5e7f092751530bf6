"""Texts of our own to compare, calibrate and measure with: kind, rude, neutral mentions of groups, short and long."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import cycle

_MEAN_LOG, _DEVIATION_LOG = 5.0, 0.93
_SHORTEST, _LONGEST = 20, 1_800
_SEED = 11
_COMPARED_COMMENTS = 100


def comparison_texts() -> list[str]:
    """Texts on which a converted network is compared with the original; none of them calibrates.

    What rounding moves far is rare: it takes many texts, and unusual ones. So there are single sentences and comments
    of every length up to several windows; each sentence disguised as people do it, which makes odd tokens; and what
    is hardly text: links, figures, signs, other scripts.
    """
    lines = _lines("convert")
    disguised = [disguise(line) for line, disguise in zip(lines, cycle(_DISGUISES), strict=False)]
    return [
        *lines,
        "",
        " ".join(lines) * 2,
        *_comments(_COMPARED_COMMENTS, lines),
        *disguised,
        " ".join(disguised),
        *_lines("convert_odd"),
    ]


def calibration_texts() -> list[str]:
    """Texts from which the ranges of values are taken, as long as comments are: single sentences have other ranges."""
    lines = _lines("calibrate")
    return [*_joined(lines, (1, 4, 2, 6)), *_joined(lines[::-1], (3, 1, 5, 2)), " ".join(lines) * 2]


def comments(count: int) -> list[str]:
    """Comments as long as comments are (log-normal, 236 characters on average), the same for everybody."""
    return _comments(count, [*_lines("convert"), *_lines("calibrate")])


def _comments(count: int, lines: Sequence[str]) -> list[str]:
    chance = random.Random(_SEED)  # noqa: S311 - no secret, and the same every time
    made: list[str] = []
    for _ in range(count):
        wanted = min(_LONGEST, max(_SHORTEST, chance.lognormvariate(_MEAN_LOG, _DEVIATION_LOG)))
        text = chance.choice(lines)
        while len(text) < wanted:
            text = f"{text} {chance.choice(lines)}"
        made.append(text[: int(wanted)])
    return made


def _in_signs(text: str) -> str:
    return text.translate(str.maketrans("aeiost", "@31057"))


def _in_look_alikes(text: str) -> str:
    return text.translate(str.maketrans("aceopxyi", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456"))


def _stretched(text: str) -> str:
    return "".join(char * 4 if char in "aeiou" else char for char in text) + "!!!!!!"


def _split(text: str) -> str:
    return " ".join(f"{word[:2]}.{word[2:]}" if len(word) > 3 else word for word in text.split())  # noqa: PLR2004


_DISGUISES: Sequence[Callable[[str], str]] = (
    _in_signs,
    " ".join,
    str.upper,
    _in_look_alikes,
    _stretched,
    "\u200b".join,
    _split,
    lambda text: text.replace(" ", ""),
)


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
