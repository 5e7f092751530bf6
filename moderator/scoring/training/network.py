"""Fits the order-aware network with torch, and hands it over as numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.network import (
    FIRST_OFFSETS,
    SECOND_OFFSETS,
    UNKNOWN_PLACES,
    NetworkPart,
    find_words,
)
from moderator.scoring.embedded.stream import read_letters
from moderator.scoring.training.batches import like_lengths
from moderator.scoring.training.rows import LabelledRows
from moderator.scoring.training.vocabulary import Vocabulary, collect_words, starting_vectors

Progress = Callable[[str, float], None]
# Some of torch's own signatures are untyped.
_torch: Any = torch
_CHUNK = 512
# Rows are sorted by length within so many batches, so that a batch holds texts of like length.
_SORTED_BATCHES = 40


@dataclass(frozen=True, slots=True)
class NetworkRecipe:
    """How to fit. Source of the values: tried out on the development halves.

    Attributes:
        width: Numbers per word.
        channels: Numbers per place after each convolution.
        rarest: Words in fewer texts have no vector of their own.
        passes: Over the data.
        batch: Rows per step.
        step_size: Adam's, at its highest.
        vector_pace: Word vectors learn at this share of the step size: they know something already.
        forgotten_words: Share of words taken for unknown while learning.
        dropout: Share of pooled numbers dropped while learning.
        longest: Words that a text is cut after while learning.
        warm_up: Steps until the step size is at its highest; from then on it falls in a straight line.
        start_bias: Logit at the start; most labels are rare.
    """

    width: int = 64
    channels: int = 64
    rarest: int = 4
    passes: int = 4
    batch: int = 256
    step_size: float = 4e-3
    vector_pace: float = 0.7
    forgotten_words: float = 0.1
    dropout: float = 0.25
    longest: int = 64
    warm_up: int = 100
    start_bias: float = -2.0


class _Network(nn.Module):
    """The same computation as `NetworkPart`, on padded batches: place 0 is padding, word n stands at n + 1."""

    def __init__(self, recipe: NetworkRecipe, places: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.vectors = nn.Embedding(places + 1, recipe.width, padding_idx=0)
        self.first = nn.Conv1d(recipe.width, recipe.channels, len(FIRST_OFFSETS), padding=FIRST_OFFSETS[-1])
        self.second = nn.Conv1d(
            recipe.channels, recipe.channels, len(SECOND_OFFSETS), padding=SECOND_OFFSETS[-1], dilation=2
        )
        self.attention = nn.Linear(recipe.channels, 1, bias=False)
        self.out = nn.Linear(2 * recipe.channels, len(HEADS))
        nn.init.normal_(self.vectors.weight, std=0.1)
        nn.init.constant_(self.out.bias, recipe.start_bias)
        with torch.no_grad():
            self.vectors.weight[0] = 0

    def forward(self, places: Tensor) -> Tensor:
        """Returns logits, shape (texts, heads), from word places, shape (texts, words)."""
        inside = (places > 0).unsqueeze(1)
        if self.training:
            forgotten = (torch.rand(places.shape) < self.recipe.forgotten_words) & (places > 0)
            places = torch.where(forgotten, torch.randint(1, 1 + UNKNOWN_PLACES, places.shape), places)
        words = self.vectors(places).transpose(1, 2)
        low = functional.relu(self.first(words)) * inside
        high = (functional.relu(self.second(low)) + low) * inside
        scores = self.attention(high.transpose(1, 2)).transpose(1, 2).masked_fill(~inside, -1e9)
        mean = (high * torch.softmax(scores, 2)).sum(2)
        pooled = torch.cat((high.max(2).values, mean), 1)
        return self.out(functional.dropout(pooled, self.recipe.dropout, self.training))


def fit_network(
    rows: LabelledRows, recipe: NetworkRecipe, encoder: Path | None, seed: int, progress: Progress
) -> NetworkPart:
    """Fits all heads; unknown targets cost nothing.

    Args:
        rows: What to learn from.
        recipe: How.
        encoder: Folder of the sentence encoder that words start from; `None` starts them at random.
        seed: Order of the rows, and all else that is drawn.
        progress: Told what is going on and the share done, 0..1.

    Returns:
        The quantised network.
    """
    _torch.manual_seed(seed)
    vocabulary = collect_words(rows.texts, recipe.rarest)
    network = _Network(recipe, UNKNOWN_PLACES + len(vocabulary.words))
    start = starting_vectors(vocabulary.words, recipe.width, encoder, progress)
    if start is not None:
        with torch.no_grad():
            network.vectors.weight[1 + UNKNOWN_PLACES :] = torch.as_tensor(start)
    _descend(network, rows, _places(rows.texts, vocabulary, recipe.longest), seed, progress)
    return _hand_over(network, vocabulary)


def _places(texts: list[str], vocabulary: Vocabulary, longest: int) -> list[NDArray[np.int64]]:
    places: list[NDArray[np.int64]] = []
    for start in range(0, len(texts), _CHUNK):
        stream = read_letters(texts[start : start + _CHUNK])
        found = find_words(stream.word_hashes, vocabulary.hashes) + 1
        bounds = np.searchsorted(stream.word_text, np.arange(stream.texts + 1)).tolist()
        places += [found[bounds[text] : bounds[text + 1]][:longest] for text in range(stream.texts)]
    return places


def _descend(
    network: _Network, rows: LabelledRows, places: Sequence[NDArray[np.int64]], seed: int, progress: Progress
) -> None:
    recipe = network.recipe
    known = torch.as_tensor(~np.isnan(rows.targets))
    targets = torch.as_tensor(np.nan_to_num(rows.targets))
    counts = known * torch.as_tensor(rows.weights)[:, None]
    rest = [parameter for name, parameter in network.named_parameters() if not name.startswith("vectors.")]
    adam: Any = torch.optim.Adam([{"params": [network.vectors.weight]}, {"params": rest}], lr=recipe.step_size)
    steps = recipe.passes * -(-len(rows) // recipe.batch)
    lengths = [of_text.size for of_text in places]
    for step, chosen in enumerate(like_lengths(lengths, recipe.batch, steps, _SORTED_BATCHES, seed)):
        step_size = recipe.step_size * min(1, (step + 1) / recipe.warm_up) * max(0.02, 1 - step / steps)
        adam.param_groups[0]["lr"] = step_size * recipe.vector_pace
        adam.param_groups[1]["lr"] = step_size
        of_rows: list[NDArray[np.int64]] = [places[int(row)] for row in chosen]
        width = max(1, *(of_row.size for of_row in of_rows))
        padded = np.zeros((chosen.size, width), np.int64)
        for index, of_row in enumerate(of_rows):
            padded[index, : of_row.size] = of_row
        logits = network(torch.as_tensor(padded))
        of_batch = torch.as_tensor(chosen)
        losses = functional.binary_cross_entropy_with_logits(logits, targets[of_batch], reduction="none")
        loss: Any = (losses * counts[of_batch]).sum() / chosen.size
        adam.zero_grad()
        loss.backward()
        adam.step()
        progress("network", min(1.0, (step + 1) / steps))


def _hand_over(network: _Network, vocabulary: Vocabulary) -> NetworkPart:
    def plain(tensor: Tensor, *axes: int) -> NDArray[np.float32]:
        array: NDArray[np.float32] = tensor.detach().numpy()
        return np.ascontiguousarray(array.transpose(axes) if axes else array)

    matrices = {
        "first": plain(network.first.weight, 2, 1, 0),
        "first_bias": plain(_bias(network.first)),
        "second": plain(network.second.weight, 2, 1, 0),
        "second_bias": plain(_bias(network.second)),
        "attention": plain(network.attention.weight)[0],
        "out": plain(network.out.weight, 1, 0),
        "bias": plain(_bias(network.out)),
    }
    return NetworkPart.quantise(vocabulary.hashes, plain(network.vectors.weight)[1:], matrices)


def _bias(layer: nn.Conv1d | nn.Linear) -> Tensor:
    if layer.bias is None:
        raise TypeError("a layer of this network always has a bias")
    return layer.bias
