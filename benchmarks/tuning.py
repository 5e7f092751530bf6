"""Tuning on a past with a known truth: speed at a million comments, and whether suggestions keep what they promise.

    python benchmarks/tuning.py                  a million comments, a hundred seeds
    python benchmarks/tuning.py 200000 20        fewer of either

Ends with 1 where a replay differs from the policy's own word, takes two seconds or more, or fewer than nine in ten
suggestions reach their target on the part that they weren't chosen on, within its interval.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from synthetic_history import POLICY, Synthetic, synthetic_history, write_database

from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label
from moderator.services.tuning.choosing import Aim, Target
from moderator.services.tuning.history import load_history
from moderator.services.tuning.replay import ROUTES, Replay
from moderator.services.tuning.suggest import Verdict, suggest
from moderator.services.tuning.whatif import Kind, WhatIf, what_if
from moderator.storage.engine import Database
from moderator.storage.routes import Standing, routing_of
from moderator.storage.score_matrix import LABELS

Indices = NDArray[np.int64]

_LIMIT_S = 2.0
_BATCH = 50_000
_LOADED = 100_000
_COMMENTS_PER_SEED = 20_000
_NEEDED = 0.9
_TARGETS = (Target(Aim.RECALL, 0.8), Target(Aim.PRECISION, 0.5), Target(Aim.PER_DAY, 10.0))

NEW = replace(
    POLICY,
    thresholds={**POLICY.thresholds, Label.TOXICITY: Threshold(0.6, 0.8), Label.THREAT: Threshold(0.3, 0.65)},
    sections={"sport": {Label.INSULT: Threshold(0.75, 0.95)}},
    audit_share=0.02,
)


def main() -> int:
    """Runs everything and prints a line for each figure."""
    count, seeds = (int(given) for given in (sys.argv[1:] + ["1000000", "100"][len(sys.argv) - 1 :])[:2])
    made = synthetic_history(count, reviewed_below=0.05, audit_share=0.02)
    fine = _replay(made)
    _loading()
    return 0 if _suggestions(seeds) and fine else 1


def _replay(made: Synthetic) -> bool:
    # Of the processor, so that what else runs on the machine doesn't count.
    started, started_cpu = time.perf_counter(), time.process_time()
    found = what_if(made.history, POLICY, NEW)
    took_s, elapsed_s = time.process_time() - started_cpu, time.perf_counter() - started
    print(f"what if, {len(made.history):,} score sets: {took_s:.2f} s of the processor, {elapsed_s:.2f} s in all")
    replay = Replay(made.history.comments)
    passed = replay.routes(NEW) == 0
    missed, truth = found.after.missed.expected, int(np.count_nonzero(passed & made.truth))
    inside = missed.low <= truth <= missed.high
    print(f"missed rejects: {missed.low:,.0f} to {missed.high:,.0f}, in truth {truth:,}{'' if inside else ': OUTSIDE'}")
    before, after = (_recounted(made, policy, replay) for policy in (POLICY, NEW))
    same = before is not None and after is not None and _counted(found, before) == _changes(before, after)
    said = "equal" if same else "DIFFER"
    print(f"routes, risks and changes of {len(made.history):,} comments, recounted one by one: {said}")
    return same and took_s < _LIMIT_S


def _recounted(made: Synthetic, policy: Policy, replay: Replay) -> Indices | None:
    """What the policy says of each comment by itself, as places in `ROUTES`; `None` where the replay says otherwise."""
    comments = made.history.comments
    routes, risks = replay.routes(policy), replay.risks(policy)
    one_by_one = np.zeros(len(comments), np.int64)
    for start in range(0, len(comments), _BATCH):
        rows = slice(start, min(start + _BATCH, len(comments)))
        scores = comments.scores[rows].astype(np.float64).tolist()
        places, failed = comments.place_of[rows].tolist(), comments.failed[rows].tolist()
        ids = comments.ids[rows].tolist()
        for at, given in enumerate(scores):
            place = comments.places[places[at]]
            standing = Standing(
                comment_id=ids[at],
                section=place.section,
                source=place.source,
                language=place.language or None,
                failed=bool(failed[at]),
            )
            told = routing_of(
                {label: None if score != score else score for label, score in zip(LABELS, given, strict=True)},  # noqa: PLR0124 - NaN alone differs from itself
                policy,
                standing,
            )
            if float(risks[start + at]) != told.risk:
                return None
            one_by_one[start + at] = ROUTES.index(told.route)
    return one_by_one if np.array_equal(one_by_one, routes) else None


def _changes(before: Indices, after: Indices) -> tuple[int, ...]:
    """Newly held, released, moved up, moved down, from routes before and after."""
    held, holds = before > 0, after > 0
    both = held & holds
    changed = (~held & holds, held & ~holds, both & (after > before), both & (after < before))
    return tuple(int(np.count_nonzero(each)) for each in changed)


def _counted(found: WhatIf, before: Indices) -> tuple[int, ...]:
    """The same as it is told; what is newly drawn for the audit is newly held, unless it was held before."""
    drawn = int(np.count_nonzero(before[found.changed[Kind.DRAWN]] == 0))
    held, *others = (len(found.changed[kind]) for kind in (Kind.HELD, Kind.RELEASED, Kind.EARLIER, Kind.LATER))
    return (held + drawn, *others)


def _loading() -> None:
    made = synthetic_history(_LOADED, reviewed_below=0.05, audit_share=0.02)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.sqlite3"
        write_database(file, made)
        with Database.open(f"sqlite:///{file}") as db:
            started = time.perf_counter()
            history = load_history(db)
            took_s = time.perf_counter() - started
    same = np.array_equal(history.comments.scores, made.history.comments.scores, equal_nan=True)
    print(f"reading {len(history):,} comments from SQLite: {took_s:.2f} s, {'as made' if same else 'NOT AS MADE'}")


def _suggestions(seeds: int) -> bool:
    good = True
    for target in _TARGETS:
        started = time.perf_counter()
        kept = 0
        for seed in range(1, seeds + 1):
            made = synthetic_history(_COMMENTS_PER_SEED, seed)
            found = suggest(made.history, POLICY, target, rounds=2)
            kept += found.verdict in {Verdict.REACHED, Verdict.WITHIN}
        took_s = (time.perf_counter() - started) / seeds
        good &= kept >= _NEEDED * seeds
        print(f"suggest, {target.aim.value} {target.value:g}: {kept} of {seeds} seeds, {took_s:.2f} s each")
    return good


if __name__ == "__main__":
    raise SystemExit(main())
