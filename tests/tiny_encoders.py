"""Encoders small enough to be made by a test: random, two layers, a few dozen words."""

from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from moderator.scoring.embedded.encoder_weights import write_blend
from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.model import ANSWERS
from moderator.scoring.embedded.scorer import WEIGHTS
from moderator.scoring.encoder import WINDOW_TOKENS
from moderator.scoring.encoder_files import NETWORK, TOKENIZER
from moderator.scoring.training.encoder_graph import EncoderGraph, EncoderShape

WIDTH, INNER, LAYERS, ATTENTION = 32, 64, 2, 4
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "bridge", "was", "built", "in", "spring", "zorp", "a", "b", "c"]
WORDS += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] + list("defghijklmnopqrstuvwxyz") + list("?.!,")
SHAPE = EncoderShape(LAYERS, ATTENTION, 1e-12, WINDOW_TOKENS)


def random_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays named as `transformers.BertModel` names them, with heads."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}

    def matrix(name: str, *shape: int) -> None:
        arrays[f"{name}.weight"] = rng.normal(0, 0.4, shape).astype(np.float32)

    def dense(name: str, inputs: int, outputs: int) -> None:
        matrix(name, outputs, inputs)
        arrays[f"{name}.bias"] = rng.normal(0, 0.4, outputs).astype(np.float32)

    def norm(name: str) -> None:
        arrays[f"{name}.weight"] = rng.uniform(0.5, 1.5, WIDTH).astype(np.float32)
        arrays[f"{name}.bias"] = rng.normal(0, 0.1, WIDTH).astype(np.float32)

    matrix("embeddings.word_embeddings", len(WORDS), WIDTH)
    matrix("embeddings.position_embeddings", 512, WIDTH)
    matrix("embeddings.token_type_embeddings", 2, WIDTH)
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        place = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            dense(f"{place}.attention.self.{part}", WIDTH, WIDTH)
        dense(f"{place}.attention.output.dense", WIDTH, WIDTH)
        norm(f"{place}.attention.output.LayerNorm")
        dense(f"{place}.intermediate.dense", WIDTH, INNER)
        dense(f"{place}.output.dense", INNER, WIDTH)
        norm(f"{place}.output.LayerNorm")
    dense("head", WIDTH, len(HEADS))
    return arrays


def write_tokenizer(path: Path) -> None:
    """A WordPiece tokenizer that knows `WORDS`."""
    unknown = WORDS[1]
    tokenizer = Tokenizer(models.WordPiece({word: index for index, word in enumerate(WORDS)}, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(path))


def write_encoder(folder: Path, arrays: dict[str, np.ndarray] | None = None, *, parts: int = 2) -> Path:
    """The encoder form's four files, exact; its blend hears the n-grams and the encoder's own heads alike."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder / TOKENIZER)
    onnx.save(EncoderGraph(arrays or random_arrays(), SHAPE).build(), str(folder / NETWORK))
    blend = np.zeros((parts * len(HEADS), len(ANSWERS)), np.float32)
    for part in range(parts):
        blend[part * len(HEADS) : (part + 1) * len(HEADS)] = np.eye(len(HEADS))
    write_blend(folder, WEIGHTS, blend, np.zeros(len(ANSWERS), np.float32), {"version": "0.0.1"})
    return folder
