"""The scorers that ship with the package: no download, no torch; the small one reads thousands of comments a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label, ScorerId, ScoreSet, Span, unmasking_of
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.embedded.heads import HATE, LABELS
from moderator.scoring.embedded.languages import Tongue, tell_languages
from moderator.scoring.embedded.model import ANSWERS, Answered, ToxicityModel, load_model
from moderator.scoring.embedded.readings import Reading, may_be_disguised, read_comment
from moderator.scoring.embedded.stream import LetterStream, read_letters

NAME = "embedded"
WEIGHTS = Path(__file__).parent / "weights" / "embedded.safetensors"
# A label is explained from here on. Calibration puts the middle between likely and unlikely here.
FLAGGED = 0.5
# Bounds memory: some 15 MB. Fewer at a time cost more calls, and have fewer words in common.
_BATCH_LETTERS = 65_536
_BATCH_COMMENTS = 256


class ModelScorer:
    """Detoxify's six labels from a model of ours, for English.

    Deterministic and stateless once made: one object may serve many threads.

    Args:
        model: What judges.
        identity: Who speaks.
    """

    def __init__(self, model: ToxicityModel, identity: ScorerId) -> None:
        self._model = model
        self._identity = identity

    @property
    def identity(self) -> ScorerId:
        """Name, version and weights hash."""
        return self._identity

    @property
    def labels(self) -> frozenset[Label]:
        """Detoxify's six labels."""
        return frozenset(LABELS)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch: raw and unmasked, the higher counts.

        Args:
            requests: Texts; any number, also none.

        Returns:
            One entry per request, in the same order. In a language that wasn't learned every label is `None`.
            `extra` holds `hate` (against groups, 0..1) and, for a text with disguised words, by how much unmasking
            raised it (`domain.score.UNMASKING`).
        """
        answers: list[ScoreSet | ScoringFailure] = []
        for batch in _batches(requests):
            answers += self._score_batch(batch)
        return answers

    def _score_batch(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        texts = [request.text for request in requests]
        stream = read_letters(texts)
        languages = tell_languages(requests, stream)
        disguised = may_be_disguised(texts)
        readings = [
            reading
            for index, text in enumerate(texts)
            if languages[index].learned
            for reading in read_comment(index, text, disguised=disguised[index])
        ]
        scored = self._score_readings(texts, stream, readings, languages) if readings else {}
        return [
            scored.get(index) or ScoreSet(self._identity, tongue.code, dict.fromkeys(LABELS))
            for index, tongue in enumerate(languages)
        ]

    def _score_readings(
        self, texts: Sequence[str], stream: LetterStream, readings: Sequence[Reading], languages: Sequence[Tongue]
    ) -> dict[int, ScoreSet]:
        answered = self._answer(texts, stream, readings)
        chances = answered.chances
        owners = np.array([reading.comment for reading in readings])
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        highest = np.maximum.reduceat(chances, starts)
        evidence = self._evidence(readings, answered, starts, highest)
        bounds = [*starts.tolist(), len(readings)]
        results: dict[int, ScoreSet] = {}
        rounded = np.round(highest.astype(np.float64), 6).tolist()
        for place, values in enumerate(rounded):
            first, end = bounds[place], bounds[place + 1]
            comment = readings[first].comment
            extra = {HATE: values[len(LABELS)]}
            if readings[end - 1].folded is not None:
                extra |= unmasking_of(_gains(readings[first:end], chances[first:end]))
            scores = dict(zip(LABELS, values, strict=False))
            spans = tuple(sorted(evidence[comment], key=_place)) if comment in evidence else ()
            results[comment] = ScoreSet(self._identity, languages[comment].code, scores, spans, extra=extra)
        return results

    def _answer(self, texts: Sequence[str], stream: LetterStream, readings: Sequence[Reading]) -> Answered:
        """What the model says per reading; what the letters were read of already is not read again."""
        whole = [row for row, reading in enumerate(readings) if reading.text is texts[reading.comment]]
        if len(whole) < len(texts):
            return self._model.answer([reading.text for reading in readings])
        others = [row for row, reading in enumerate(readings) if reading.text is not texts[reading.comment]]
        first = self._model.answer(texts, stream)
        if not others:
            return first
        second = self._model.answer([readings[row].text for row in others])
        chances = np.empty((len(readings), len(ANSWERS)), np.float32)
        chances[whole], chances[others] = first.chances, second.chances
        encoded = dict(zip((*whole, *others), (*first.encoded, *second.encoded), strict=False))
        return Answered(chances, [encoded[row] for row in sorted(encoded)])

    def _evidence(
        self,
        readings: Sequence[Reading],
        answered: Answered,
        starts: NDArray[np.int64],
        highest: NDArray[np.float32],
    ) -> Mapping[int, Sequence[Span]]:
        chances, encoded = answered.chances, answered.encoded
        # Each label is explained on the reading that spoke loudest for it.
        flagged: dict[int, list[Label]] = {}
        ends = np.append(starts[1:], len(readings))
        for place, column in np.argwhere(highest[:, : len(LABELS)] >= FLAGGED).tolist():
            start, end = int(starts[place]), int(ends[place])
            row = start + int(chances[start:end, column].argmax())
            flagged.setdefault(row, []).append(LABELS[column])
        found: dict[int, list[Span]] = defaultdict(list)
        if flagged:
            # Loading is to be quick, and most comments are flagged for nothing.
            from moderator.scoring.embedded.spans import Flagged, explain_readings  # noqa: PLC0415

            asked = [
                Flagged(readings[row], labels, encoded[row] if encoded else None) for row, labels in flagged.items()
            ]
            for row, spans in zip(flagged, explain_readings(self._model, asked), strict=True):
                found[readings[row].comment] += spans
        return found


def _gains(readings: Sequence[Reading], chances: NDArray[np.float32]) -> dict[Label, float]:
    """By how much unmasking raised each label, -1..1."""
    unmasked = np.array([reading.folded is not None for reading in readings])
    gains = chances[unmasked].max(axis=0) - chances[~unmasked].max(axis=0)
    return {label: round(float(gain), 6) for label, gain in zip(LABELS, gains, strict=False)}


def _place(span: Span) -> tuple[int, int]:
    return LABELS.index(span.label), span.start


class EmbeddedScorer(ModelScorer):
    """The small form: hashed n-grams and a small network over words.

    Args:
        weights: Another weights file, as `moderator train toxicity` writes it.

    Raises:
        ScoringError: The weights are missing, changed, or something else.
    """

    def __init__(self, weights: Path = WEIGHTS) -> None:
        model, file = load_model(weights)
        super().__init__(model, ScorerId(NAME, file.about["version"], file.short_hash))


def _batches(requests: Sequence[ScoreRequest]) -> Iterator[Sequence[ScoreRequest]]:
    start, letters = 0, 0
    for index, request in enumerate(requests):
        if index > start and (letters + len(request.text) > _BATCH_LETTERS or index - start >= _BATCH_COMMENTS):
            yield requests[start:index]
            start, letters = index, 0
        letters += len(request.text)
    if start < len(requests):
        yield requests[start:]
