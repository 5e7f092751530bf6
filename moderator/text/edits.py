"""A text that changes step by step and still knows where each of its characters came from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """Put `text` in place of `[start, end)`; empty text takes it out."""

    start: int
    end: int
    text: str


class Draft:
    """A text under folding.

    Args:
        text: The raw text.

    Attributes:
        text: What it is now.
        offsets: For each character of it the raw code point it came from, and the raw length at the end.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets: Sequence[int] = range(len(text) + 1)

    def apply(self, edits: Iterable[Edit]) -> bool:
        """Makes changes, all at once.

        A replacement as long as what it replaces is taken letter by letter; of any other, each character points at
        the first one replaced.

        Args:
            edits: In order of place, not overlapping.

        Returns:
            Whether there was any.
        """
        old, sources = self.text, self.offsets
        parts: list[str] = []
        offsets = array("I")
        done = 0
        for start, end, text in edits:
            parts += (old[done:start], text)
            offsets.extend(sources[done:start])
            if len(text) == end - start:
                offsets.extend(sources[start:end])
            else:
                offsets.extend([sources[start]] * len(text))
            done = end
        if not parts:
            return False
        parts.append(old[done:])
        offsets.extend(sources[done:])
        self.text, self.offsets = "".join(parts), offsets
        return True
