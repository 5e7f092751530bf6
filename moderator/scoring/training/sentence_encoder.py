"""Fine-tunes a small pretrained sentence encoder on all heads at once, and can go on after being cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel
from transformers.utils import logging

Progress = Callable[[str, float], None]
FloatArray = NDArray[np.float32]
# Some of torch's own signatures are untyped.
_torch: Any = torch
_SORTED_BATCHES = 50
_CHECKPOINT_STEPS = 400
_WIDTH_STEP = 8
_PREDICTED = 64


@dataclass(frozen=True, slots=True)
class EncoderRecipe:
    """How to fine-tune. Source of the values: tried out on the development halves.

    Attributes:
        passes: Over the data.
        batch: Rows per step.
        step_size: Adam's, at its highest.
        warm_up: Steps until the step size is at its highest; from then on it falls in a straight line.
        decay: Weight decay of the matrices.
        dropout: Share of the pooled numbers dropped while learning.
        longest: Tokens that a text is cut after while learning.
        steepest: Gradients longer than this are shortened to it.
        start_bias: Logit at the start; most labels are rare.
    """

    passes: float = 2.0
    batch: int = 64
    step_size: float = 2e-4
    warm_up: int = 200
    decay: float = 0.01
    dropout: float = 0.1
    longest: int = 96
    steepest: float = 1.0
    start_bias: float = -2.0


@dataclass(frozen=True, slots=True)
class TaughtTexts:
    """What the encoder learns from.

    Attributes:
        texts: Raw texts.
        targets: 0..1 or NaN (unknown) per head. Shape (rows, heads).
        counts: How much each target counts. Shape (rows, heads).
    """

    texts: list[str]
    targets: FloatArray
    counts: FloatArray


class SentenceEncoder(nn.Module):
    """A BERT whose token states are averaged, and one linear head per label.

    Args:
        folder: Holds `config.json`, `model.safetensors` and `tokenizer.json`.
        heads: How many heads.
        recipe: Dropout and first bias.
    """

    def __init__(self, folder: Path, heads: int, recipe: EncoderRecipe) -> None:
        super().__init__()
        # Its loading bar would be drawn over ours.
        logging.disable_progress_bar()
        logging.set_verbosity_error()
        model: Any = BertModel
        # The fused attention's backward pass takes half of all time on a CPU; the plain one doesn't.
        self.bert: Any = model.from_pretrained(
            str(folder), add_pooling_layer=False, local_files_only=True, attn_implementation="eager"
        )
        self.head = nn.Linear(int(self.bert.config.hidden_size), heads)
        self.dropout = recipe.dropout
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.constant_(self.head.bias, recipe.start_bias)

    def forward(self, ids: Tensor, inside: Tensor) -> Tensor:
        """Returns logits, shape (texts, heads), from token ids and a 0/1 mask, both of shape (texts, tokens)."""
        states = self.bert(input_ids=ids, attention_mask=inside).last_hidden_state.float()
        mask = inside.unsqueeze(-1).float()
        pooled = (states * mask).sum(1) / mask.sum(1)
        return self.head(functional.dropout(pooled, self.dropout, self.training))


def fine_tune(
    taught: TaughtTexts, folder: Path, recipe: EncoderRecipe, *, seed: int, checkpoint: Path, progress: Progress
) -> SentenceEncoder:
    """Fine-tunes all layers; unknown targets cost nothing.

    Args:
        taught: What to learn from.
        folder: The pretrained encoder.
        recipe: How.
        seed: Order of the rows, and all else that is drawn.
        checkpoint: Written every few hundred steps. Where it is there already, learning goes on from it.
        progress: Told what is going on and the share done, 0..1.

    Returns:
        The encoder, ready to be exported.
    """
    _torch.manual_seed(seed)
    tokens = read_tokens(taught.texts, folder, recipe.longest)
    plan = list(_batches(tokens, recipe, seed))
    encoder = SentenceEncoder(folder, taught.targets.shape[1], recipe)
    adam = _optimiser(encoder, recipe)
    start = _resume(checkpoint, encoder, adam)
    known = torch.as_tensor(np.where(np.isnan(taught.targets), 0, taught.counts))
    targets = torch.as_tensor(np.nan_to_num(taught.targets))
    for step in range(start, len(plan)):
        rows = plan[step]
        chosen: list[int] = rows.tolist()
        for group in adam.param_groups:
            group["lr"] = recipe.step_size * min(1, (step + 1) / recipe.warm_up) * (1 - step / len(plan))
        ids, inside = pad_tokens([tokens[row] for row in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            logits = encoder(ids, inside)
        of_batch = torch.as_tensor(rows)
        losses = functional.binary_cross_entropy_with_logits(logits.float(), targets[of_batch], reduction="none")
        loss: Any = (losses * known[of_batch]).sum() / rows.size
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), recipe.steepest)
        adam.step()
        progress("encoder", (step + 1) / len(plan))
        if (step + 1) % _CHECKPOINT_STEPS == 0:
            _keep(checkpoint, encoder, adam, step + 1)
    return encoder.eval()


def predict_logits(
    encoder: SentenceEncoder, texts: Sequence[str], folder: Path, longest: int, progress: Progress
) -> FloatArray:
    """Returns the heads' logits for texts cut after `longest` tokens, shape (texts, heads)."""
    tokens = read_tokens(texts, folder, longest)
    order = np.argsort([len(row) for row in tokens], kind="stable")
    logits = np.zeros((len(tokens), encoder.head.out_features), np.float32)
    for start in range(0, len(tokens), _PREDICTED):
        rows: list[int] = order[start : start + _PREDICTED].tolist()
        ids, inside = pad_tokens([tokens[row] for row in rows])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            logits[rows] = encoder(ids, inside).float().numpy()
        progress("encoder's answers", min(start + _PREDICTED, len(tokens)) / len(tokens))
    return logits


