"""Detoxify without torch: the converted network in onnxruntime, its tokenizer in `tokenizers`.

It starts in a fraction of torch's time and scores several times faster. The numbers are the original's to within what
the conversion's own parity report says.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path
from typing import Any, cast

import numpy as np

from moderator.domain.score import ScorerId
from moderator.errors import ScoringError
from moderator.scoring.detoxify_judge import EXPLAIN_S, NetworkScorer
from moderator.scoring.detoxify_weights import variant_named
from moderator.scoring.detoxify_windows import CPU_BUCKET_TOKENS, TokenShape, WindowedNetwork
from moderator.scoring.onnx_files import TOKENIZER, Manifest, checked_file, read_manifest


class OnnxNetwork(WindowedNetwork):
    """A converted network in memory.

    Args:
        folder: A conversion.
        manifest: Its manifest.
        precision: Which form, `int8` or `fp32`.
        threads: CPU threads; 0 leaves the choice to onnxruntime.

    Raises:
        ScoringError: A file is damaged, or onnxruntime can't take it.
    """

    def __init__(self, folder: Path, manifest: Manifest, precision: str, threads: int = 0) -> None:
        shape = TokenShape(manifest.window, manifest.pad, manifest.first, manifest.last)
        super().__init__(tuple(manifest.classes), "cpu", shape, CPU_BUCKET_TOKENS)
        network = checked_file(folder, manifest, f"{precision}.onnx")
        words = checked_file(folder, manifest, TOKENIZER)
        try:
            # Taking these here and not above: a folder that is damaged is told without them.
            onnxruntime: Any = importlib.import_module("onnxruntime")
            tokenizers: Any = importlib.import_module("tokenizers")
        except ImportError as error:
            raise ScoringError(
                f"a converted model needs the package {error.name}",
                code="scoring.packages",
                hint="Install it with `pip install 'moderator[fast]'`, or set `engine = \"torch\"` for the scorer.",
            ) from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(words))
        except Exception as error:  # both raise types of their own, straight from Exception
            raise ScoringError(
                f"onnxruntime can't take {network}: {type(error).__name__}",
                code="scoring.conversion",
                hint="`moderator models convert NAME` makes it anew.",
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def _encode(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)]

    def _forward(self, pieces: list[list[int]]) -> list[tuple[float, ...]]:
        longest = max(map(len, pieces))
        ids = np.full((len(pieces), longest), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, piece in enumerate(pieces):
            ids[row, : len(piece)] = piece
            mask[row, : len(piece)] = 1
        try:
            (values,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        except Exception as error:  # its own types, straight from Exception
            raise RuntimeError(type(error).__name__) from error
        return [tuple(row) for row in cast("list[list[float]]", values.tolist())]


class OnnxScorer(NetworkScorer):
    """A converted Detoxify variant in memory.

    Args:
        variant: `original`, `unbiased`, `multilingual`, `original-small` or `unbiased-small`.
        folder: Its conversion.
        precision: `int8` or `fp32`; empty for what the conversion found good enough.
        threads: CPU threads; `None` leaves the choice to onnxruntime.
        explain_s: Longest time to look for the words behind one flagged text, in seconds; 0 looks for none.

    Raises:
        ScoringError: The conversion is damaged or another variant's.
    """

    def __init__(
        self,
        variant: str,
        folder: Path | str,
        *,
        precision: str = "",
        threads: int | None = None,
        explain_s: float = EXPLAIN_S,
    ) -> None:
        manifest = read_manifest(Path(folder))
        if manifest.variant != variant:
            raise ScoringError(
                f"the converted model in {folder} is of Detoxify {manifest.variant}, not of {variant}",
                code="scoring.weights_mixed",
                hint=f"Ask for detoxify-{manifest.variant}.",
            )
        form = precision or manifest.precision
        network = OnnxNetwork(Path(folder), manifest, form, threads or 0)
        version = f"{importlib.metadata.version('detoxify')}+onnx.{form}"
        identity = ScorerId(f"detoxify-{variant}", version, manifest.checkpoint_sha256[:12])
        super().__init__(network, identity, variant_named(variant).languages, explain_s)
