"""How much faster Detoxify is here than by its own `predict`, one text at a time, on the same weights and texts.

The network is a full-size bert-base with random weights: speed doesn't depend on their values, and nothing need be
downloaded. What int8 costs in accuracy can't be told from random weights; the tests tell it on trained ones.

    python benchmarks/fast_path.py [--texts 24] [--rounds 3]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.convert import convert
from moderator.scoring.detoxify import DetoxifyScorer
from moderator.scoring.onnx import OnnxScorer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import detoxify
    import torch
    import transformers

CLASSES = ["toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack"]
WORDS = (
    "the",
    "a",
    "of",
    "to",
    "and",
    "you",
    "is",
    "that",
    "it",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "they",
    "be",
    "at",
    "one",
    "have",
    "this",
    "from",
    "or",
    "had",
    "by",
    "not",
)
VOCABULARY = 30_522

STOCK = """
import sys, time, warnings
warnings.simplefilter("ignore")
begun = time.perf_counter()
import detoxify
detoxify.Detoxify(checkpoint=sys.argv[1]).predict("You have a point there.")
print(time.perf_counter() - begun)
"""
OURS = """
import sys, time
begun = time.perf_counter()
from moderator.scoring.base import ScoreRequest
from moderator.scoring.onnx import OnnxScorer
OnnxScorer("original", sys.argv[1], precision=sys.argv[2], explain_s=0).score([ScoreRequest("You have a point.", "en")])
print(time.perf_counter() - begun)
"""


def write_model(folder: Path) -> Path:
    """A folder as an operator fills it, with a full-size network nobody trained."""
    folder.mkdir(parents=True)
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{each}" for each in letters), *WORDS]
    while len(words) < VOCABULARY:
        words += {"".join(chance.choices(letters, k=chance.randint(2, 8))) for _ in range(1000)} - set(words)
    (folder / "vocab.txt").write_text("\n".join(words[:VOCABULARY]), encoding="utf-8")
    config = transformers.BertConfig(vocab_size=VOCABULARY, num_labels=len(CLASSES))
    config.save_pretrained(folder)
    torch.manual_seed(1)
    network = transformers.BertForSequenceClassification(config)
    arch = {
        "num_classes": len(CLASSES),
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
    }
    contents = {"arch": {"args": arch}, "dataset": {"args": {"classes": CLASSES}}}
    checkpoint = folder / "random-original.ckpt"
    torch.save({"config": contents, "state_dict": network.state_dict()}, checkpoint)
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  {checkpoint.name}\n", encoding="utf-8")
    return checkpoint


def comments(count: int) -> list[str]:
    """Texts as long as comments are: lognormal, median 35 words, of words the tokenizer knows, none past the window."""
    chance = random.Random(2)
    sizes = [min(400, max(3, round(chance.lognormvariate(3.55, 0.9)))) for _ in range(count)]
    return [" ".join(chance.choices(WORDS, k=size)) for size in sizes]


Ask = Callable[[list[str]], list[dict[Any, Any]]]


def engines(checkpoint: Path, folder: Path) -> dict[str, Ask]:
    """Each engine by name: a function that scores a list of texts."""
    stock = detoxify.Detoxify(checkpoint=str(checkpoint))
    ours = {
        "torch": DetoxifyScorer("original", checkpoint, device="cpu", explain_s=0),
        "onnx fp32": OnnxScorer("original", folder, precision="fp32", explain_s=0),
        "onnx int8": OnnxScorer("original", folder, precision="int8", explain_s=0),
    }

    def asking(scorer: Scorer) -> Ask:
        return lambda texts: [dict(one.scores) for one in scorer.score([ScoreRequest(each, "en") for each in texts])]

    return {
        "stock predict, one by one": lambda texts: [stock.predict(each) for each in texts],
        **{name: asking(scorer) for name, scorer in ours.items()},
    }


def throughput(checkpoint: Path, folder: Path, texts: list[str], rounds: int) -> dict[str, object]:
    """Texts per second of each engine, and the median of the ratios to the stock one within each round."""
    found = engines(checkpoint, folder)
    expected = next(iter(found.values()))(texts)
    differences: dict[str, float] = {}
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for name, score in found.items():
        said = score(texts)  # also warms up
        differences[name] = max(abs(a[k] - b[k]) for a, b in zip(expected, said, strict=True) for k in a)
    for _ in range(rounds):
        for name, score in found.items():
            begun = time.perf_counter()
            score(texts)
            seconds[name].append(time.perf_counter() - begun)
    first = seconds["stock predict, one by one"]
    return {
        name: {
            "texts_per_s": round(len(texts) / statistics.median(taken), 1),
            "ratio": round(statistics.median(one / other for one, other in zip(first, taken, strict=True)), 2),
            "largest_difference": round(differences[name], 6),
        }
        for name, taken in seconds.items()
    }


def cold_start(checkpoint: Path, folder: Path, rounds: int) -> dict[str, object]:
    """Seconds from the first import to the first score, in a fresh process each time."""
    commands = {
        "stock": [STOCK, str(checkpoint)],
        "onnx fp32": [OURS, str(folder), "fp32"],
        "onnx int8": [OURS, str(folder), "int8"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    for _ in range(rounds):
        for name, command in commands.items():
            out = subprocess.check_output(
                [sys.executable, "-c", *command], text=True, env=environment, stderr=subprocess.DEVNULL
            )
            seconds[name].append(float(out.split()[-1]))
    return {
        name: {
            "seconds": round(statistics.median(taken), 2),
            "ratio": round(statistics.median(a / b for a, b in zip(seconds["stock"], taken, strict=True)), 2),
        }
        for name, taken in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    warnings.simplefilter("ignore")

    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = write_model(Path(scratch) / "detoxify" / "original")
        begun = time.perf_counter()
        folder, manifest = convert("original", Path(scratch), {}, texts=["a point of view"] * 2)
        print(json.dumps({"convert_s": round(time.perf_counter() - begun, 1), "versions": manifest.versions}))
        texts = comments(given.texts)
        print(json.dumps({"throughput": throughput(checkpoint, folder, texts, given.rounds)}, indent=1))
        print(json.dumps({"cold_start": cold_start(checkpoint, folder, given.rounds)}, indent=1))


if __name__ == "__main__":
    main()
