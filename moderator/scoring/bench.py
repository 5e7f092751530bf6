"""How fast each engine is, here and now: texts a second, time to the first score, memory.

Every engine works in a process of its own, as it does for the desk. Rounds are interleaved, and each figure is a
median: what else the machine does then disturbs all of them alike.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from moderator.errors import ConfigError, ScoringError
from moderator.scoring.base import Option, ScoreRequest, ScorerSpec
from moderator.scoring.choose import choose, conversion_spec
from moderator.scoring.conversion import conversions_of, read_manifest
from moderator.scoring.detoxify_weights import Weights
from moderator.scoring.process import ProcessScorer

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and the step in our own words."""

SHIPPED = ("embedded", "embedded-encoder")
"""Scorers that come with the program."""

COLD_ROUNDS = 3
_FIRST = ScoreRequest("You have a point there.", "en")


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that scores.

    Attributes:
        name: For people.
        spec: How it is made.
        one_by_one: It gets one text at a time, as from somebody who calls `predict` in a loop; otherwise all of them,
            and groups them as it likes.
    """

    name: str
    spec: ScorerSpec
    one_by_one: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one contender.

    Attributes:
        name: The contender's.
        version: What its scores say.
        texts_per_s: Median over the rounds, warm.
        times_faster: Than the first contender: median of the ratios within each round.
        first_score_s: From starting a process to its first score, median.
        times_sooner: Than the first contender, likewise.
        memory_mb: Most that its process had in memory; `None` where the system doesn't tell.
    """

    name: str
    version: str
    texts_per_s: float
    times_faster: float
    first_score_s: float
    times_sooner: float
    memory_mb: float | None


def contenders(weights: Weights | None, models_dir: Path, threads: int = 0) -> list[Contender]:
    """Everything that can be run here: a Detoxify variant in each engine and form, and the scorers we ship.

    Args:
        weights: The variant's; its torch form, one text at a time, is the measure for the others.
        models_dir: The data directory's `models` folder.
        threads: CPU threads; 0 leaves the choice to the engine.
    """
    found: list[Contender] = []
    if weights is not None:
        common: dict[str, Option] = {"threads": threads or None, "explain_s": 0.0}
        spec = choose(
            f"detoxify-{weights.variant.name}",
            models_dir,
            device="cpu",
            options={**common, "engine": "torch", "checkpoint": str(weights.checkpoint)},
        )
        found.append(Contender("torch, one by one", spec, one_by_one=True))
        for conversion in conversions_of(weights):
            for form in read_manifest(conversion.folder).parity:
                spec = conversion_spec(weights.variant.name, conversion, {**common, "precision": form})
                found.append(Contender(f"{conversion.engine} {form}", spec))
    for name in SHIPPED:
        try:
            found.append(Contender(name, choose(name, models_dir)))
        except (ConfigError, ScoringError):
            continue  # it isn't in this installation
    return found


def measure(
    entries: Sequence[Contender], texts: Sequence[str], rounds: int, progress: Progress | None = None
) -> list[Measured]:
    """Measures contenders against the first of them.

    Args:
        entries: At least one.
        texts: What to score, in English.
        rounds: How many times each scores all texts, after one round that doesn't count.
        progress: Told how far it is.

    Raises:
        ScoringError: One can't be started.
    """
    tell = progress or _untold
    steps = len(entries) * (COLD_ROUNDS + rounds + 1)
    requests = [ScoreRequest(text, "en") for text in texts]
    done = 0
    cold: list[list[float]] = [[] for _ in entries]
    for _ in range(COLD_ROUNDS):
        for entry, seconds in zip(entries, cold, strict=True):
            tell(done, steps, f"starting {entry.name}")
            begun = time.perf_counter()
            with ProcessScorer(entry.spec, nice=0) as scorer:
                scorer.score([_FIRST])
                seconds.append(time.perf_counter() - begun)
            done += 1
    warm: list[list[float]] = [[] for _ in entries]
    with ExitStack() as stack:
        scorers = [stack.enter_context(ProcessScorer(entry.spec, nice=0)) for entry in entries]
        for number in range(rounds + 1):
            for entry, scorer, seconds in zip(entries, scorers, warm, strict=True):
                tell(done, steps, f"scoring with {entry.name}" if number else f"warming {entry.name}")
                taken = _time(entry, scorer, requests)
                if number:
                    seconds.append(taken)
                done += 1
        versions = [scorer.identity.version for scorer in scorers]
        memory = [_memory_mb(scorer.pid) for scorer in scorers]
    return [
        Measured(
            entry.name,
            version,
            len(texts) / statistics.median(seconds),
            _times(warm[0], seconds),
            statistics.median(starts),
            _times(cold[0], starts),
            peak,
        )
        for entry, version, seconds, starts, peak in zip(entries, versions, warm, cold, memory, strict=True)
    ]


def machine() -> dict[str, str | int]:
    """What the figures are of: the processor, what it can multiply quickly, and how many cores we may use."""
    name, able = platform.processor() or platform.machine(), ""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        parts = [line.partition(":") for line in lines]
        told = {name.strip(): value.strip() for name, _, value in parts}
        flags = told.get("flags", "").split()
        name = told.get("model name", name)
        able = " ".join(flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if flag in flags)
    except OSError:
        pass  # not Linux: then the short name must do
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"processor": name, "multiplies_with": able, "cores": cores, "system": platform.platform()}


def _untold(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""


def _time(entry: Contender, scorer: ProcessScorer, requests: Sequence[ScoreRequest]) -> float:
    begun = time.perf_counter()
    if entry.one_by_one:
        for request in requests:
            scorer.score([request])
    else:
        scorer.score(requests)
    return time.perf_counter() - begun


def _times(first: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(first, others, strict=True))


def _memory_mb(pid: int | None) -> float | None:
    """The most memory that a process had, in megabytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), None)
    return int(peak) * 1024 / 1e6 if peak else None
