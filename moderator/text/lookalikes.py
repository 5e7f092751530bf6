"""Letters of one script that pass for letters of another."""

from __future__ import annotations

import re

_MIXED = re.compile(r"[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]")
_WORD = re.compile(r"\w+")


def count_disguised_words(text: str) -> int:
    """How many words mix scripts so that a letter passes for another."""
    return sum(1 for word in _WORD.findall(text) if _MIXED.search(word)) if _MIXED.search(text) else 0
