"""How much faster Detoxify is here than by its own `predict`, one text at a time, on the same weights and texts.

The network is a full-size bert-base with random weights: speed doesn't depend on their values, and nothing need be
downloaded. What rounding costs in accuracy can't be told from random weights; the tests tell it on trained ones.
It takes some six minutes on two quiet cores, most of them for writing the converted forms; `moderator models bench`
measures the weights that you have.

    python benchmarks/fast_path.py [--variant original] [--texts 24] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.scoring.base import ScoreRequest, ScorerSpec
from moderator.scoring.bench import Contender, contenders, machine, measure
from moderator.scoring.conversion import ENGINES, can_run, read_manifest
from moderator.scoring.detoxify_random import write_random
from moderator.scoring.detoxify_weights import find_weights, variant_dir
from moderator.scoring.own_texts import comments

AIMS = {"onnx int8": 3.5, "openvino int8": 5.5, "onnx fp32": 1.5}
"""Times faster than stock, for bert-base on two cores. OpenVINO's best int8 form counts."""

AIM_SOONER = 6.0
"""Times sooner to the first score than stock, for the quickest converted form."""


class Stock:
    """Detoxify as it comes, behind the protocol: `predict`, one text at a time."""

    labels = frozenset({Label.TOXICITY})

    def __init__(self, checkpoint: str) -> None:
        import detoxify  # noqa: PLC0415 - it takes seconds, which are part of its start

        self._model: Any = detoxify.Detoxify(checkpoint=checkpoint)
        self.identity = ScorerId("stock", "detoxify", "random")

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet]:
        """One result per request."""
        said = [self._model.predict(request.text) for request in requests]
        return [ScoreSet(self.identity, "en", {Label.TOXICITY: each["toxicity"]}) for each in said]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", default="original")
    parser.add_argument("--texts", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", type=Path, help="keep the converted forms there, and use them the next time")
    given = parser.parse_args()
    # The child that runs `Stock` has to find this file.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))

    with tempfile.TemporaryDirectory() as scratch:
        models = given.models or Path(scratch)
        written = _write(given.variant, models)
        weights = find_weights(given.variant, models_dir=models)
        stock = ScorerSpec("stock", "fast_path:Stock", {"checkpoint": str(weights.checkpoint)})
        entries = [Contender("stock predict, one by one", stock, one_by_one=True), *contenders(weights, models)]
        found = measure(entries, comments(given.texts), given.rounds, _tell)
    told = {"machine": machine(), "variant": given.variant, "weights": "random", "convert": written}
    print(json.dumps({**told, "engines": [asdict(one) for one in found]}, indent=1))
    for line in _against_aims({one.name: (one.times_faster, one.times_sooner) for one in found}):
        print(line)


def _write(variant: str, models: Path) -> dict[str, object]:
    """Writes weights and their converted forms, unless they are there; how long that took, and with which versions."""
    folder = variant_dir(models, variant)
    if not folder.exists():
        write_random(variant, folder, comments(64))
    written: dict[str, object] = {}
    for engine in filter(can_run, ENGINES):
        found = sorted((folder / engine).glob("*/manifest.json"))
        begun = time.perf_counter()
        if found:
            manifest = read_manifest(found[0].parent)
        else:
            from moderator.scoring.convert import convert  # noqa: PLC0415 - it brings torch, which the first use needs

            # Random weights know nothing: how far rounding moves them says nothing, so the tolerance is wide.
            _, manifest = convert(variant, models, {}, engine=engine, texts=comments(2), tolerance=1.0)
        written[engine] = {"seconds": round(time.perf_counter() - begun, 1), "versions": manifest.versions}
    return written


def _against_aims(reached: dict[str, tuple[float, float]]) -> list[str]:
    lines = []
    for name, aim in AIMS.items():
        best = max((faster for engine, (faster, _) in reached.items() if engine.startswith(name)), default=0.0)
        lines.append(f"{name}: {best:.2f} times faster than stock, aim {aim}: {'reached' if best >= aim else 'missed'}")
    sooner = max(each for engine, (_, each) in reached.items() if engine.startswith(("onnx", "openvino")))
    verdict = "reached" if sooner >= AIM_SOONER else "missed"
    return [*lines, f"first score: {sooner:.1f} times sooner than stock, aim {AIM_SOONER}: {verdict}"]


def _tell(done: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done}/{total} {what}")


if __name__ == "__main__":
    main()
