"""How fast collective blame is scored, in how much memory, and that hostile input costs no more than its length.

Run: python benchmarks/blame.py [FILE]

FILE holds ordinary comments in English, one per line: what a newsroom's queue looks like. The second reader is measured
on them as well, since its time depends on how many comments speak of groups, and how.
"""

# ruff: noqa: RUF001 - two of the languages are not written in Latin letters

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from pathlib import Path

from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer
from moderator.scoring.blame.second_reader import reader_is_here
from moderator.scoring.blame.training.grammar import compose

WORDS = 40
COMMENTS = 3000


def comments(count: int, about_groups: float) -> list[ScoreRequest]:
    """English comments of about 40 words, a share of whose sentences is about a group."""
    source = random.Random(1)
    composed = [example.text for example in compose(6000, 1) if example.language == "en"]
    made = []
    for _ in range(count):
        text = ""
        while len(text.split()) < WORDS:
            text += source.choice(composed if source.random() < about_groups else PLAIN) + " "
        made.append(ScoreRequest(text, "en"))
    return made


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(scorer: BlameScorer, requests: list[ScoreRequest]) -> float:
    begun = time.process_time()
    scorer.score(requests)
    return time.process_time() - begun


def main() -> None:
    before = memory_mib()
    scorer = BlameScorer(second_reader=False)
    requests, dense = comments(COMMENTS, 0.1), comments(COMMENTS // 3, 1.0)
    scorer.score(dense[:300])
    spent, spent_dense = seconds(scorer, requests), seconds(scorer, dense)
    words = statistics.median(len(request.text.split()) for request in requests)
    curve = {
        name: [round(seconds(scorer, [ScoreRequest(unit * (size // len(unit)), "en")]) * 1000, 1) for size in SIZES]
        for name, unit in HOSTILE.items()
    }
    for code, text in OTHERS.items():
        scorer.score([ScoreRequest(text, code)])
    figures = {
        "comments_per_second": round(COMMENTS / spent),
        "comments_per_second_all_about_groups": round(COMMENTS // 3 / spent_dense),
        "median_words": words,
        "memory_mib": round(memory_mib() - before, 1),
        "with_second_reader": second_reader(requests, dense, ordinary(), before),
        "torch_loaded": "torch" in sys.modules,
        "hostile_sizes_bytes": SIZES,
        "hostile_ms": curve,
    }
    print(json.dumps(figures, indent=2))


def ordinary() -> list[ScoreRequest]:
    """The comments of the file that is named on the command line."""
    if len(sys.argv) < 2:  # noqa: PLR2004 - the program's own name comes first
        return []
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    return [ScoreRequest(line, "en") for line in lines if line.strip()][:COMMENTS]


def second_reader(
    requests: list[ScoreRequest], dense: list[ScoreRequest], real: list[ScoreRequest], before: float
) -> dict[str, float] | None:
    """The same with the encoder, on fewer comments; `None` where it can't run."""
    if not reader_is_here():
        return None
    scorer, alone = BlameScorer(), BlameScorer(second_reader=False)
    scorer.score(dense[:20])
    few = COMMENTS // 10
    found: dict[str, float] = {
        "comments_per_second": round(few / seconds(scorer, requests[:few])),
        "comments_per_second_all_about_groups": round(few / seconds(scorer, dense[:few])),
    }
    if real:
        found["ordinary_median_words"] = statistics.median(len(request.text.split()) for request in real)
        found["ordinary_comments_per_second_rules_alone"] = round(len(real) / seconds(alone, real))
        found["ordinary_comments_per_second"] = round(len(real) / seconds(scorer, real))
    return found | {"memory_mib": round(memory_mib() - before, 1)}


PLAIN = [
    "I read the whole piece twice and still don't see where the money went.",
    "Does anybody know when the bridge opens again, because the detour costs me an hour every day?",
    "The photo at the top is from 2014, you can see the old tower behind the church.",
    "My daughter is in that class and she came home crying.",
    "Nice writing, but please check the figures in the third paragraph, they don't add up.",
    "He promised this last year and the year before that, and nothing has been built.",
    "It would help if the council answered letters once in a while.",
    "We drove past it on Sunday and the roof was already gone.",
    "That is not what the report says if you read beyond the summary.",
    "Thanks for the recipe, I made it with less sugar and it was perfect.",
    "The referee should have stopped the match when the rain started.",
    "Who pays for this in the end is the interesting question, and nobody asked it.",
]
SIZES = [12_500, 25_000, 50_000, 100_000]
HOSTILE = {
    "all all all": "all ",
    "deep quotes": "“« ",
    "groups": "Danes, Russians and Peruvians, ",
    "spaced letters": "g u i l t y ",
    "one word": "a",
}
OTHERS = {
    "ru": "Все датчане виноваты.",
    "uk": "Усі данці винні.",
    "de": "Alle Dänen sind schuld.",
    "fr": "Tous les Danois sont coupables.",
    "es": "Todos los daneses son culpables.",
}

if __name__ == "__main__":
    main()
