"""A converted Detoxify network in onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderator.scoring.conversion import ONNX
from moderator.scoring.converted import ConvertedNetwork, ConvertedScorer, Ids, needed, unusable
from moderator.scoring.detoxify_windows import CPU_BUCKET_TOKENS


class OnnxNetwork(ConvertedNetwork):
    """A network in onnxruntime; forms `fp32` and `int8`."""

    engine = ONNX
    budget = CPU_BUCKET_TOKENS

    @staticmethod
    def file_names(precision: str) -> Sequence[str]:
        """The one file of a form."""
        return (f"{precision}.onnx",)

    def _load(self, network: Path, _precision: str, threads: int, /) -> None:
        onnxruntime = needed("onnxruntime", self.engine)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own types, straight from Exception
            raise unusable("onnxruntime", network, error) from error

    def _run(self, ids: Ids, mask: Ids) -> Any:
        try:
            (values,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        except Exception as error:  # its own types, straight from Exception
            raise RuntimeError(type(error).__name__) from error
        return values


class OnnxScorer(ConvertedScorer):
    """A Detoxify variant in onnxruntime."""

    network = OnnxNetwork
