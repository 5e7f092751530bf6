"""Which language a comment is in, as far as this model needs to know."""

# ruff: noqa: PLC0415  # the tables of the detector wait until a text needs them: plain English doesn't

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded.stream import HashArray, LetterStream, read_letters

# What the weights were trained on. A few rows of other languages slipped into the data; too few to count.
LEARNED = "en"
UNKNOWN = "und"
# A detector less sure than this doesn't keep a comment from being scored.
SURE = 0.8
# A text with this share of English function words is English; the detector is asked about the others only.
_ENGLISH_SHARE = 0.25
_FEWEST_WORDS = 4
# No word that other languages of these letters have often: Italian has "i", Polish "to".
_FUNCTION_WORDS = (
    "the and of is it that you this for are was with not have be they what your he she we his her from "
    "who will would there their if about which when them than then these those should could because were been "
    "don didn doesn isn how why does did my had but by just also very only into before where while between such "
    "out can our us more most some any now like know think people get got make its him here too much many every "
    "never ever being same other others again yes really good"
)
# Below the first bound letters are Latin; between the others stand signs and pictures, which have no script.
_LATIN_END = 0x0250
_SIGN_BLOCKS = ((0x2000, 0x2C00), (0x1F000, 0x20000))


@dataclass(frozen=True, slots=True)
class Tongue:
    """What a comment is written in.

    Attributes:
        code: ISO 639-1, `UNKNOWN` where it can't be told.
        learned: Whether the model may judge it: English, or so short or mixed that it may well be English.
    """

    code: str
    learned: bool


@lru_cache(maxsize=1)
def _function_words() -> HashArray:
    return np.unique(read_letters([_FUNCTION_WORDS]).word_hashes)


_ENGLISH = Tongue(LEARNED, learned=True)


def tell_languages(requests: Sequence[ScoreRequest], stream: LetterStream) -> list[Tongue]:
    """Tells each comment's language, one entry per request in the same order; `stream` holds their letters."""
    words = np.bincount(stream.word_text, minlength=len(requests))
    listed = _function_words()
    known = listed[np.minimum(np.searchsorted(listed, stream.word_hashes), listed.size - 1)] == stream.word_hashes
    english = np.bincount(stream.word_text, known, minlength=len(requests))
    plainly = ((words >= _FEWEST_WORDS) & (english >= _ENGLISH_SHARE * words)).tolist()
    foreign = _foreign_script(stream.codes, stream.text, len(requests)).tolist()
    return [
        _ENGLISH if plain and request.language in {None, LEARNED} else _ask(request, abroad)
        for request, plain, abroad in zip(requests, plainly, foreign, strict=True)
    ]


def _foreign_script(codes: NDArray[np.uint32], text: NDArray[np.int64], texts: int) -> NDArray[np.bool_]:
    foreign = codes >= _LATIN_END
    for start, end in _SIGN_BLOCKS:
        foreign &= (codes < start) | (codes >= end)
    if not foreign.any():
        return np.zeros(texts, bool)
    latin = (codes >= ord("a")) & (codes < _LATIN_END)
    return np.bincount(text, foreign, texts) > np.bincount(text, latin, texts)


def _ask(request: ScoreRequest, foreign_script: bool) -> Tongue:
    from moderator.text.language import detect

    found = detect(request.text, request.language)
    if foreign_script:
        # Hardly a Latin letter: not English, whatever the detector made of it.
        return Tongue(UNKNOWN if found.code == LEARNED else found.code, learned=False)
    # What the source says counts, unless the text plainly speaks another language: then `found` is that one.
    claimed = request.language not in {None, UNKNOWN}
    if found.code != UNKNOWN and (claimed or found.confidence >= SURE):
        return Tongue(found.code, learned=found.code == LEARNED)
    return Tongue(UNKNOWN, learned=True)
