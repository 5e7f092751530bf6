"""Where a text holds web and mail addresses and handles: nothing in them is folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

# A chunk between spaces with a sign in it that every address and handle has.
_CHUNK = re.compile(r"(?<!\S)[^\s@/.]*+[@/.]\S*+")
_HINT = re.compile(r"[@/]|www\.|\.\w", re.IGNORECASE)
_ADDRESS = re.compile(
    r"://|(?<!\w)www\.|^\W?@(?!\W)|[^\s@]@[^@\s.]+\.\w|\w\.(?:com|org|net|info|edu|gov|io|tv|eu|uk|de|at|ch|fr|es|it"
    r"|pl|ru|ua|by|рф|укр)(?!\w)|^/\w",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)  # every step of folding asks about the same text
def addresses(text: str) -> list[tuple[int, int]]:
    """Spans of the chunks between spaces that hold an address or are a handle, in order."""
    if _HINT.search(text) is None:
        return []
    return [chunk.span() for chunk in _CHUNK.finditer(text) if _ADDRESS.search(chunk.group())]


def outside(matches: Iterable[re.Match[str]], spans: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """Those matches that touch none of the spans. Both in order of place; linear."""
    at = 0
    for match in matches:
        while at < len(spans) and spans[at][1] <= match.start():
            at += 1
        if at == len(spans) or match.end() <= spans[at][0]:
            yield match
