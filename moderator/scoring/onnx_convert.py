"""Writing a network as ONNX, exact and quantised. Importing this imports torch and onnx."""

from __future__ import annotations

import importlib
import logging
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderator.scoring.conversion import FP32, INT8, ONNX
from moderator.scoring.converted import Ids
from moderator.scoring.onnx import OnnxNetwork

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what these warn of at import is theirs to mend
    import torch

    # Without types of their own, or with half of them.
    onnx: Any = importlib.import_module("onnx")
    exporter: Any = torch.onnx

_OPSET = 17
_MULTIPLY = frozenset({"MatMul", "Gemm"})


class OnnxConverter:
    """Makes what onnxruntime runs. It quantises what a layer reads anew for every batch: that needs no calibration."""

    engine = ONNX
    network = OnnxNetwork
    exact: Sequence[str] = (FP32,)
    quantised: Sequence[str] = (INT8,)
    packages = ("onnxruntime",)

    def __init__(self) -> None:
        self._quantization: Any = importlib.import_module("onnxruntime.quantization")

    def write_exact(self, exported: Path, folder: Path) -> None:
        """Writes the exact form."""
        shutil.copyfile(exported, folder / f"{FP32}.onnx")

    def write_quantised(
        self, exported: Path, folder: Path, _calibration: Sequence[tuple[Ids, Ids]], spared: Sequence[str]
    ) -> None:
        """Writes the quantised form.

        Args:
            exported: The exact network as ONNX.
            folder: Where to.
            spared: Nodes to leave exact.
        """
        root = logging.getLogger()
        level = root.level
        root.setLevel(logging.ERROR)  # it advises at every call on a preparation that gains nothing here
        try:
            self._quantization.quantize_dynamic(
                str(exported),
                str(folder / f"{INT8}.onnx"),
                per_channel=True,
                weight_type=self._quantization.QuantType.QInt8,
                nodes_to_exclude=list(spared),
                extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        finally:
            root.setLevel(level)


def export(network: Any, example: tuple[Any, Any], path: Path) -> list[str]:
    """Writes a network as ONNX, for any batch and length.

    Args:
        network: From token ids and mask to probabilities.
        example: Of its input.
        path: Where to.

    Returns:
        The nodes that multiply by weights: what can be quantised.
    """
    axes = {0: "batch", 1: "tokens"}
    tracing = logging.getLogger("torch.onnx")
    level = tracing.level
    tracing.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            # The tracer is deprecated and warns; it is kept since what it makes runs up to a tenth faster in int8.
            warnings.simplefilter("ignore")
            exporter.export(
                network,
                example,
                str(path),
                dynamo=False,
                opset_version=_OPSET,
                input_names=["input_ids", "attention_mask"],
                output_names=["probabilities"],
                dynamic_axes={"input_ids": axes, "attention_mask": axes, "probabilities": {0: "batch"}},
            )
    finally:
        tracing.setLevel(level)
    return _bypass_copies(path)


def _bypass_copies(path: Path) -> list[str]:
    """Lets every node read shared weights themselves, not a copy: the quantiser sees only the weight's first use.

    Returns:
        The nodes that multiply by weights.
    """
    graph_of: Any = onnx.load(str(path))
    graph = graph_of.graph
    weights = {weight.name for weight in graph.initializer}
    copies = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}

    def source(name: str) -> str:
        while name in copies:
            name = copies[name]
        return name

    kept: list[Any] = []
    for node in graph.node:
        if node.op_type == "Identity" and source(node.output[0]) in weights:
            continue
        for place, name in enumerate(node.input):
            if source(name) in weights:
                node.input[place] = source(name)
        kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    onnx.save(graph_of, str(path))
    return [str(node.name) for node in kept if node.op_type in _MULTIPLY and node.input[1] in weights]
