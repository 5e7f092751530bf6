"""Evidence: which words carried a flagged label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label, Span, SpanRole
from moderator.scoring import explain
from moderator.scoring.embedded.heads import HEADS, HEARD_BY, LABELS
from moderator.scoring.embedded.model import ToxicityModel
from moderator.scoring.embedded.readings import Reading
from moderator.scoring.embedded.stream import LetterStream, read_letters

if TYPE_CHECKING:
    from moderator.scoring.encoder import ReadText

# Where the n-grams' words add less than this to a label's logit, it was the encoder that flagged the text.
LEAST_TOLD = 1.0
# Below any mark of a token: a word without tokens says nothing.
_SILENT = -30.0
FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Flagged:
    """What is to be explained.

    Attributes:
        reading: A text.
        labels: Those that are flagged on it.
        encoded: What the model's encoder read in it, if it has one.
    """

    reading: Reading
    labels: Sequence[Label]
    encoded: ReadText | None = None


def explain_readings(model: ToxicityModel, flagged: Sequence[Flagged]) -> list[list[Span]]:
    """Finds the words of each reading that carried each of its labels.

    Args:
        model: Whose answers are explained.
        flagged: Readings, each with the labels to explain on it.

    Returns:
        Per reading its spans in code points of the raw comment; per label in text order, none overlapping another
        of its label. `weight` is what the words added to the label's logit through the n-grams; where those tell too
        little, the words' share in what an encoder marked.
    """
    told = _explain_by_ngrams(model, flagged)
    if model.encoder is None or not model.encoder.marking:
        return told
    return [_explain_by_marks(asked, spans) for asked, spans in zip(flagged, told, strict=True)]


def _explain_by_marks(asked: Flagged, told: list[Span]) -> list[Span]:
    """Replaces what the n-grams tell too little of by the words that the encoder marked."""
    reading, labels = asked.reading, asked.labels
    weights = dict.fromkeys(labels, 0.0)
    for span in told:
        weights[span.label] += span.weight or 0.0
    untold = [label for label in labels if weights[label] < LEAST_TOLD]
    if not untold or asked.encoded is None:
        return told
    from moderator.scoring.encoder import loudest  # noqa: PLC0415 - the small form never loads the encoder's module

    words = [match.span() for match in explain.WORD.finditer(reading.text)]
    loudness = loudest(asked.encoded.windows, [end for _, end in words], _SILENT)
    found: list[Span] = []
    for label in untold:
        heads = [HEADS.index(head) for head in HEARD_BY[label]]
        loud: FloatArray = np.exp(loudness[:, heads].max(axis=1))
        shares: list[float] = (loud / loud.sum()).tolist() if words else []
        for piece in explain.merged(reading.text, words, dict(enumerate(shares)), LABELS.index(label)):
            start, end = reading.to_raw(piece.start, piece.end)
            if end > start:
                found.append(Span(start, end, SpanRole.TOXIC, label, piece.weight))
    better = {span.label for span in found}
    return [span for span in told if span.label not in better] + found


def _explain_by_ngrams(model: ToxicityModel, flagged: Sequence[Flagged]) -> list[list[Span]]:
    stream = read_letters([each.reading.text for each in flagged])
    asked = sorted({LABELS.index(label) for each in flagged for label in each.labels})
    shares = model.letter_shares(stream, asked)
    running = np.concatenate((np.zeros((1, shares.shape[1])), np.cumsum(shares, axis=0, dtype=np.float64)))
    of_words = running[stream.word_ends] - running[stream.word_starts]
    bounds = np.searchsorted(stream.word_text, np.arange(stream.texts + 1)).tolist()
    found: list[list[Span]] = []
    for index, each in enumerate(flagged):
        words = range(bounds[index], bounds[index + 1])
        spans: list[Span] = []
        for label in each.labels:
            weights = of_words[words.start : words.stop, asked.index(LABELS.index(label))].tolist()
            spans += _merge(each.reading, stream, words, weights, label)
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
