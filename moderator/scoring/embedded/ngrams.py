"""Hashed n-grams: which slots of the linear model's table a text touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.stream import HashArray, IntArray, LetterStream, mix

# Lengths and kinds of n-grams. Source: measured on the development halves (see the model card).
CHARACTER_LENGTHS = (3, 4, 5)
_CHARACTER_BASE = np.uint64(0xD6E8FEB86659FD93)
_BIGRAM_SALT = np.uint64(0xA0761D6478BD642F)
_UNIGRAM_SALT = np.uint64(0xE7037ED1A0B428DB)


@dataclass(frozen=True, slots=True)
class NgramHits:
    """Which slot is touched by which letters. One row per n-gram occurrence, not yet counted or made unique.

    Attributes:
        slots: Index into the weight table. Shape (hits,).
        text: Index of the text. Shape (hits,).
        starts, ends: `[start, end)` in the letter stream. Shape (hits,).
    """

    slots: NDArray[np.uint32]
    text: IntArray
    starts: IntArray
    ends: IntArray


def _slot(hashes: HashArray, slot_bits: int) -> NDArray[np.uint32]:
    # The upper bits of a multiplicative hash are its best mixed ones.
    return (hashes >> np.uint64(64 - slot_bits)).astype(np.uint32)


def find_ngrams(stream: LetterStream, slot_bits: int) -> NgramHits:
    """Finds all word 1-2-grams and character 3-5-grams of a batch.

    Args:
        stream: The batch.
        slot_bits: The table has `2 ** slot_bits` slots.

    Returns:
        All occurrences, grouped by kind; none crosses from one text into the next.
    """
    slots: list[NDArray[np.uint32]] = []
    texts: list[IntArray] = []
    starts: list[IntArray] = []
    ends: list[IntArray] = []

    def add(hashes: HashArray, text: IntArray, start: IntArray, end: IntArray) -> None:
        slots.append(_slot(hashes, slot_bits))
        texts.append(text)
        starts.append(start)
        ends.append(end)

    words = stream.word_hashes
    add(mix(words ^ _UNIGRAM_SALT), stream.word_text, stream.word_starts, stream.word_ends)
    pair = np.flatnonzero(stream.word_text[1:] == stream.word_text[:-1])
    bigrams = mix((words[pair] * _CHARACTER_BASE + words[pair + 1]) ^ _BIGRAM_SALT)
    add(bigrams, stream.word_text[pair], stream.word_starts[pair], stream.word_ends[pair + 1])

    rolling = letters = stream.hashes
    for length in range(2, max(CHARACTER_LENGTHS) + 1):
        if letters.size < length:
            break
        rolling = rolling[:-1] * _CHARACTER_BASE + letters[length - 1 :]
        if length in CHARACTER_LENGTHS:
            whole = np.flatnonzero(stream.text[: rolling.size] == stream.text[length - 1 :])
            add(mix(rolling[whole] + np.uint64(length)), stream.text[whole], whole, whole + length)
    return NgramHits(np.concatenate(slots), np.concatenate(texts), np.concatenate(starts), np.concatenate(ends))


def slot_keys(hits: NgramHits, slot_bits: int) -> NDArray[np.uint32] | NDArray[np.uint64]:
    """Returns text and slot of each hit as one number, the text in the upper bits.

    Plain numbers sort quicker than rows, and 32 bits quicker than 64.
    """
    if hits.text.size and int(hits.text.max()) < 1 << (32 - slot_bits):
        return (hits.text.astype(np.uint32) << np.uint32(slot_bits)) | hits.slots
    return (hits.text.astype(np.uint64) << np.uint64(slot_bits)) | hits.slots


def unique_slots(hits: NgramHits, slot_bits: int) -> tuple[IntArray, NDArray[np.uint32]]:
    """Makes the slots of each text unique: an n-gram counts once, however often it stands there.

    Returns:
        Text index and slot per distinct pair, ordered by text, then slot.
    """
    keys = np.sort(slot_keys(hits, slot_bits))
    first = np.ones(keys.size, bool)
    first[1:] = keys[1:] != keys[:-1]
    keys = keys[first]
    return (keys >> slot_bits).astype(np.int64), (keys & ((1 << slot_bits) - 1)).astype(np.uint32)
