"""A BERT with heads on the mean of its states, written down as an ONNX graph: exact, or in 8-bit numbers.

The graph is built operation by operation from the trained arrays, not traced: it takes one text without padding, so
it needs no mask, and its 8-bit form can be made as fine as a small network needs. What usual tools make, one scale for
all of a matrix product's inputs, moved probabilities of a trained encoder by several hundredths. Here:

- each input row (a token) has a scale of its own, so that one loud token doesn't blunt the others;
- loud input columns are made quieter and their weights louder before rounding (SmoothQuant, Xiao et al. 2023,
  https://arxiv.org/abs/2211.10438, eq. 4), by what calibration texts show;
- what is nearly never negative (GELU's output, at least -0.17) is shifted to use all 256 steps;
- each output column of the weights, and each row of the word vectors, has a scale of its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.scoring.encoder import INPUT, LOGITS, MARKS

onnx: Any = importlib.import_module("onnx")

FloatArray = NDArray[np.float32]
Arrays = Mapping[str, FloatArray]
OPSET, FUSED_OPSET = 17, 1
FUSED = "com.microsoft"
# Of 0.5, 0.7 and 0.85 it moved a trained encoder's logits least, by 0.03 in the mean.
_SMOOTHING = 0.5
_GELU_LOWEST = 0.17
_SILENT = 1e-9


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """What the arrays alone don't say.

    Attributes:
        layers: How many.
        heads: Attention heads per layer.
        epsilon: Of the normalisations.
        longest: Tokens that a window can have.
        marked_after: Layers after which tokens are marked, if they are: all, or the lower ones only.
    """

    layers: int
    heads: int
    epsilon: float
    longest: int
    marked_after: int | None = None


@dataclass
class EncoderGraph:
    """Builds one graph.

    Attributes:
        arrays: `transformers.BertModel`'s arrays by their names there, without pooler; `head.weight` and `head.bias`;
            and, where each token is to be marked as well, `marks.weight` and `marks.bias`.
        shape: The rest.
        loudest: The largest size seen in each column of each product's input, by the input's name; shape (columns,).
            Where it's given, products are made in 8-bit numbers; where it isn't, the graph is exact.
    """

    arrays: Arrays
    shape: EncoderShape
    loudest: Mapping[str, FloatArray] | None = None
    nodes: list[Any] = field(default_factory=list[Any])
    constants: dict[str, Any] = field(default_factory=dict[str, Any])
    products: list[str] = field(default_factory=list[str])

    def build(self) -> Any:
        """Returns the model: `tokens` (int64, one text, special tokens included) to `logits` (1, heads).

        With arrays for marks, also to `marks` (tokens without the special ones, kinds of mark).
        """
        states = [self._embed()]
        for layer in range(self.shape.layers):
            states.append(self._layer(f"encoder.layer.{layer}", states[-1]))
        mean = self._add("ReduceMean", [states[-1]], "mean", axes=[0], keepdims=1)
        self._judge(mean, "head", LOGITS)
        helper, kinds = onnx.helper, onnx.TensorProto
        outputs = [helper.make_tensor_value_info(LOGITS, kinds.FLOAT, [1, int(self.arrays["head.bias"].size)])]
        if "marks.weight" in self.arrays:
            inner = [self._keep(name, np.array([at], np.int64)) for name, at in (("second", 1), ("last", -1))]
            marked = states[-1 if self.shape.marked_after is None else self.shape.marked_after]
            words = self._add("Slice", [marked, *inner, self._keep("zero", np.zeros(1, np.int64))], "states.words")
            self._judge(words, "marks", MARKS)
            kinds_of_mark = int(self.arrays["marks.bias"].size)
            outputs.append(helper.make_tensor_value_info(MARKS, kinds.FLOAT, ["words", kinds_of_mark]))
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [helper.make_tensor_value_info(INPUT, kinds.INT64, ["length"])],
            outputs,
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, FUSED_OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _judge(self, states: str, name: str, output: str) -> None:
        weights = self._keep(f"{name}.weight", self.arrays[f"{name}.weight"].T)
        self._add("Gemm", [states, weights, self._keep(f"{name}.bias", self.arrays[f"{name}.bias"])], output)

    def _add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(onnx.helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def _keep(self, name: str, array: NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = onnx.numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def _embed(self) -> str:
        places = self.arrays["embeddings.position_embeddings.weight"][: self.shape.longest]
        # One text is one segment: the first kind of token is part of every place.
        places = places + self.arrays["embeddings.token_type_embeddings.weight"][0]
        words = self._words(self.arrays["embeddings.word_embeddings.weight"])
        length = self._add("Shape", [INPUT], "length")
        first = self._keep("zero", np.zeros(1, np.int64))
        where = self._add("Slice", [self._keep("places", places), first, length], "places.used")
        return self._normalise("embeddings.LayerNorm", words, where)

    def _words(self, table: FloatArray) -> str:
        if self.loudest is None:
            return self._add("Gather", [self._keep("words", table), INPUT], "words.used")
        steps = np.maximum(np.abs(table).max(axis=1, keepdims=True), _SILENT) / 127
        rows = self._add("Gather", [self._keep("words", np.rint(table / steps).astype(np.int8)), INPUT], "words.rows")
        plain = self._add("Cast", [rows], "words.plain", to=onnx.TensorProto.FLOAT)
        scale = self._add("Gather", [self._keep("words.step", steps.astype(np.float32)), INPUT], "words.scale")
        return self._add("Mul", [plain, scale], "words.used")

    def _layer(self, name: str, states: str) -> str:
        width = self.arrays[f"{name}.output.dense.bias"].size
        mixed = self._attend(f"{name}.attention", states, width)
        told, bias = self._product(f"{name}.attention.output.dense", mixed)
        states = self._normalise(f"{name}.attention.output.LayerNorm", told, states, bias)
        wide, bias = self._product(f"{name}.intermediate.dense", states)
        active = self._add("BiasGelu", [wide, bias], f"{name}.active", FUSED)
        narrow, bias = self._product(f"{name}.output.dense", active, lowest=-_GELU_LOWEST)
        return self._normalise(f"{name}.output.LayerNorm", narrow, states, bias)

    def _attend(self, name: str, states: str, width: int) -> str:
        heads = self.shape.heads
        size = width // heads
        # One product for all three; the scale of the scores is part of the query's weights.
        parts = [(f"{name}.self.{part}", size**-0.5 if part == "query" else 1.0) for part in ("query", "key", "value")]
        weights = np.concatenate([self.arrays[f"{part}.weight"].T * scale for part, scale in parts], axis=1)
        bias = np.concatenate([self.arrays[f"{part}.bias"] * scale for part, scale in parts])
        whole, kept = self._multiply(f"{name}.all", states, weights.astype(np.float32), bias.astype(np.float32))
        whole = self._add("Add", [whole, kept], f"{name}.biased")
        shape = self._keep("split", np.array([-1, 3, heads, size], np.int64))
        split = self._add("Reshape", [whole, shape], f"{name}.split")
        # To (part, head, token, number).
        turned = self._add("Transpose", [split], f"{name}.turned", perm=[1, 2, 0, 3])
        query, key, value = (
            self._add("Gather", [turned, self._keep(f"part.{part}", np.array(part, np.int64))], f"{name}.{part}")
            for part in range(3)
        )
        across = self._add("Transpose", [key], f"{name}.across", perm=[0, 2, 1])
        scores = self._add("MatMul", [query, across], f"{name}.scores")
        shares = self._add("Softmax", [scores], f"{name}.shares", axis=-1)
        mixed = self._add("MatMul", [shares, value], f"{name}.mixed")
        back = self._add("Transpose", [mixed], f"{name}.back", perm=[1, 0, 2])
        return self._add("Reshape", [back, self._keep("join", np.array([-1, width], np.int64))], f"{name}.joined")

    def _normalise(self, name: str, states: str, beside: str, bias: str = "") -> str:
        inputs = [states, beside, *(self._keep(f"{name}.{part}", self.arrays[f"{name}.{part}"]) for part in _NORM)]
        inputs += [bias] if bias else []
        # Adds both and the bias, then normalises.
        return self._add("SkipLayerNormalization", inputs, name, FUSED, epsilon=self.shape.epsilon)

    def _product(self, name: str, states: str, lowest: float | None = None) -> tuple[str, str]:
        weights, bias = self.arrays[f"{name}.weight"].T, self.arrays[f"{name}.bias"]
        return self._multiply(name, states, weights, bias, lowest)

    def _multiply(
        self, name: str, states: str, weights: FloatArray, bias: FloatArray, lowest: float | None = None
    ) -> tuple[str, str]:
        """Adds states times weights; returns its name and that of the bias still to be added."""
        self.products.append(states)
        if self.loudest is None:
            product = self._add("MatMul", [states, self._keep(f"{name}.weight", weights)], name)
            return product, self._keep(f"{name}.bias", bias)
        loud = np.maximum(self.loudest[states], _SILENT) ** _SMOOTHING
        quiet = loud / np.maximum(np.abs(weights).max(axis=1), _SILENT) ** (1 - _SMOOTHING)
        codes, scale, zero = self._round_rows(name, states, 1 / quiet, lowest)
        louder = weights * quiet[:, None]
        steps = np.maximum(np.abs(louder).max(axis=0), _SILENT) / 127
        rounded = np.rint(louder / steps).astype(np.int8)
        product = self._add(
            "MatMulIntegerToFloat",
            [
                codes,
                self._keep(f"{name}.weight", rounded),
                self._keep("one", np.ones((), np.float32)),
                self._keep(f"{name}.step", steps.astype(np.float32)),
                zero,
            ],
            f"{name}.whole",
            FUSED,
        )
        if lowest is not None:
            # Takes the shift back, through the very weights that it went through.
            bias = bias + lowest * (rounded * steps / quiet[:, None]).sum(axis=0)
        kept = self._keep(f"{name}.bias", bias.astype(np.float32))
        return self._add("Mul", [product, scale], name), kept

    def _round_rows(self, name: str, states: str, quieting: FloatArray, lowest: float | None) -> tuple[str, str, str]:
        """Rounds each row to 256 steps; returns the names of the codes, the rows' steps, and the code of zero."""
        if lowest is not None:
            states = self._add("Sub", [states, self._keep("lowest", np.array(lowest, np.float32))], f"{name}.shifted")
        quiet = self._keep(f"{name}.quieting", quieting.astype(np.float32))
        quieted = self._add("Mul", [states, quiet], f"{name}.quieted")
        sizes = quieted if lowest is not None else self._add("Abs", [quieted], f"{name}.sizes")
        most = self._add("ReduceMax", [sizes], f"{name}.most", axes=[-1], keepdims=1)
        most = self._add("Max", [most, self._keep("silent", np.array(_SILENT, np.float32))], f"{name}.most.safe")
        zero_code, steps = (0, 255) if lowest is not None else (128, 127)
        share = self._keep(f"share.{steps}", np.array(1 / steps, np.float32))
        scale = self._add("Mul", [most, share], f"{name}.scale")
        relative = self._add("Div", [quieted, scale], f"{name}.relative")
        zero = self._keep(f"code.{zero_code}", np.array(zero_code, np.uint8))
        one = self._keep("one", np.ones((), np.float32))
        return self._add("QuantizeLinear", [relative, one, zero], f"{name}.codes"), scale, zero


_NORM = ("weight", "bias")
