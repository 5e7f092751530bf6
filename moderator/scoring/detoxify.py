"""Detoxify behind the `Scorer` protocol: offline, silent, and honest about what it can't judge.

This is the published model with the published weights. What differs from `detoxify.Detoxify` is around it: files from a
folder and never from the network, a checked hash, texts of any length, and `None` for languages it never learned.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.detoxify_languages import Asked, ask
from moderator.scoring.detoxify_weights import find_weights, verify

if TYPE_CHECKING:
    from moderator.scoring.detoxify_model import DetoxifyModel

_LABELS = {label.value: label for label in Label}


class DetoxifyScorer:
    """One Detoxify variant in memory.

    Args:
        variant: `original`, `unbiased`, `multilingual`, `original-small` or `unbiased-small`.
        checkpoint: The checkpoint file, where it doesn't lie in the variant's folder.
        config_dir: Folder with `config.json` and tokenizer files; the checkpoint's own folder if not given.
        device: `auto` (CUDA, then MPS, then CPU), `cpu`, `cuda`, `cuda:1` or `mps`.
        models_dir: The data directory's `models` folder, in which `detoxify/<variant>/` is looked for.
        sha256: What the checkpoint must hash to, 64 hex digits.
        trust: Take a checkpoint that nothing vouches for. No code from it runs even then.
        threads: CPU threads for torch; `None` leaves torch's choice.

    Raises:
        ScoringError: Files are missing, damaged or don't belong together, or the device isn't there.
    """

    def __init__(
        self,
        variant: str = "original",
        checkpoint: Path | str | None = None,
        config_dir: Path | str | None = None,
        device: str = "auto",
        *,
        models_dir: Path | str | None = None,
        sha256: str | None = None,
        trust: bool = False,
        threads: int | None = None,
    ) -> None:
        weights = find_weights(
            variant, checkpoint=_path(checkpoint), config_dir=_path(config_dir), models_dir=_path(models_dir)
        )
        digest = verify(weights, sha256=sha256, trust=trust)
        # torch takes seconds to import: a missing or damaged file is told before that.
        from moderator.scoring.detoxify_model import DetoxifyModel, use_threads  # noqa: PLC0415 - see above

        use_threads(threads)
        self._model: DetoxifyModel = DetoxifyModel(weights.checkpoint, weights.config_dir, device)
        self._languages = weights.variant.languages
        version = importlib.metadata.version("detoxify")
        self._identity = ScorerId(f"detoxify-{variant}", version, digest[:12])

    @property
    def identity(self) -> ScorerId:
        """`detoxify-<variant>`, the detoxify package's version, and the checkpoint's hash."""
        return self._identity

    @property
    def labels(self) -> frozenset[Label]:
        """The checkpoint's classes that are labels: six or seven."""
        return frozenset(_LABELS[name] for name in self._model.classes if name in _LABELS)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch; any number of texts of any length.

        Returns:
            One entry per request, in the same order. Classes that are no labels (the identity mentions of `unbiased`
            and `multilingual`) are in `extra`.

        Raises:
            ScoringError: The model fails on every text, also on a harmless one of ours.
        """
        asked = [ask(request.text, request.language, self._languages) for request in requests]
        judged = [index for index, answer in enumerate(asked) if answer.judged]
        rows = self._model.probabilities([_encodable(requests[index].text) for index in judged])
        if rows and not any(rows) and self._model.probabilities(["ok"]) == [None]:
            raise ScoringError(
                f"{self._identity} fails on every text, on {self._model.device}",
                code="scoring.device_failed",
                hint="Memory may be short: end other programs, or set the scorer's device to `cpu`.",
            )
        by_index = dict(zip(judged, rows, strict=True))
        return [
            self._result(answer, by_index.get(index)) if answer.judged else self._unjudged(answer)
            for index, answer in enumerate(asked)
        ]

    def _result(self, answer: Asked, row: tuple[float, ...] | None) -> ScoreSet | ScoringFailure:
        if row is None:
            return ScoringFailure(f"{self._identity.name} failed on this text")
        named = dict(zip(self._model.classes, row, strict=True))
        odd = [name for name, value in named.items() if not math.isfinite(value)]
        if odd:
            return ScoringFailure(f"{self._identity.name} gave no number for {odd[0]}")
        scores = {_LABELS[name]: value for name, value in named.items() if name in _LABELS}
        extra = {name: value for name, value in named.items() if name not in _LABELS}
        return ScoreSet(self._identity, answer.language, scores, extra=extra)

    def _unjudged(self, answer: Asked) -> ScoreSet:
        return ScoreSet(self._identity, answer.language, dict.fromkeys(sorted(self.labels), None))


def _path(value: Path | str | None) -> Path | None:
    return Path(value) if value is not None else None


def _encodable(text: str) -> str:
    """The text with `?` for each lone surrogate: no tokenizer takes them."""
    return text.encode("utf-8", "replace").decode("utf-8")
