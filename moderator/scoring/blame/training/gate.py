"""Training of the gate: a small network over words that foretells the second reader's answers."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from moderator.scoring.blame.agreement import AGAINST, ALARM, SURE, SURE_OF_THEM
from moderator.scoring.blame.gate import (
    GATE,
    REACH,
    UNKNOWN_ROWS,
    Gate,
    least_name,
    row_of,
    shipped_gate,
    vocabulary_rows,
)
from moderator.scoring.blame.training.gate_lessons import GateLesson
from moderator.scoring.blame.training.reader_lessons import Progress
from moderator.scoring.embedded.weights import write_weights
from moderator.scoring.training.batches import like_lengths

FloatArray = NDArray[np.float32]
# Untyped, or in parts.
_safetensors: Any = importlib.import_module("safetensors.numpy")
_torch: Any = torch
_SORTED_BATCHES = 40
_HELD_BACK = 5
"""One window in so many is held back to set the thresholds by."""

_SPREAD = 0.3
_DOUBTED = 0.01
"""Share of the windows which the second reader firmly denies to blame anybody, and which may be taken for blame."""

_SILENT = 1e-9


@dataclass(frozen=True, slots=True)
class GateRecipe:
    """How to fit.

    Attributes:
        width: Numbers per word.
        channels: Numbers per place after each convolution.
        rarest: Words in fewer windows have no vector of their own.
        passes: Over the windows.
        batch: Windows per step.
        step_size: Adam's, at its highest; word vectors learn at half of it.
        warm_up: Steps until it's at its highest; from then on it falls in a straight line.
        forgotten: Share of words taken for unknown while learning.
        dropout: Share of pooled numbers dropped while learning.
        longest: Words that a window is cut after while learning.
        rare_count: How much a real comment's window counts in which the second reader sees something.
        lost: Share of the second reader's alarms that may be lost.
        lost_of_real: The same in real comments, where more of them are faint and false.
    """

    width: int = 32
    channels: int = 40
    rarest: int = 3
    passes: int = 3
    batch: int = 128
    step_size: float = 4e-3
    warm_up: int = 60
    forgotten: float = 0.08
    dropout: float = 0.25
    longest: int = 90
    rare_count: float = 4.0
    lost: float = 0.01
    lost_of_real: float = 0.05


@dataclass(frozen=True, slots=True)
class GateTraining:
    """What a training did.

    Attributes:
        lessons: Windows it learned from.
        measured: Windows held back.
        figures: What the file's header says of them, by name.
    """

    lessons: int
    measured: int
    figures: Mapping[str, str]


class _Network(nn.Module):
    """The same computation as `Gate`, on padded batches: row 0 is padding, word n stands at n + 1."""

    def __init__(self, recipe: GateRecipe, vectors: FloatArray) -> None:
        super().__init__()
        self.recipe = recipe
        self.vectors = nn.Embedding(1 + UNKNOWN_ROWS + len(vectors), recipe.width, padding_idx=0)
        self.first = nn.Conv1d(recipe.width, recipe.channels, 2 * REACH + 1, padding=REACH)
        self.second = nn.Conv1d(recipe.channels, recipe.channels, 3, padding=REACH, dilation=REACH)
        self.attention = nn.Linear(recipe.channels, 1, bias=False)
        self.out = nn.Linear(2 * recipe.channels, 1)
        nn.init.normal_(self.vectors.weight, std=_SPREAD)
        with torch.no_grad():
            self.vectors.weight[0] = 0
            self.vectors.weight[1 + UNKNOWN_ROWS :] = torch.as_tensor(vectors)

    def forward(self, rows: Tensor) -> Tensor:
        """Returns log-odds, shape (windows,), of rows of words, shape (windows, words)."""
        inside = (rows > 0).unsqueeze(1)
        if self.training:
            forgotten = (torch.rand(rows.shape) < self.recipe.forgotten) & (rows > 0)
            rows = torch.where(forgotten, torch.randint(1, 1 + UNKNOWN_ROWS, rows.shape), rows)
        low = functional.relu(self.first(self.vectors(rows).transpose(1, 2))) * inside
        high = (functional.relu(self.second(low)) + low) * inside
        shares = self.attention(high.transpose(1, 2)).transpose(1, 2).masked_fill(~inside, -1e9)
        mean = (high * torch.softmax(shares, 2)).sum(2)
        pooled = torch.cat((high.max(2).values, mean), 1)
        return self.out(functional.dropout(pooled, self.recipe.dropout, self.training))[:, 0]


def train_gate(
    lessons: Sequence[GateLesson],
    pretrained: Path,
    out_dir: Path,
    *,
    about: Mapping[str, str],
    seed: int,
    progress: Progress,
    recipe: GateRecipe | None = None,
) -> GateTraining:
    """Fits the gate, sets its thresholds on windows held back, and writes its weights as `gate.safetensors`.

    Args:
        lessons: Windows with the second reader's answers.
        pretrained: Folder of the encoder whose word vectors it starts from.
        out_dir: Gets the weights and their checksum.
        about: What the weights' header says besides.
        seed: Order of the windows, and all else that is drawn.
        progress: Told the share done.
        recipe: How.
    """
    recipe = recipe or GateRecipe()
    held = [lesson for lesson in lessons if _held(lesson)]
    learned = [lesson for lesson in lessons if not _held(lesson)]
    times = Counter(word for lesson in learned for word in set(lesson.text.split()))
    words = sorted(word for word, count in times.items() if count >= recipe.rarest)
    _torch.manual_seed(seed)
    network = _Network(recipe, _starting_vectors(words, recipe.width, pretrained))
    _descend(network, learned, words, seed, progress)
    arrays = _handed_over(network, words)
    write_weights(out_dir / GATE, arrays, {"sure": "inf"})
    figures = _figures(shipped_gate(out_dir), held, recipe)
    header = {**about, **figures, "date": datetime.now(UTC).date().isoformat(), "lessons": str(len(learned))}
    write_weights(out_dir / GATE, arrays, header)
    return GateTraining(len(learned), len(held), figures)


def _held(lesson: GateLesson) -> bool:
    return crc32(lesson.text.encode()) % _HELD_BACK == 0


def _starting_vectors(words: Sequence[str], width: int, pretrained: Path) -> FloatArray:
    """The encoder's own vectors of each word's pieces, their mean, in the directions in which words differ most."""
    tokenizer: Any = Tokenizer.from_file(str(pretrained / "tokenizer.json"))
    tokenizer.no_padding()
    arrays: Mapping[str, FloatArray] = _safetensors.load_file(str(pretrained / "model.safetensors"))
    table = next(array for name, array in arrays.items() if name.endswith("word_embeddings.weight"))
    unknown: int = tokenizer.token_to_id("[UNK]")
    pieces: list[list[int]] = [one.ids for one in tokenizer.encode_batch(list(words), add_special_tokens=False)]
    found = np.stack([table[ids or [unknown]].mean(axis=0) for ids in pieces])
    found = found - found.mean(axis=0)
    _, directions = np.linalg.eigh(found.T @ found)
    kept: FloatArray = (found @ directions[:, ::-1][:, :width]).astype(np.float32)
    return kept * (_SPREAD / max(float(kept.std()), _SILENT))


def _rows(text: str, vocabulary: Mapping[str, int], longest: int) -> NDArray[np.int64]:
    return np.array([1 + row_of(word, vocabulary) for word in text.split()[:longest]], np.int64)


def _descend(network: _Network, lessons: Sequence[GateLesson], words: list[str], seed: int, progress: Progress) -> None:
    recipe = network.recipe
    vocabulary = vocabulary_rows(words)
    rows = [_rows(lesson.text, vocabulary, recipe.longest) for lesson in lessons]
    wanted = torch.as_tensor(np.array([lesson.chance for lesson in lessons], np.float32))
    counts = torch.as_tensor(
        np.array([recipe.rare_count if one.asked and one.chance >= AGAINST else 1 for one in lessons], np.float32)
    )
    rest = [parameter for name, parameter in network.named_parameters() if not name.startswith("vectors.")]
    adam: Any = torch.optim.Adam([{"params": [network.vectors.weight]}, {"params": rest}], lr=recipe.step_size)
    steps = recipe.passes * -(-len(rows) // recipe.batch)
    lengths = [row.size for row in rows]
    for step, chosen in enumerate(like_lengths(lengths, recipe.batch, steps, _SORTED_BATCHES, seed)):
        step_size = recipe.step_size * min(1, (step + 1) / recipe.warm_up) * (1 - step / steps)
        adam.param_groups[0]["lr"], adam.param_groups[1]["lr"] = step_size / 2, step_size
        padded = np.zeros((chosen.size, max(1, *(lengths[int(row)] for row in chosen))), np.int64)
        for index, row in enumerate(chosen):
            padded[index, : lengths[int(row)]] = rows[int(row)]
        of_batch = torch.as_tensor(chosen)
        losses = functional.binary_cross_entropy_with_logits(
            network(torch.as_tensor(padded)), wanted[of_batch], reduction="none"
        )
        loss: Any = (losses * counts[of_batch]).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        progress("gate", (step + 1) / steps)
    network.eval()


def _handed_over(network: _Network, words: Sequence[str]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, FloatArray] = {name: array.detach().numpy() for name, array in network.state_dict().items()}
    vectors = arrays["vectors.weight"][1:]
    scale = np.maximum(np.abs(vectors).max(axis=0), _SILENT) / 127
    # By place: what a word adds to its neighbours, from the last one before it to the first one after.
    first = arrays["first.weight"].transpose(1, 2, 0).reshape(vectors.shape[1], -1)
    second = arrays["second.weight"].transpose(2, 1, 0).reshape(-1, network.recipe.channels)
    halves = {
        "first": first,
        "first_bias": arrays["first.bias"],
        "second": second,
        "second_bias": arrays["second.bias"],
        "attention": arrays["attention.weight"][0],
        "out": arrays["out.weight"][0],
    }
    return {
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        "vectors": np.rint(vectors / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": arrays["out.bias"].astype(np.float32),
        **{name: array.astype(np.float16) for name, array in halves.items()},
    }


def _figures(gate: Gate, held: Sequence[GateLesson], recipe: GateRecipe) -> dict[str, str]:
    """Thresholds, and what they let through, over windows that the gate hasn't seen."""
    guesses = np.array([gate.guess(lesson.text) for lesson in held])
    chances = np.array([lesson.chance for lesson in held])
    asked = np.array([lesson.asked for lesson in held])
    real = asked & np.array([lesson.source not in {"written", "blended"} for lesson in held])
    named = np.array([lesson.named for lesson in held])
    figures: dict[str, str] = {}
    for chance, of in ((ALARM, named), (SURE, named), (SURE_OF_THEM, ~named)):
        of_named = of is named
        reached = guesses[of & (chances >= chance)]
        of_real = guesses[of & real & (chances >= chance)]
        # Both: what is lost of written sentences, which are many more, tells little of real comments.
        shares = ((reached, recipe.lost), (of_real, recipe.lost_of_real))
        least = min((float(np.quantile(some, share)) for some, share in shares if some.size), default=-np.inf)
        name = f"{least_name(of_named)}{chance}"
        figures[name] = f"{least:.3f}"
        figures[f"lost, {name}"] = f"{int((reached < least).sum())} of {reached.size}"
        figures[f"lost of real comments' windows, {name}"] = f"{int((of_real < least).sum())} of {of_real.size}"
        figures[f"real comments' windows read, {name}"] = f"{float((guesses[of & real] >= least).mean()):.3f}"
    denied = guesses[(chances < AGAINST) & asked]
    figures["sure"] = f"{float(np.quantile(denied, 1 - _DOUBTED)) if denied.size else np.inf:.3f}"
    return figures
