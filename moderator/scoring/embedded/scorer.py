"""The scorers that ship with the package: no download, no torch; the small one reads thousands of comments a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label, ScorerId, ScoreSet, Span
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.embedded.heads import HATE, LABELS
from moderator.scoring.embedded.languages import tell_languages
from moderator.scoring.embedded.model import ToxicityModel, load_model
from moderator.scoring.embedded.readings import Reading, read_comment
from moderator.scoring.embedded.spans import explain_readings

NAME = "embedded"
WEIGHTS = Path(__file__).parent / "weights" / "embedded.safetensors"
# A label is explained from here on. Calibration puts the middle between likely and unlikely here.
FLAGGED = 0.5
# Bounds memory, and keeps a batch's matrices inside a core's own cache.
_BATCH_LETTERS = 16_384
_BATCH_COMMENTS = 32


class ModelScorer:
    """Detoxify's six labels from a model of ours, for English.

    Deterministic and stateless once made: one object may serve many threads.

    Args:
        model: What judges.
        identity: Who speaks.
        explain_s: Longest time to ask an encoder for the words behind one flagged text, in seconds, where its n-grams
            don't tell them; 0 never asks.
    """

    def __init__(self, model: ToxicityModel, identity: ScorerId, explain_s: float = 0.0) -> None:
        self._model = model
        self._identity = identity
        self._explain_s = explain_s

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
            `extra` holds `hate` (against groups, 0..1) and, for a text with disguised words, `folded_delta`:
            by how much unmasking raised its most raised label, -1..1.
        """
        answers: list[ScoreSet | ScoringFailure] = []
        for batch in _batches(requests):
            answers += self._score_batch(batch)
        return answers

    def _score_batch(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        languages = tell_languages(requests)
        readings = [
            reading
            for index, request in enumerate(requests)
            if languages[index].learned
            for reading in read_comment(index, request.text)
        ]
        chances = self._model.answer([reading.text for reading in readings])
        of_comment: dict[int, list[int]] = {}
        for row, reading in enumerate(readings):
            of_comment.setdefault(reading.comment, []).append(row)
        evidence = self._evidence(readings, chances, of_comment.values())
        return [
            self._combine([readings[row] for row in rows], chances[rows], languages[index].code, evidence[index])
            if (rows := of_comment.get(index))
            else ScoreSet(self._identity, languages[index].code, dict.fromkeys(LABELS))
            for index in range(len(requests))
        ]

    def _combine(
        self, readings: Sequence[Reading], chances: NDArray[np.float32], language: str, evidence: Sequence[Span]
    ) -> ScoreSet:
        highest = chances.max(axis=0).tolist()
        extra = {HATE: round(highest[len(LABELS)], 6)}
        if len(readings) > 1 and readings[-1].folded is not None:
            unmasked = np.array([reading.folded is not None for reading in readings])
            gains = chances[unmasked].max(axis=0) - chances[~unmasked].max(axis=0)
            extra["folded_delta"] = round(float(gains[: len(LABELS)].max()), 6)
        scores = {label: round(highest[column], 6) for column, label in enumerate(LABELS)}
        spans = tuple(sorted(evidence, key=lambda span: (LABELS.index(span.label), span.start)))
        return ScoreSet(self._identity, language, scores, spans, extra=extra)

    def _evidence(
        self, readings: Sequence[Reading], chances: NDArray[np.float32], comments: Iterable[Sequence[int]]
    ) -> Mapping[int, Sequence[Span]]:
        # Each label is explained on the reading that spoke loudest for it.
        flagged: dict[int, list[Label]] = {}
        for rows in comments:
            loudest = chances[rows, : len(LABELS)].argmax(axis=0).tolist() if len(rows) > 1 else [0] * len(LABELS)
            for column, label in enumerate(LABELS):
                row = rows[loudest[column]]
                if chances[row, column] >= FLAGGED:
                    flagged.setdefault(row, []).append(label)
        spans = explain_readings(
            self._model, [(readings[row], labels) for row, labels in flagged.items()], self._explain_s
        )
        found: dict[int, list[Span]] = defaultdict(list)
        for row, of_reading in zip(flagged, spans, strict=True):
            found[readings[row].comment] += of_reading
        return found


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
