"""Evidence: which words carried a flagged label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moderator.domain.score import Label, Span, SpanRole
from moderator.scoring.embedded.heads import LABELS
from moderator.scoring.embedded.model import ToxicityModel
from moderator.scoring.embedded.readings import Reading
from moderator.scoring.embedded.stream import LetterStream, read_letters

# Few enough to read at a glance. Source: tried out on the demo comments.
MOST_SPANS = 4
# Words are taken, heaviest first, until they explain this share of what speaks for the label ...
ENOUGH_EXPLAINED = 0.6
# ... and a word that carries less than this share of the heaviest one is noise.
LEAST_SHARE = 0.25


def explain_readings(model: ToxicityModel, flagged: Sequence[tuple[Reading, Sequence[Label]]]) -> list[list[Span]]:
    """Finds the words of each reading that carried each of its labels.

    Args:
        model: Whose answers are explained.
        flagged: Readings, each with the labels to explain on it.

    Returns:
        Per reading its spans in code points of the raw comment; per label in text order, none overlapping another
        of its label. `weight` is what the words added to the label's logit.
    """
    stream = read_letters([reading.text for reading, _ in flagged])
    asked = sorted({LABELS.index(label) for _, labels in flagged for label in labels})
    shares = model.letter_shares(stream, asked)
    running = np.concatenate((np.zeros((1, shares.shape[1])), np.cumsum(shares, axis=0, dtype=np.float64)))
    of_words = running[stream.word_ends] - running[stream.word_starts]
    bounds = np.searchsorted(stream.word_text, np.arange(stream.texts + 1)).tolist()
    found: list[list[Span]] = []
    for index, (reading, labels) in enumerate(flagged):
        words = range(bounds[index], bounds[index + 1])
        spans: list[Span] = []
        for label in labels:
            weights = of_words[words.start : words.stop, asked.index(LABELS.index(label))].tolist()
            spans += _merge(reading, stream, words, weights, label)
        found.append(spans)
    return found


def _heaviest(words: Sequence[float]) -> list[int]:
    order = sorted((index for index, weight in enumerate(words) if weight > 0), key=lambda index: -words[index])
    total = sum(words[index] for index in order)
    chosen: list[int] = []
    explained = 0.0
    for index in order[:MOST_SPANS]:
        if chosen and (explained >= ENOUGH_EXPLAINED * total or words[index] < LEAST_SHARE * words[chosen[0]]):
            break
        chosen.append(index)
        explained += words[index]
    return sorted(chosen)


def _merge(reading: Reading, stream: LetterStream, words: range, weights: Sequence[float], label: Label) -> list[Span]:
    runs: list[list[int]] = []
    for index in _heaviest(weights):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    spans: list[Span] = []
    for run in runs:
        first, last = stream.word_starts[words[run[0]]], stream.word_ends[words[run[-1]]] - 1
        start, end = reading.to_raw(int(stream.source[first]), int(stream.source[last]) + 1)
        if end > start and (not spans or start >= spans[-1].end):
            spans.append(Span(start, end, SpanRole.TOXIC, label, round(sum(weights[index] for index in run), 4)))
    return spans
