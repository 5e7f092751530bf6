"""How quick the embedded scorer is: loading, and comments a second on one core.

Comments are pieced together from the English demo comments until they are as long as news comments are (236
characters on average); about one in ten is given a rude sentence, because flagged comments cost more: they are
explained. CPU seconds are counted, so that a busy machine disturbs little; medians of several rounds are shown.
The scorer keeps numpy to one core:

    python benchmarks/scoring.py
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer

DEMO = Path(__file__).parent.parent / "fixtures" / "demo.jsonl"
COMMENTS, ROUNDS, SEED = 8_192, 5, 11
SHORTEST = 20
RUDE_SHARE = 0.1
RUDE = "You are a stupid liar and everybody knows it."


def main() -> None:
    texts = _comments()
    scorer = EmbeddedScorer()
    requests = [ScoreRequest(text) for text in texts]
    results = scorer.score(requests[:256])
    flagged = sum(bool(getattr(result, "spans", ())) for result in results) / len(results)
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        scorer.score(requests)
        seconds.append(time.process_time() - start)
    mean = sum(map(len, texts)) / len(texts)
    print(f"{scorer.identity}")
    print(f"comments: {len(texts)}, {mean:.0f} characters on average, {flagged:.0%} flagged and explained")
    print(f"comments a second on one core: {len(texts) / statistics.median(seconds):,.0f} (median of {ROUNDS})")
    nothing, numpy, loaded = (_start_ms(code) for code in ("pass", "import numpy", _LOAD))
    print(f"load, import included: {loaded - nothing:.0f} ms CPU, of which numpy {numpy - nothing:.0f} ms")


_LOAD = "from moderator.scoring.embedded import EmbeddedScorer; EmbeddedScorer()"


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
    command = f"import time; {code}; print(time.process_time() * 1000)"
    times = [
        float(subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout)
        for _ in range(ROUNDS)
    ]
    return statistics.median(times)


if __name__ == "__main__":
    main()
