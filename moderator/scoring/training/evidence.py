"""Which tokens speak for a label: a light head on an encoder's lower layers, taught by the encoder's own answers.

After the last layer every token knows what all of them say, and none stands out; after the second one a token still
stands for itself and its neighbours. So a linear head is put there, its tokens' answers are pooled (a smooth maximum,
as in multiple-instance learning), and it's fitted to tell what the whole encoder tells of a text. What each token says
for that is the evidence; reading it costs nothing beside the encoder's own pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from moderator.scoring.training.sentence_encoder import Progress, SentenceEncoder, pad_tokens, read_tokens

FloatArray = NDArray[np.float32]
# Some of torch's own signatures are untyped.
_torch: Any = torch
EVIDENCE_LAYERS = 2
"""Layers below the head. Of 2, 3 and 4, after 2 the marked words are most often those that a reader would name."""

_OUTSIDE = -1e9
_BATCH = 64


@dataclass(frozen=True, slots=True)
class EvidenceRecipe:
    """How to fit. Source of the values: tried out on the development halves.

    Attributes:
        texts: Drawn to learn from.
        longest: Tokens that a text is cut after.
        passes: Over them.
        step_size: Adam's; six tenths of it after each pass.
        start_bias: Logit at the start: most tokens say nothing.
    """

    texts: int = 12_000
    longest: int = 96
    passes: int = 6
    step_size: float = 2e-3
    start_bias: float = -6.0


def fit_evidence(
    encoder: SentenceEncoder,
    texts: Sequence[str],
    folder: Path,
    recipe: EvidenceRecipe,
    *,
    seed: int,
    progress: Progress,
) -> dict[str, FloatArray]:
    """Fits the head.

    Args:
        encoder: Trained; it stays as it is.
        texts: Raw texts, of which many should be flagged.
        folder: Holds the encoder's `tokenizer.json`.
        recipe: How.
        seed: What is drawn, and in which order.
        progress: Told the stage and the share done, 0..1.

    Returns:
        `marks.weight`, shape (heads, width), and `marks.bias`, shape (heads,), for `EncoderGraph`.
    """
    _torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    drawn: list[int] = order.permutation(len(texts))[: recipe.texts].tolist()
    tokens = read_tokens([texts[row] for row in drawn], folder, recipe.longest)
    states, answers = _hear(encoder, tokens, progress)
    head = nn.Linear(encoder.head.in_features, encoder.head.out_features)
    nn.init.constant_(head.bias, recipe.start_bias)
    adam: Any = torch.optim.Adam(head.parameters(), lr=recipe.step_size)
    for done in range(recipe.passes):
        shuffled = order.permutation(len(tokens))
        for start in range(0, shuffled.size, _BATCH):
            rows: list[int] = shuffled[start : start + _BATCH].tolist()
            said = head(_padded([states[row] for row in rows], 0))
            outside = _padded([np.zeros((len(states[row]), 1), np.float16) for row in rows], _OUTSIDE)
            loss: Any = functional.binary_cross_entropy_with_logits(torch.logsumexp(said + outside, 1), answers[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
        for group in adam.param_groups:
            group["lr"] *= 0.6
        progress("evidence", (done + 1) / recipe.passes)
    return {"marks.weight": head.weight.detach().numpy(), "marks.bias": head.bias.detach().numpy()}


def _hear(
    encoder: SentenceEncoder, tokens: Sequence[Sequence[int]], progress: Progress
) -> tuple[list[NDArray[np.float16]], torch.Tensor]:
    """Each text's states after the lower layers, special tokens left out, and what the encoder says of it, 0..1."""
    states: list[NDArray[np.float16]] = [np.zeros((0, 0), np.float16)] * len(tokens)
    answers = torch.zeros(len(tokens), encoder.head.out_features)
    order = np.argsort([len(row) for row in tokens], kind="stable")
    for start in range(0, order.size, _BATCH):
        rows: list[int] = order[start : start + _BATCH].tolist()
        ids, inside = pad_tokens([tokens[row] for row in rows])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            told = encoder.bert(input_ids=ids, attention_mask=inside, output_hidden_states=True)
            answers[rows] = encoder.judge(told.last_hidden_state.float(), inside).float().sigmoid()
        lower = told.hidden_states[EVIDENCE_LAYERS].float().numpy().astype(np.float16)
        for place, row in enumerate(rows):
            states[row] = lower[place, 1 : len(tokens[row]) - 1]
        progress("states", min(1.0, (start + _BATCH) / order.size))
    return states, answers


def _padded(rows: Sequence[NDArray[np.float16]], value: float) -> torch.Tensor:
    longest = max(1, *(len(row) for row in rows))
    filled = np.full((len(rows), longest, rows[0].shape[1]), value, np.float32)
    for place, row in enumerate(rows):
        filled[place, : len(row)] = row
    return torch.as_tensor(filled)