def read_tokens(texts: Sequence[str], folder: Path, longest: int) -> list[list[int]]:
    """Returns each text's token ids, cut after `longest`."""
    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return [encoded.ids for encoded in tokenizer.encode_batch(list(texts))]


def pad_tokens(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Returns ids and a 0/1 mask, both of shape (rows, longest row rounded up)."""
    # Each new shape makes the matrix library compile new kernels, which takes longer than the step itself.
    width = -(-max(len(row) for row in rows) // _WIDTH_STEP) * _WIDTH_STEP
    ids = np.zeros((len(rows), width), np.int64)
    inside = np.zeros((len(rows), width), np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        inside[index, : len(row)] = 1
    return torch.as_tensor(ids), torch.as_tensor(inside)


def _batches(tokens: Sequence[Sequence[int]], recipe: EncoderRecipe, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yields rows of like length together, in random order; the last pass may be a part of one."""
    order = np.random.default_rng(seed)
    lengths = np.array([len(row) for row in tokens])
    left = round(recipe.passes * lengths.size / recipe.batch)
    stretch = recipe.batch * _SORTED_BATCHES
    while left > 0:
        shuffled = order.permutation(lengths.size)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, lengths.size, stretch):
            part = shuffled[start : start + stretch]
            part = part[np.argsort(lengths[part], kind="stable")]
            batches += [part[first : first + recipe.batch] for first in range(0, part.size, recipe.batch)]
        for index in order.permutation(len(batches))[:left].tolist():
            yield batches[index]
        left -= len(batches)


def _optimiser(encoder: SentenceEncoder, recipe: EncoderRecipe) -> Any:
    matrices = [parameter for parameter in encoder.parameters() if parameter.dim() > 1]
    rest = [parameter for parameter in encoder.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.step_size, fused=True)


def _resume(checkpoint: Path, encoder: SentenceEncoder, adam: Any) -> int:
    if not checkpoint.is_file():
        return 0
    kept: Any = torch.load(checkpoint, weights_only=True)
    encoder.load_state_dict(kept["encoder"])
    adam.load_state_dict(kept["adam"])
    return int(kept["step"])


def _keep(checkpoint: Path, encoder: SentenceEncoder, adam: Any, step: int) -> None:
    partial = checkpoint.with_suffix(".partial")
    torch.save({"encoder": encoder.state_dict(), "adam": adam.state_dict(), "step": step}, partial)
    partial.replace(checkpoint)
