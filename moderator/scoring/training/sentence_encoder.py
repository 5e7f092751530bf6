"""Fine-tunes a small pretrained sentence encoder on all heads at once, and can go on after being cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

from moderator.scoring.training.batches import like_lengths

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
        layer_dropout: Whether the layers drop numbers as well, as they did when they were pretrained: for few rows.
        marks_count: How much a token's marks count beside the text's heads.
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
    layer_dropout: bool = False
    marks_count: float = 0.5


@dataclass(frozen=True, slots=True)
class TaughtTexts:
    """What the encoder learns from.

    Attributes:
        texts: Raw texts.
        targets: 0..1 or NaN (unknown) per head. Shape (rows, heads).
        counts: How much each target counts. Shape (rows, heads).
        marks: Per text the 0..1 or NaN (unknown) of its tokens, special ones included, and kinds of mark, shape
            (tokens, kinds); empty where no token is to be marked.
    """

    texts: list[str]
    targets: FloatArray
    counts: FloatArray
    marks: Sequence[FloatArray] = ()

    @property
    def kinds_of_mark(self) -> int:
        """How many kinds of mark a token can get."""
        return self.marks[0].shape[1] if self.marks else 0


class SentenceEncoder(nn.Module):
    """A BERT whose token states are averaged, and one linear head per label; another per kind of mark on a token.

    Args:
        folder: Holds `config.json`, `model.safetensors` and `tokenizer.json`.
        heads: How many heads.
        recipe: Dropout and first bias.
        kinds_of_mark: How many; 0 for none.
    """

    def __init__(self, folder: Path, heads: int, recipe: EncoderRecipe, kinds_of_mark: int = 0) -> None:
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
        if kinds_of_mark:
            self.marks = nn.Linear(int(self.bert.config.hidden_size), kinds_of_mark)

    def forward(self, ids: Tensor, inside: Tensor) -> Tensor:
        """Returns logits, shape (texts, heads), from token ids and a 0/1 mask, both of shape (texts, tokens)."""
        return self.judge(self.states(ids, inside), inside)

    def states(self, ids: Tensor, inside: Tensor) -> Tensor:
        """Returns the tokens' last states, shape (texts, tokens, width)."""
        return self.bert(input_ids=ids, attention_mask=inside).last_hidden_state.float()

    def judge(self, states: Tensor, inside: Tensor) -> Tensor:
        """Returns logits, shape (texts, heads), from the tokens' states."""
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
    steps = round(recipe.passes * len(tokens) / recipe.batch)
    plan = list(like_lengths([len(row) for row in tokens], recipe.batch, steps, _SORTED_BATCHES, seed))
    encoder = SentenceEncoder(folder, taught.targets.shape[1], recipe, taught.kinds_of_mark)
    adam = _optimiser(encoder, recipe)
    start = _resume(checkpoint, encoder, adam)
    if recipe.layer_dropout:
        encoder.train()
    known = torch.as_tensor(np.where(np.isnan(taught.targets), 0, taught.counts))
    targets = torch.as_tensor(np.nan_to_num(taught.targets))
    for step in range(start, len(plan)):
        rows = plan[step]
        chosen: list[int] = rows.tolist()
        for group in adam.param_groups:
            group["lr"] = recipe.step_size * min(1, (step + 1) / recipe.warm_up) * (1 - step / len(plan))
        ids, inside = pad_tokens([tokens[row] for row in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            states = encoder.states(ids, inside)
            logits = encoder.judge(states, inside)
        of_batch = torch.as_tensor(rows)
        losses = functional.binary_cross_entropy_with_logits(logits.float(), targets[of_batch], reduction="none")
        loss: Any = (losses * known[of_batch]).sum() / rows.size
        if taught.marks:
            loss = loss + recipe.marks_count * _marks_loss(encoder, states, [taught.marks[row] for row in chosen])
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


def _marks_loss(encoder: SentenceEncoder, states: Tensor, marks: Sequence[FloatArray]) -> Tensor:
    wanted = np.full((len(marks), states.shape[1], marks[0].shape[1]), np.nan, np.float32)
    for index, of_text in enumerate(marks):
        wanted[index, : len(of_text)] = of_text
    known = torch.as_tensor(~np.isnan(wanted)).float()
    losses = functional.binary_cross_entropy_with_logits(
        encoder.marks(states).float(), torch.as_tensor(np.nan_to_num(wanted)), reduction="none"
    )
    return (losses * known).sum() / known.sum().clamp(min=1)


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
