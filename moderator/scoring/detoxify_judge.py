"""What a Detoxify network says, as score sets: whichever way the network is run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from moderator.domain.score import Label, ScorerId, ScoreSet, Span, SpanRole, unmasking_of
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.detoxify_languages import Asked, ask
from moderator.scoring.explain import Row, explain
from moderator.text.normalize import Folded, fold

EXPLAIN_S = 2.0
"""Longest time to look for the words behind one flagged text, in seconds. Usually it's a few times what scoring it
takes; the bound is for long texts on slow machines."""

FLAGGED = 0.5
"""A label is explained from here on, as by the embedded scorer."""

_LABELS = {label.value: label for label in Label}


class Network(Protocol):
    """A network that reads texts of any length."""

    classes: tuple[str, ...]
    device: str

    def probabilities(self, texts: Sequence[str]) -> list[Row | None]:
        """One probability per class and text; `None` where the network failed on that text."""
        ...


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a text: as written, or with its disguises undone."""

    owner: int
    text: str = field(repr=False)
    folded: Folded | None = field(default=None, repr=False)

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        return (start, end) if self.folded is None else self.folded.to_raw(start, end)


class NetworkScorer:
    """A Detoxify network behind the `Scorer` protocol.

    Args:
        network: The network, in memory.
        identity: Who speaks.
        languages: ISO 639-1 codes that it was trained on.
        explain_s: Longest time to look for the words behind one flagged text, in seconds; 0 looks for none.
    """

    def __init__(
        self, network: Network, identity: ScorerId, languages: frozenset[str], explain_s: float = EXPLAIN_S
    ) -> None:
        self._model = network
        self._identity = identity
        self._languages = languages
        self._explain_s = explain_s

    @property
    def identity(self) -> ScorerId:
        """Who speaks: name, version, and the checkpoint's hash."""
        return self._identity

    @property
    def labels(self) -> frozenset[Label]:
        """The checkpoint's classes that are labels: six or seven."""
        return frozenset(_LABELS[name] for name in self._model.classes if name in _LABELS)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch; any number of texts of any length.

        A text with disguised words is read as written and with the disguises undone; the higher value counts, and
        `extra` says how much higher that made each label (`domain.score.UNMASKING`).

        Returns:
            One entry per request, in the same order. Classes that are no labels (the identity mentions of `unbiased`
            and `multilingual`) are in `extra`.

        Raises:
            ScoringError: The model fails on every text, also on a harmless one of ours.
        """
        asked = [ask(request.text, request.language, self._languages) for request in requests]
        readings = [
            reading for owner, each in enumerate(asked) if each.judged for reading in _read(owner, requests[owner].text)
        ]
        rows = self._model.probabilities([reading.text for reading in readings])
        if rows and not any(rows) and self._model.probabilities(["ok"]) == [None]:
            raise ScoringError(
                f"{self._identity} fails on every text, on {self._model.device}",
                code="scoring.device_failed",
                hint="Memory may be short: end other programs, or set the scorer's device to `cpu`.",
            )
        heard: list[list[tuple[_Reading, Row | None]]] = [[] for _ in requests]
        for reading, row in zip(readings, rows, strict=True):
            heard[reading.owner].append((reading, row))
        return [
            self._result(answer, of_text) if answer.judged else self._unjudged(answer)
            for answer, of_text in zip(asked, heard, strict=True)
        ]

    def _result(self, answer: Asked, heard: Sequence[tuple[_Reading, Row | None]]) -> ScoreSet | ScoringFailure:
        sound = [(reading, row) for reading, row in heard if row is not None]
        if len(sound) < len(heard):
            return ScoringFailure(f"{self._identity.name} failed on this text")
        classes = self._model.classes
        for column, name in enumerate(classes):
            if not all(math.isfinite(row[column]) for _, row in sound):
                return ScoringFailure(f"{self._identity.name} gave no number for {name}")
        named = {name: max(row[column] for _, row in sound) for column, name in enumerate(classes)}
        scores = {_LABELS[name]: value for name, value in named.items() if name in _LABELS}
        extra = {name: value for name, value in named.items() if name not in _LABELS}
        if len(sound) > 1:
            written = sound[0][1]
            gains = {
                _LABELS[name]: named[name] - written[column] for column, name in enumerate(classes) if name in _LABELS
            }
            extra |= unmasking_of(gains)
        return ScoreSet(self._identity, answer.language, scores, tuple(self._spans(sound)), extra=extra)

    def _spans(self, heard: Sequence[tuple[_Reading, Row]]) -> Iterator[Span]:
        """The words behind each flagged label, found in the reading that spoke loudest for it."""
        if self._explain_s <= 0:
            return
        loudest: dict[int, list[int]] = {}
        for column, name in enumerate(self._model.classes):
            best = max(range(len(heard)), key=lambda index, of=column: heard[index][1][of])
            if name in _LABELS and heard[best][1][column] >= FLAGGED:
                loudest.setdefault(best, []).append(column)
        for index, columns in loudest.items():
            reading = heard[index][0]
            for piece in explain(reading.text, columns, self._model.probabilities, self._explain_s):
                start, end = reading.to_raw(piece.start, piece.end)
                label = _LABELS[self._model.classes[piece.column]]
                if end > start:
                    yield Span(start, end, SpanRole.TOXIC, label, piece.weight)

    def _unjudged(self, answer: Asked) -> ScoreSet:
        return ScoreSet(self._identity, answer.language, dict.fromkeys(sorted(self.labels), None))


def _read(owner: int, text: str) -> Iterator[_Reading]:
    yield _Reading(owner, encodable(text))
    folded = fold(text)
    if folded.changed and folded.text != text:
        yield _Reading(owner, encodable(folded.text), folded)


def encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which no tokenizer takes; every other character stays in its place."""
    return text.encode("utf-8", "replace").decode("utf-8")
