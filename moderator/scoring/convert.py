"""From a Detoxify checkpoint to ONNX, and proof that it still says the same. Importing this imports torch and onnx."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from moderator.errors import ScoringError
from moderator.scoring.detoxify_judge import encodable
from moderator.scoring.detoxify_model import DetoxifyModel
from moderator.scoring.detoxify_weights import find_weights, verify
from moderator.scoring.explain import Row
from moderator.scoring.onnx import OnnxNetwork
from moderator.scoring.onnx_files import (
    FP32,
    FP32_TOLERANCE,
    INT8,
    INT8_TOLERANCE,
    MANIFEST,
    TOKENIZER,
    Manifest,
    Parity,
    conversion_dir,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what these warn of at import is theirs to mend
    import torch

    # Without types of their own, or with half of them.
    onnx: Any = importlib.import_module("onnx")
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    exporter: Any = torch.onnx

Progress = Callable[[str, float], None]
"""Called with the stage, in our own words, and the share done, 0..1."""

Thresholds = Mapping[str, Sequence[float]]
"""Class name to the probabilities at which something is decided."""

_OPSET = 17


def convert(
    variant: str,
    models_dir: Path,
    thresholds: Thresholds,
    *,
    texts: Sequence[str] = (),
    tolerance: float = INT8_TOLERANCE,
    progress: Progress | None = None,
) -> tuple[Path, Manifest]:
    """Converts a variant's checkpoint and measures how far the result is from it.

    Args:
        variant: Which.
        models_dir: The data directory's `models` folder.
        thresholds: Where decisions are made now, to count those that would flip.
        texts: What to compare on; a built-in sample where none are given.
        tolerance: Largest difference, in probability, with which the int8 form is used.
        progress: Told how far it is.

    Returns:
        The folder and what is in it. An earlier conversion of the same checkpoint is replaced.

    Raises:
        ScoringError: The checkpoint can't be used, or the export doesn't say what the original says.
    """
    tell = progress or _untold
    weights = find_weights(variant, models_dir=models_dir)
    digest = verify(weights)
    tell("loading", 0.0)
    model = DetoxifyModel(weights.checkpoint, weights.config_dir, "cpu")
    target = conversion_dir(weights, digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as unfinished:
        folder = Path(unfinished) / digest[:12]
        folder.mkdir()
        tell("exporting", 0.1)
        model.save_tokenizer(folder / TOKENIZER)
        _export(model, folder / f"{FP32}.onnx")
        tell("quantising", 0.4)
        _quantise(folder / f"{FP32}.onnx", folder / f"{INT8}.onnx")
        sums = {path.name: _digest(path) for path in sorted(folder.iterdir())}
        versions = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "onnx", "onnxruntime")}
        shape = (model.shape.window, model.shape.pad, model.shape.first, model.shape.last)
        manifest = Manifest(variant, digest, list(model.classes), *shape, FP32, {}, sums, versions)
        tell("comparing", 0.6)
        manifest = _settled(manifest, _parity(model, folder, manifest, texts or sample(), thresholds), tolerance)
        (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    tell("done", 1.0)
    return target, manifest


def sample() -> list[str]:
    """Texts to compare on, all our own: kind, rude, neutral mentions of groups, short, long, and odd ones."""
    lines = files("moderator.scoring").joinpath("convert_sample.txt").read_text(encoding="utf-8").splitlines()
    return [*lines, "", " ".join(lines) * 2]


def _untold(_stage: str, _share: float) -> None:
    """Nobody watches."""


def _export(model: DetoxifyModel, path: Path) -> None:
    """Writes the network, with the logistic function at its end, for any batch and length."""
    network, example = model.exportable()
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
    _bypass_copies(path)


def _bypass_copies(path: Path) -> None:
    """Lets every node read shared weights themselves, not a copy: the quantiser sees only the weight's first use."""
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


def _quantise(path: Path, out: Path) -> None:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises at every call on a preparation that gains nothing here
    try:
        quantization.quantize_dynamic(
            str(path),
            str(out),
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)


def _parity(
    model: DetoxifyModel, folder: Path, manifest: Manifest, texts: Sequence[str], thresholds: Thresholds
) -> dict[str, Parity]:
    readable = [encodable(text) for text in texts]
    expected = model.probabilities(readable)
    return {
        form: compare(
            expected, OnnxNetwork(folder, manifest, form).probabilities(readable), manifest.classes, thresholds
        )
        for form in (FP32, INT8)
    }


def _settled(manifest: Manifest, parity: dict[str, Parity], tolerance: float) -> Manifest:
    """The manifest with both forms' parity and the form to use.

    Raises:
        ScoringError: Even the exact form differs.
    """
    if not parity[FP32].largest <= FP32_TOLERANCE:
        raise ScoringError(
            f"the exported model differs from the original by {parity[FP32].largest:.2g}; nothing was kept",
            code="scoring.conversion",
            hint="Other versions of torch, transformers or onnx may export it rightly. The checkpoint still works.",
        )
    good = parity[INT8].largest <= tolerance
    return msgspec.structs.replace(manifest, parity=parity, precision=INT8 if good else FP32)


def compare(
    expected: Sequence[Row | None], actual: Sequence[Row | None], classes: Sequence[str], thresholds: Thresholds
) -> Parity:
    """How far rows are from those expected; a text that either side can't score counts as the largest difference."""
    differences: list[float] = []
    flipped = decisions = 0
    for before, after in zip(expected, actual, strict=True):
        if before is None or after is None:
            differences.append(1.0)
            continue
        differences += [abs(one - other) for one, other in zip(before, after, strict=True)]
        for name, one, other in zip(classes, before, after, strict=True):
            for threshold in thresholds.get(name, ()):
                decisions += 1
                flipped += (one >= threshold) is not (other >= threshold)
    mean = sum(differences) / len(differences) if differences else 0.0
    return Parity(len(expected), max(differences, default=0.0), mean, flipped, decisions)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
