"""The better of the two scorers that ship with the package: a small pretrained encoder beside the n-grams."""

from __future__ import annotations

import os
from pathlib import Path

from moderator.domain.score import ScorerId
from moderator.scoring.embedded.encoder_weights import load_encoder
from moderator.scoring.embedded.scorer import WEIGHTS, ModelScorer
from moderator.scoring.encoder_files import SHIPPED

NAME = "embedded-encoder"
# More gain little beside what else a machine has to do.
_MOST_THREADS = 4


class EncoderScorer(ModelScorer):
    """Detoxify's six labels from n-grams and an int8 encoder, for English. About a hundred comments a second and core.

    Args:
        folder: Where blend, network and tokenizer lie, if not in the package.
        small: Another weights file of the small form than the shipped one.
        threads: How many texts are read at once; 0 or `None` for one per processor, at most four. Their number changes
            no score.

    Raises:
        ScoringError: A file is missing or changed, or onnxruntime or tokenizers isn't installed.
    """

    def __init__(
        self,
        folder: Path | str = SHIPPED,
        small: Path | str = WEIGHTS,
        *,
        threads: int | None = None,
    ) -> None:
        model, file = load_encoder(Path(folder), Path(small), threads or usual_threads())
        super().__init__(model, ScorerId(NAME, file.about["version"], file.short_hash))


def usual_threads() -> int:
    """How many texts are read at once where nobody says: one per processor that this process may use, at most four."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_MOST_THREADS, processors)
