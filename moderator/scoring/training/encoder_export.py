"""From a trained encoder to the files that ship, and proof of how near the 8-bit form is to the trained numbers."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.model import squash
from moderator.scoring.encoder import INPUT, WINDOW_TOKENS, EncoderPart
from moderator.scoring.encoder_files import NETWORK, TOKENIZER
from moderator.scoring.training.encoder_graph import EncoderGraph, EncoderShape
from moderator.scoring.training.evidence import EVIDENCE_LAYERS
from moderator.scoring.training.sentence_encoder import SentenceEncoder

# Without types of their own, or with half of them.
onnx: Any = importlib.import_module("onnx")
onnxruntime: Any = importlib.import_module("onnxruntime")
torch: Any = importlib.import_module("torch")

FloatArray = NDArray[np.float32]
_CALIBRATION_TEXTS = 200
_CHECKED_TEXTS = 20
# Rounding explains a logit's difference up to this; more means that the graph is of something else.
_EXACT = 1e-3
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How far the 8-bit form is from the exact one, over some texts.

    Attributes:
        texts: How many were compared.
        exact: Largest difference of a logit between the exact graph and the trained network itself.
        largest: Largest difference of a probability between the 8-bit and the exact graph.
        mean: Mean difference of a probability.
        flipped: How many times a head was on the other side of one half.
        megabytes: Size of the network's file.
    """

    texts: int
    exact: float
    largest: float
    mean: float
    flipped: int
    megabytes: float


def export_encoder(
    encoder: SentenceEncoder,
    tokenizer: Path,
    out_dir: Path,
    calibration_texts: Sequence[str],
    evidence: Mapping[str, FloatArray] | None = None,
) -> ExportReport:
    """Writes network and tokenizer into a folder, ready for `EncoderPart` and for a blend to be fitted.

    Args:
        encoder: Trained.
        tokenizer: Its `tokenizer.json`.
        out_dir: Made if it isn't there. Gets `encoder.onnx` and `encoder.tokenizer.json`.
        calibration_texts: What people write, a few hundred: the first 200 show how loud each column gets, all are
            compared on. None of them is kept.
        evidence: A head on its lower layers that marks tokens, as `fit_evidence` makes it.

    Returns:
        How near the two forms are.

    Raises:
        ScoringError: The exact graph doesn't say what the trained network says, or the folder can't be written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tokenizer, out_dir / TOKENIZER)
    arrays = {
        name.removeprefix("bert."): array.detach().float().cpu().numpy() for name, array in encoder.state_dict().items()
    }
    arrays |= evidence or {}
    of = encoder.bert.config
    lower = EVIDENCE_LAYERS if evidence else None
    shape = EncoderShape(of.num_hidden_layers, of.num_attention_heads, of.layer_norm_eps, WINDOW_TOKENS, lower)
    exact = EncoderGraph(arrays, shape)
    plain = exact.build()
    network = out_dir / NETWORK
    onnx.save(plain, str(network))
    reader = EncoderPart(network, out_dir / TOKENIZER)
    expected = reader.logits(calibration_texts)
    differs = _differs(encoder, reader, calibration_texts[:_CHECKED_TEXTS])
    if not differs <= _EXACT:
        network.unlink()
        raise ScoringError(
            f"the graph differs from the trained network by {differs:.2g}; nothing was kept",
            code="scoring.conversion",
            hint="It's written for transformers' BertModel with GELU and absolute positions, and heads on the mean.",
        )
    loudest = _listen(plain, exact.products, reader, calibration_texts[:_CALIBRATION_TEXTS])
    onnx.save(EncoderGraph(arrays, shape, loudest).build(), str(network))
    rounded = EncoderPart(network, out_dir / TOKENIZER).logits(calibration_texts)
    return _compare(expected, rounded, differs, network.stat().st_size / 1e6)


def _differs(encoder: SentenceEncoder, reader: EncoderPart, texts: Sequence[str]) -> float:
    """The largest difference of a logit between the exact graph and the trained network, over each text's start."""
    largest = 0.0
    with torch.inference_mode():
        for text in texts:
            tokens = reader.windows(text)[0].ids
            ids = torch.as_tensor(tokens[None])
            difference = encoder(ids, torch.ones_like(ids)).float().numpy() - reader.run(tokens)
            largest = max(largest, float(np.abs(difference).max()))
    return largest


def _listen(model: Any, products: Sequence[str], reader: EncoderPart, texts: Sequence[str]) -> dict[str, FloatArray]:
    """The largest size of each column of each product's input, over some texts."""
    names = list(dict.fromkeys(products))
    heard = onnx.ModelProto()
    heard.CopyFrom(model)
    heard.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(heard.SerializeToString(), providers=["CPUExecutionProvider"])
    loudest: dict[str, FloatArray] = {}
    for text in texts:
        for window in reader.windows(text):
            for name, states in zip(names, session.run(names, {INPUT: window.ids}), strict=True):
                most: FloatArray = np.abs(states).max(axis=0)
                loudest[name] = np.maximum(loudest[name], most) if name in loudest else most
    return loudest


def _compare(expected: FloatArray, rounded: FloatArray, exact: float, megabytes: float) -> ExportReport:
    before, after = squash(expected), squash(rounded)
    difference = np.abs(before - after)
    flipped = int(((before >= _HALF) != (after >= _HALF)).sum())
    return ExportReport(
        len(expected), exact, float(difference.max()), float(difference.mean()), flipped, round(megabytes, 1)
    )
