"""Word vectors from a pretrained sentence encoder on disk. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertModel
from transformers.utils import logging

FloatArray = NDArray[np.float32]
_BATCH = 256


def encode_words(
    words: Sequence[str], folder: Path, longest: int, progress: Callable[[str, float], None]
) -> FloatArray:
    """Encodes each word by itself.

    Args:
        words: What to encode.
        folder: Holds `tokenizer.json`, `config.json` and `model.safetensors`.
        longest: Pieces that a word is cut after.
        progress: Told the share done.

    Returns:
        The mean over each word's pieces, shape (words, encoder width).
    """
    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    # Its loading bar would be drawn over ours.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    # The package's files are Apache-2.0 safetensors, read from disk only.
    model: Any = BertModel
    encoder: Any = model.from_pretrained(str(folder), add_pooling_layer=False, local_files_only=True).eval()
    pieces: list[list[int]] = [encoded.ids for encoded in tokenizer.encode_batch(list(words))]
    order = np.argsort([len(ids) for ids in pieces], kind="stable").tolist()
    vectors = np.zeros((len(words), int(encoder.config.hidden_size)), np.float32)
    for start in range(0, len(order), _BATCH):
        rows: list[int] = order[start : start + _BATCH]
        width = max(len(pieces[row]) for row in rows)
        ids = torch.tensor([pieces[row] + [0] * (width - len(pieces[row])) for row in rows])
        inside = torch.tensor([[1] * len(pieces[row]) + [0] * (width - len(pieces[row])) for row in rows])
        with torch.no_grad():
            states: torch.Tensor = encoder(input_ids=ids, attention_mask=inside).last_hidden_state
        mean = (states * inside.unsqueeze(-1)).sum(1) / inside.sum(1, keepdim=True)
        vectors[rows] = mean.numpy()
        progress("word vectors", min(start + _BATCH, len(order)) / len(order))
    return vectors
