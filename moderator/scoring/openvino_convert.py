"""Writing a network for OpenVINO, exact and quantised after calibration. Importing this imports openvino and nncf."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderator.scoring.conversion import BF16, FP32, INT8, INT8_BF16, OPENVINO
from moderator.scoring.converted import Ids
from moderator.scoring.openvino import OpenVinoNetwork

# nncf reports to its makers what it is used for, without asking. It does without that package where there is none.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's own way to say "isn't installed"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what these warn of at import is theirs to mend
    # Without types of their own, or with half of them.
    openvino: Any = importlib.import_module("openvino")
    nncf: Any = importlib.import_module("nncf")


class OpenVinoConverter:
    """Makes what OpenVINO runs: eight bits with ranges that calibration texts fix once, by NNCF.

    On a CPU that multiplies 16-bit floats quickly, each form is also offered with the rest shortened to those.

    Source: NNCF, "Post-training quantization", with the settings for transformers (SmoothQuant, bias correction).
    """

    engine = OPENVINO
    network = OpenVinoNetwork
    packages = ("openvino", "nncf")

    def __init__(self) -> None:
        shortens = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.exact: Sequence[str] = (BF16, FP32) if shortens else (FP32,)
        self.quantised: Sequence[str] = (INT8_BF16, INT8) if shortens else (INT8,)

    def write_exact(self, exported: Path, folder: Path) -> None:
        """Writes the exact form."""
        _save(openvino.Core().read_model(str(exported)), folder, FP32)

    def write_quantised(
        self, exported: Path, folder: Path, calibration: Sequence[tuple[Ids, Ids]], spared: Sequence[str]
    ) -> None:
        """Writes the quantised form.

        Args:
            exported: The exact network as ONNX.
            folder: Where to.
            calibration: Token ids and masks of texts of the usual kind: the ranges are taken from them.
            spared: Nodes to leave exact.
        """
        rows = [{"input_ids": ids, "attention_mask": mask} for ids, mask in calibration]
        # Nodes keep their names from ONNX; one that adds a bias too becomes two.
        patterns = [f"^{re.escape(node)}(/WithoutBiases)?$" for node in spared]
        level = nncf.nncf_logger.level
        # It draws bars of its own on standard output, which is for results.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nncf.set_log_level(logging.ERROR)
            try:
                model = nncf.quantize(
                    openvino.Core().read_model(str(exported)),
                    nncf.Dataset(rows),
                    model_type=nncf.ModelType.TRANSFORMER,
                    subset_size=len(rows),
                    ignored_scope=nncf.IgnoredScope(patterns=patterns, validate=False) if patterns else None,
                )
            finally:
                nncf.set_log_level(level)
        _save(model, folder, INT8)


def _save(model: Any, folder: Path, stem: str) -> None:
    openvino.save_model(model, str(folder / f"{stem}.xml"), compress_to_fp16=False)
