"""How quick the embedded scorers are: loading, and comments a second on one core.

Comments are pieced together from the English demo comments until they are as long as news comments are (236
characters on average); about one in ten is given a rude sentence, because flagged comments cost more: they are
explained. CPU seconds are counted, so that a busy machine disturbs less; the best of several rounds is shown, since
nothing but disturbance makes a round slower. The scorers keep to one core. As a yardstick, each round also times zlib
on the same comments: the ratio of the two is what can be compared between machines.

    python benchmarks/scoring.py [embedded] [embedded-encoder] [--against DIR]

With `--against`, rounds of the small scorer of another checkout take turns with this one's.
"""

from __future__ import annotations

import argparse
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scorers", nargs="*", help="embedded, embedded-encoder; both unless named")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout of this project")
    options = parser.parse_args()
    asked = options.scorers or ["embedded", *(["embedded-encoder"] if encoder_is_here() else [])]
    texts = _comments()
    print(f"comments: {sum(map(len, texts)) / len(texts):.0f} characters on average")
    if options.against is not None:
        _compare(options.against, texts)
    if "embedded" in asked:
        _measure(EmbeddedScorer(), texts, _LOAD)
    if "embedded-encoder" in asked:
        _measure(EncoderScorer(threads=1), texts[:ENCODED], _LOAD_ENCODER)


def _measure(scorer: Scorer, texts: list[str], load: str) -> None:
    requests = [ScoreRequest(text) for text in texts]
    results = scorer.score(requests[:256])
    flagged = sum(bool(getattr(result, "spans", ())) for result in results) / len(results)
    seconds, packed = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        scorer.score(requests)
        seconds.append(time.process_time() - start)
        packed.append(_compress_s(texts))
    ratio = statistics.median(mine / other for mine, other in zip(seconds, packed, strict=True))
    print(f"{scorer.identity}: {len(texts)} comments, {flagged:.0%} flagged and explained")
    print(f"  comments a second on one core: {len(texts) / min(seconds):,.0f} (best of {ROUNDS})")
    print(f"  yardstick: zlib {len(texts) / min(packed):,.0f} a second; scoring takes {ratio:.1f} times as long")
    nothing, numpy, loaded = (_start_ms(code) for code in ("pass", "import numpy", load))
    print(f"  load, imports included: {loaded - nothing:.0f} ms CPU, of which numpy {numpy - nothing:.0f} ms")


_LOAD = "from moderator.scoring.embedded import EmbeddedScorer; EmbeddedScorer()"
_LOAD_ENCODER = "from moderator.scoring.embedded.encoder_scorer import EncoderScorer; EncoderScorer()"


def _compress_s(texts: list[str]) -> float:
    """CPU seconds that zlib takes for the same comments: what this core does just now."""
    start = time.process_time()
    for text in texts:
        zlib.compress(text.encode())
    return time.process_time() - start


_ONE_ROUND = """
import json, sys, time
from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
requests = [ScoreRequest(text) for text in json.load(sys.stdin)]
scorer = EmbeddedScorer()
scorer.score(requests[:256])
start = time.process_time()
scorer.score(requests)
print(time.process_time() - start)
"""


def _compare(other: Path, texts: list[str]) -> None:
    """Prints how this checkout's small scorer and another's do, round by round in turns."""
    here = Path(__file__).parent.parent
    seconds: dict[Path, list[float]] = {other: [], here: []}
    for _ in range(ROUNDS):
        for root, taken in seconds.items():
            command = [sys.executable, "-P", "-c", _ONE_ROUND]
            environment = {**os.environ, "PYTHONPATH": str(root.resolve())}
            given = json.dumps(texts)
            run = subprocess.run(command, input=given, capture_output=True, text=True, check=True, env=environment)
            taken.append(float(run.stdout))
    rates = {root: len(texts) / min(taken) for root, taken in seconds.items()}
    for root, rate in rates.items():
        print(f"in turns, embedded of {root.resolve()}: {rate:,.0f} comments a second (best of {ROUNDS})")
    print(f"  {rates[here] / rates[other]:.2f} times as quick")


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
