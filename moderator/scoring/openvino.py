"""A converted Detoxify network in OpenVINO, Intel's engine: the quickest on a CPU that multiplies bytes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderator.scoring.conversion import FP32, INT8, MANIFEST, OPENVINO
from moderator.scoring.converted import ConvertedNetwork, ConvertedScorer, Ids, needed, unusable

COMPILED = "compiled"
"""Folder in a conversion for what OpenVINO made of it on this machine: loading that takes a fraction of the time."""


class OpenVinoNetwork(ConvertedNetwork):
    """A network in OpenVINO.

    `int8` and `fp32` are files of their own; `-bf16`, and `bf16` alone, say that what is left of floating point is
    computed with 16 bits, where the CPU can. On one that can't, it's computed with 32.
    """

    engine = OPENVINO
    # One text at a time: a batch gains nothing, and each new shape costs some milliseconds.
    budget = 1

    @staticmethod
    def file_names(precision: str) -> Sequence[str]:
        """Structure and weights of a form."""
        stem = INT8 if precision.startswith(INT8) else FP32
        return f"{stem}.xml", f"{stem}.bin"

    def _load(self, network: Path, precision: str, threads: int, /) -> None:
        openvino = needed("openvino", self.engine)
        settings: dict[str, str | int] = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision.endswith("bf16") else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        # A conversion that is still being measured keeps nothing: it is about to move.
        if (network.parent / MANIFEST).is_file() and os.access(network.parent, os.W_OK):
            # OpenVINO throws a compiled form that it can't read away, and fails that one time.
            with contextlib.suppress(RuntimeError):
                kept = {"CACHE_DIR": str(network.parent / COMPILED)}
                self._request = _compiled(openvino, network, settings | kept)
                return
        try:
            self._request = _compiled(openvino, network, settings)
        except RuntimeError as error:
            raise unusable("OpenVINO", network, error) from error

    def _run(self, ids: Ids, mask: Ids) -> Any:
        return self._request.infer({"input_ids": ids, "attention_mask": mask})[0]


class OpenVinoScorer(ConvertedScorer):
    """A Detoxify variant in OpenVINO."""

    network = OpenVinoNetwork


def _compiled(openvino: Any, network: Path, settings: dict[str, str | int]) -> Any:
    return openvino.Core().compile_model(str(network), "CPU", settings).create_infer_request()
