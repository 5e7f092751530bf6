"""Evidence: which words carried a flagged label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moderator.domain.score import Label, Span, SpanRole
from moderator.scoring import explain
from moderator.scoring.embedded.heads import LABELS
from moderator.scoring.embedded.model import ToxicityModel
from moderator.scoring.embedded.readings import Reading
from moderator.scoring.embedded.stream import LetterStream, read_letters

# Where the n-grams' words add less than this to a label's logit, it was the encoder that flagged the text.
LEAST_TOLD = 1.0


def explain_readings(
    model: ToxicityModel, flagged: Sequence[tuple[Reading, Sequence[Label]]], limit_s: float = 0.0
) -> list[list[Span]]:
    """Finds the words of each reading that carried each of its labels.

    Args:
        model: Whose answers are explained.
        flagged: Readings, each with the labels to explain on it.
        limit_s: Longest time to ask the model's encoder about a reading whose labels the n-grams don't explain, in
            seconds; 0 never asks.

    Returns:
        Per reading its spans in code points of the raw comment; per label in text order, none overlapping another
        of its label. `weight` is what the words added to the label's logit.
    """
    told = _explain_by_ngrams(model, flagged)
    if model.encoder is None or limit_s <= 0:
        return told
    return [
        _explain_by_asking(model, reading, labels, spans, limit_s)
        for (reading, labels), spans in zip(flagged, told, strict=True)
    ]


def _explain_by_asking(
    model: ToxicityModel, reading: Reading, labels: Sequence[Label], told: list[Span], limit_s: float
) -> list[Span]:
    """Replaces what the n-grams tell too little of by words without which the whole model would say less."""
    weights = dict.fromkeys(labels, 0.0)
    for span in told:
        weights[span.label] += span.weight or 0.0
    untold = [label for label in labels if weights[label] < LEAST_TOLD]

    def ask(texts: Sequence[str]) -> list[explain.Row]:
        return [tuple(row) for row in model.answer(texts).tolist()]

    columns = [LABELS.index(label) for label in untold]
    found: list[Span] = []
    for piece in explain.explain(reading.text, columns, ask, limit_s):
        start, end = reading.to_raw(piece.start, piece.end)
        if end > start:
            found.append(Span(start, end, SpanRole.TOXIC, LABELS[piece.column], piece.weight))
    better = {span.label for span in found}
    return [span for span in told if span.label not in better] + found


def _explain_by_ngrams(model: ToxicityModel, flagged: Sequence[tuple[Reading, Sequence[Label]]]) -> list[list[Span]]:
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


def _merge(reading: Reading, stream: LetterStream, words: range, weights: Sequence[float], label: Label) -> list[Span]:
    runs: list[list[int]] = []
    for index in explain.heaviest(dict(enumerate(weights))):
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
