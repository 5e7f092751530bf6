"""Evidence in a shown text, and the mask over severe words: shape and first letters stay until somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import get_character_cell_size

from moderator.domain.score import Label, SpanRole
from moderator.text.visible import Visible

_DOT = "•"
_WIDE_DOT = "＊"  # noqa: RUF001 - two cells wide, as the letter that it stands for


@dataclass(frozen=True, slots=True)
class Evidence:
    """A highlighted stretch of the shown body: `[start, end)` in display characters.

    Attributes:
        label: What it speaks for; `None` for a word of a list.
        severe: Whether its words are masked until asked for.
    """

    start: int
    end: int
    role: SpanRole
    label: Label | None
    severe: bool


def mask(text: Visible, evidence: Iterable[Evidence]) -> Visible:
    """The text with every severe stretch masked: first letter of each word, then dots of the same width.

    Args:
        text: Text as shown.
        evidence: Stretches of it; only severe ones are masked.

    Returns:
        Text of the same length, so that every offset still fits.
    """
    letters = list(text)
    for piece in evidence:
        if piece.severe:
            _mask_words(letters, piece.start, piece.end)
    return Visible("".join(letters))


def masked(text: Visible) -> Visible:
    """The text with every word masked, where it isn't known which of them are the severe ones."""
    letters = list(text)
    _mask_words(letters, 0, len(letters))
    return Visible("".join(letters))


def _mask_words(letters: list[str], start: int, end: int) -> None:
    # A stretch that begins inside a word has no first letter to keep.
    in_word = start > 0 and letters[start - 1].isalnum()
    for at in range(start, min(end, len(letters))):
        letter = letters[at]
        if not letter.isalnum():
            in_word = in_word and not letter.isspace()
        elif in_word:
            letters[at] = _WIDE_DOT if get_character_cell_size(letter) > 1 else _DOT
        else:
            in_word = True
