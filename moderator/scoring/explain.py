"""Why a network flagged a text: the words without which it would say less.

A network has no list of words to look in, so it's asked again: first phrase by phrase, which of them speaks for the
label by itself; then, within the loudest, word by word, how much is lost without it. Both cost a few times the text's
own length in tokens, however long it is.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Row = tuple[float, ...]
Ask = Callable[[Sequence[str]], Sequence[Row | None]]
"""Texts in, per text one probability per class out; `None` where the network failed."""

WORD = re.compile(r"\S+")
_EDGES = re.compile(r"^\W+|\W+$")
_PHRASE_WORDS = 8
_STEP_WORDS = 4
"""Phrases overlap by half, so that what is said across a border is whole in one of them."""

_SECOND_SHARE = 0.5
"""A second phrase is looked into if it speaks at least half as loud as the loudest."""

MOST_SPANS = 4
"""Few enough to read at a glance."""
_ENOUGH_EXPLAINED = 0.6
_LEAST_SHARE = 0.25
"""Words are taken, heaviest first, until they carry 60 % of what speaks for the label; one that carries less than a
quarter of the heaviest is noise. Source: the same bounds as the embedded scorer's evidence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that carried a class: `[start, end)` in the text given, and by how much in logits."""

    start: int
    end: int
    column: int
    weight: float


@dataclass(slots=True)
class _Asker:
    """Asks the network until time is up, never twice the same."""

    ask: Ask
    deadline: float
    known: dict[str, Row | None] = field(default_factory=dict[str, Row | None])

    def __call__(self, texts: Sequence[str]) -> list[Row | None]:
        """Rows of the texts; `None` for those there was no time for. Time is looked at before every few texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        for start in range(0, len(new), _STEP_WORDS * 2):
            if time.monotonic() > self.deadline:
                break
            part = new[start : start + _STEP_WORDS * 2]
            self.known.update(zip(part, self.ask(part), strict=True))
        return [self.known.get(text) for text in texts]


def explain(text: str, columns: Sequence[int], ask: Ask, limit_s: float) -> list[Evidence]:
    """Finds the words that carried some classes of a text.

    Args:
        text: As the network read it.
        columns: Classes to explain, by their place in a row.
        ask: The network.
        limit_s: How long it may take, in seconds, give or take a few short texts. What is found until then counts.

    Returns:
        Per class at most `MOST_SPANS` pieces in text order, none overlapping another of its class. None at all where
        no single word speaks for the class.
    """
    words = [match.span() for match in WORD.finditer(text)]
    if not words or not columns:
        return []
    asker = _Asker(ask, time.monotonic() + limit_s)
    phrases = _phrases(len(words))
    rows = asker([_cut(text, words, phrase) for phrase in phrases]) if len(phrases) > 1 else [None]
    found: list[Evidence] = []
    for column in columns:
        weights: dict[int, float] = {}
        for phrase in _loudest(phrases, rows, column):
            for word, weight in _word_weights(asker, text, words, phrase, column).items():
                weights[word] = max(weight, weights.get(word, 0.0))
        found += merged(text, words, weights, column)
    return found


def _phrases(count: int) -> list[range]:
    if count <= _PHRASE_WORDS + _STEP_WORDS:
        return [range(count)]
    starts = [*range(0, count - _PHRASE_WORDS, _STEP_WORDS), count - _PHRASE_WORDS]
    return [range(start, start + _PHRASE_WORDS) for start in starts]


def _loudest(phrases: Sequence[range], rows: Sequence[Row | None], column: int) -> list[range]:
    """The phrase that speaks loudest for a class, and a second one apart from it that's nearly as loud."""
    if len(phrases) == 1:
        return list(phrases)
    heard = [(row[column], phrase) for phrase, row in zip(phrases, rows, strict=True) if row is not None]
    heard.sort(key=lambda pair: -pair[0])
    chosen = heard[:1]
    for loudness, phrase in heard[1:]:
        apart = phrase.start >= chosen[0][1].stop or phrase.stop <= chosen[0][1].start
        if apart:
            chosen += [(loudness, phrase)] if loudness >= _SECOND_SHARE * chosen[0][0] else []
            break
    return [phrase for _, phrase in chosen]


def _word_weights(
    asker: _Asker, text: str, words: Sequence[tuple[int, int]], phrase: range, column: int
) -> dict[int, float]:
    """What each word of a phrase adds: what is lost without it, and what it says alone, in logits.

    One of the two isn't enough: of two insults, either can go without loss; and some words are bad company only.
    """
    whole = _cut(text, words, phrase)
    offset = words[phrase.start][0]
    without = [whole[: words[word][0] - offset] + whole[words[word][1] - offset :] for word in phrase]
    alone = [text[slice(*words[word])] for word in phrase]
    base, silence, *rest = asker([whole, "", *without, *alone])
    if base is None:
        return {}
    weights: dict[int, float] = {}
    for place, word in enumerate(phrase):
        less, itself = rest[place], rest[place + len(phrase)]
        weight = max(0.0, _logit(base[column]) - _logit(less[column])) if less is not None else 0.0
        if itself is not None and silence is not None:
            weight += max(0.0, _logit(itself[column]) - _logit(silence[column]))
        weights[word] = weight
    return weights


def merged(text: str, words: Sequence[tuple[int, int]], weights: dict[int, float], column: int) -> list[Evidence]:
    """The heaviest words, neighbours as one piece, without the punctuation around them.

    Args:
        text: They stand in it.
        words: Where, `[start, end)`; `WORD` finds them.
        weights: By the words' index.
        column: Of all pieces.
    """
    runs: list[list[int]] = []
    for word in heaviest(weights):
        if runs and runs[-1][-1] == word - 1:
            runs[-1].append(word)
        else:
            runs.append([word])
    found: list[Evidence] = []
    for run in runs:
        start, end = words[run[0]][0], words[run[-1]][1]
        bare = _EDGES.sub("", text[start:end])
        if bare:
            start += text[start:end].index(bare)
            end = start + len(bare)
        found.append(Evidence(start, end, column, round(sum(weights[word] for word in run), 4)))
    return found


def heaviest(weights: dict[int, float]) -> list[int]:
    """The few words that carry most, in text order."""
    order = sorted((word for word, weight in weights.items() if weight > 0), key=lambda word: (-weights[word], word))
    total = sum(weights[word] for word in order)
    chosen: list[int] = []
    explained = 0.0
    for word in order[:MOST_SPANS]:
        if chosen and (explained >= _ENOUGH_EXPLAINED * total or weights[word] < _LEAST_SHARE * weights[chosen[0]]):
            break
        chosen.append(word)
        explained += weights[word]
    return sorted(chosen)


def _cut(text: str, words: Sequence[tuple[int, int]], phrase: range) -> str:
    return text[words[phrase.start][0] : words[phrase.stop - 1][1]]


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
