"""Texts as one stream of plain letters, for whole batches at once.

Everything here works on arrays over all texts of a batch: a Python loop per character or per n-gram would
cost a hundred times more. Letters lose case and accents, punctuation becomes a gap, each symbol (an emoji, say)
is a word of its own, and every kept letter remembers which code point of which text it came from.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
CodeArray = NDArray[np.uint32]
HashArray = NDArray[np.uint64]

GAP = 32
_GAP, _LETTER, _SYMBOL, _DROPPED = 0, 1, 2, 3
# Above this every code point is taken for a letter of its own script, unless it stands in a block of signs.
_TABLE_END = 0x3100
_SIGN_BLOCKS = (
    (0xFE00, 0xFE10, _DROPPED),
    (0xFF00, 0xFFF0, _GAP),
    (0x1F000, 0xE0000, _SYMBOL),
    (0xE0000, 0x110000, _DROPPED),
)
# Odd, so that multiplication modulo 2**64 can be undone; the golden ratio spreads neighbouring code points.
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 2**64)
# A letter repeated more often than this is written this often: "soooo" and "sooooooo" are one word.
_LONGEST_RUN = 2


@dataclass(frozen=True, slots=True)
class LetterStream:
    """The letters of a batch, end to end, with one gap before and after each text.

    Attributes:
        codes: Code point per kept letter, `GAP` between words. Shape (letters,).
        source: Index of the code point in its own raw text. Shape (letters,).
        text: Index of the text. Shape (letters,), ascending.
        hashes: 64-bit hash of each letter. Shape (letters,).
        word_starts, word_ends: `[start, end)` of each word in `codes`. Shape (words,), ascending.
        word_text: Index of the text of each word. Shape (words,).
        word_hashes: 64-bit hash of each word's letters. Shape (words,).
        texts: How many texts the batch has, empty ones included.
    """

    codes: CodeArray
    source: IntArray
    text: IntArray
    hashes: HashArray
    word_starts: IntArray
    word_ends: IntArray
    word_text: IntArray
    word_hashes: HashArray
    texts: int


def _plain_letter(code: int) -> tuple[int, int]:
    """Returns the letter that stands for a code point, and what kind of sign it is."""
    char = chr(code)
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Mn", "Me"}:
        return GAP, _DROPPED
    # Only the first letter: a table maps one to one, so that offsets survive.
    base = unicodedata.normalize("NFKD", char)[0].lower()[0]
    if base.isalnum():
        return ord(base), _LETTER
    return (code, _SYMBOL) if unicodedata.category(char) == "So" else (GAP, _GAP)


@lru_cache(maxsize=1)
def _tables() -> tuple[CodeArray, NDArray[np.uint8]]:
    """Returns, for code points below `_TABLE_END`, the plain letter and the kind."""
    pairs = [_plain_letter(code) for code in range(_TABLE_END)]
    return np.array([letter for letter, _ in pairs], np.uint32), np.array([kind for _, kind in pairs], np.uint8)


def _classify(raw: CodeArray) -> tuple[CodeArray, NDArray[np.uint8]]:
    letters, kinds = _tables()
    low = np.minimum(raw, _TABLE_END - 1)
    codes, kind = letters[low], kinds[low]
    high = np.flatnonzero(raw >= _TABLE_END)
    if high.size:
        codes[high], kind[high] = raw[high], _LETTER
        for start, end, block_kind in _SIGN_BLOCKS:
            inside = high[(raw[high] >= start) & (raw[high] < end)]
            kind[inside] = block_kind
            if block_kind == _GAP:
                codes[inside] = GAP
    return codes, kind


def read_letters(texts: Sequence[str]) -> LetterStream:
    """Turns texts into one letter stream.

    Args:
        texts: Raw texts, of any length and content; lone surrogates too.

    Returns:
        The stream; a text without a letter contributes gaps only.
    """
    # Each text owns a gap before and one after it, so that it looks the same in any company.
    joined = "".join(f"\n{text}\n" for text in texts)
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter((len(text) + 2 for text in texts), np.int64, len(texts))
    text = np.repeat(np.arange(len(texts)), lengths)
    codes, kind = _classify(raw)
    places = np.flatnonzero(kind != _DROPPED)
    if places.size < raw.size:
        codes, kind, text = codes[places], kind[places], text[places]
    keep = np.ones(codes.size, bool)
    gap = kind == _GAP
    keep[1:] &= ~(gap[1:] & gap[:-1] & (text[1:] == text[:-1]))
    repeated = codes[1:] == codes[:-1]
    stretched = repeated[1:] & repeated[:-1] & (kind[2:] == _LETTER)
    keep[_LONGEST_RUN:] &= ~stretched
    kept = np.flatnonzero(keep)
    codes, kind, text, places = codes[kept], kind[kept], text[kept], places[kept]
    firsts = np.cumsum(lengths) - lengths + 1
    return _find_words(codes, kind, text, places - firsts[text], len(texts))


def _find_words(
    codes: CodeArray, kind: NDArray[np.uint8], text: IntArray, source: IntArray, texts: int
) -> LetterStream:
    inside = kind != _GAP
    follows = np.zeros(codes.size, bool)
    follows[1:] = inside[1:] & inside[:-1] & (kind[1:] == _LETTER) & (kind[:-1] == _LETTER)
    starts = np.flatnonzero(inside & ~follows)
    ends_here = np.ones(codes.size, bool)
    ends_here[:-1] = ~follows[1:]
    ends = np.flatnonzero(inside & ends_here) + 1
    hashes = mix(codes.astype(np.uint64))
    words = _hash_ranges(hashes, starts, ends)
    return LetterStream(codes, source, text, hashes, starts, ends, text[starts], words, texts)


def mix(hashes: HashArray) -> HashArray:
    """Spreads the information of each 64-bit value over all its bits.

    Source: finaliser of MurmurHash3 (Austin Appleby, public domain).
    """
    shifted = hashes >> np.uint64(33)
    mixed = hashes ^ shifted
    for factor in (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)):
        mixed *= factor
        mixed ^= np.right_shift(mixed, np.uint64(33), out=shifted)
    return mixed


def _powers(base: int, count: int) -> HashArray:
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers)


def _hash_ranges(hashes: HashArray, starts: IntArray, ends: IntArray) -> HashArray:
    """Hashes each `[start, end)` of a stream's letters, as a polynomial modulo 2**64 over prefix sums.

    Returns:
        One 64-bit hash per range: equal letters, equal hash, wherever they stand.
    """
    prefix = np.zeros(hashes.size + 1, np.uint64)
    np.cumsum(hashes * _powers(_BASE, hashes.size), out=prefix[1:])
    # Undoing the power of the start makes the hash independent of where in the batch the word stands.
    return mix((prefix[ends] - prefix[starts]) * _powers(_BASE_INVERSE, hashes.size)[starts])
