"""Detoxify behind the `Scorer` protocol: offline, silent, and honest about what it can't judge.

This is the published model with the published weights. What differs from `detoxify.Detoxify` is around it: files from a
folder and never from the network, a checked hash, texts of any length, and `None` for languages it never learned.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from moderator.domain.score import ScorerId
from moderator.scoring.detoxify_judge import EXPLAIN_S, NetworkScorer
from moderator.scoring.detoxify_weights import find_weights, verify


class DetoxifyScorer(NetworkScorer):
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
        explain_s: Longest time to look for the words behind one flagged text, in seconds; 0 looks for none.

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
        explain_s: float = EXPLAIN_S,
    ) -> None:
        weights = find_weights(
            variant, checkpoint=_path(checkpoint), config_dir=_path(config_dir), models_dir=_path(models_dir)
        )
        digest = verify(weights, sha256=sha256, trust=trust)
        # torch takes seconds to import: a missing or damaged file is told before that.
        from moderator.scoring.detoxify_model import DetoxifyModel, use_threads  # noqa: PLC0415 - see above

        use_threads(threads)
        model = DetoxifyModel(weights.checkpoint, weights.config_dir, device)
        identity = ScorerId(f"detoxify-{variant}", importlib.metadata.version("detoxify"), digest[:12])
        super().__init__(model, identity, weights.variant.languages, explain_s)


def _path(value: Path | str | None) -> Path | None:
    return Path(value) if value is not None else None
