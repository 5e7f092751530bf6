"""How quick the embedded scorers are: loading, and comments a second on one core.

Comments are pieced together from the English demo comments until they are as long as news comments are (236
characters on average); about one in ten is given a rude sentence, because flagged comments cost more: they are
explained. CPU seconds are counted, so that a busy machine disturbs little; medians of several rounds are shown.
The scorers keep to one core. As a yardstick, the same run times zlib on the same comments.

    python benchmarks/scoring.py [embedded] [embedded-encoder]
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.embedded.encoder_scorer import EncoderScorer
from moderator.scoring.encoder_files import encoder_is_here

DEMO = Path(__file__).parent.parent / "fixtures" / "demo.jsonl"
COMMENTS, ROUNDS, SEED = 8_192, 5, 11
ENCODED = 512  # of them for the encoder
SHORTEST = 20
RUDE_SHARE = 0.1
RUDE = "You are a stupid liar and everybody knows it."


def main() -> None:
    asked = sys.argv[1:] or ["embedded", *(["embedded-encoder"] if encoder_is_here() else [])]
    texts = _comments()
    print(f"comments: {sum(map(len, texts)) / len(texts):.0f} characters on average")
    print(f"yardstick: zlib compresses {_compress(texts):,.0f} of them a second on this core")
    if "embedded" in asked:
        _measure(EmbeddedScorer(), texts, _LOAD)
    if "embedded-encoder" in asked:
        _measure(EncoderScorer(threads=1), texts[:ENCODED], _LOAD_ENCODER)


def _measure(scorer: Scorer, texts: list[str], load: str) -> None:
    requests = [ScoreRequest(text) for text in texts]
    results = scorer.score(requests[:256])
    flagged = sum(bool(getattr(result, "spans", ())) for result in results) / len(results)
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        scorer.score(requests)
        seconds.append(time.process_time() - start)
    print(f"{scorer.identity}: {len(texts)} comments, {flagged:.0%} flagged and explained")
    print(f"  comments a second on one core: {len(texts) / statistics.median(seconds):,.0f} (median of {ROUNDS})")
    nothing, numpy, loaded = (_start_ms(code) for code in ("pass", "import numpy", load))
    print(f"  load, imports included: {loaded - nothing:.0f} ms CPU, of which numpy {numpy - nothing:.0f} ms")


_LOAD = "from moderator.scoring.embedded import EmbeddedScorer; EmbeddedScorer()"
_LOAD_ENCODER = "from moderator.scoring.embedded.encoder_scorer import EncoderScorer; EncoderScorer()"


def _compress(texts: list[str]) -> float:
    """The same comments a second through zlib: what this core does just now."""
    start = time.process_time()
    for text in texts:
        zlib.compress(text.encode())
    return len(texts) / (time.process_time() - start)


def _comments() -> list[str]:
    rng = random.Random(SEED)
    entries = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines() if line.strip()]
    pieces = [entry["text"] for entry in entries if entry.get("lang", "en") == "en" and len(entry["text"]) > SHORTEST]
    texts = []
    for _ in range(COMMENTS):
        # Log-normal like real ones, cut to a mean that is told.
        wanted = rng.lognormvariate(5.0, 0.93)
        text = rng.choice(pieces)
        while len(text) < wanted:
            text += " " + rng.choice(pieces)
        text = text[: max(SHORTEST, int(wanted))]
        texts.append(f"{text} {RUDE}" if rng.random() < RUDE_SHARE else text)
    return texts


def _start_ms(code: str) -> float:
    command = [sys.executable, "-c", f"import time; {code}; print(time.process_time() * 1000)"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        # Compiled by the first start, as an installed package is.
        environment = {**kept, "PYTHONPYCACHEPREFIX": folder}
        times = [
            float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
            for _ in range(ROUNDS + 1)
        ]
    return statistics.median(times[1:])


if __name__ == "__main__":
    main()
