"""What exporting the decision log costs: time and peak memory, against a raw `sqlite3` -> `csv` loop in the same run.

    python benchmarks/decision_export.py [DECISIONS]

Seconds are the processor's, so that a busy machine counts for nothing. Each way runs in a child of its own, so that
peak memory (resident) is its own. The loop writes the table's columns as they lie there; the export also reads the
scores out of the JSON, makes times ISO 8601, and cells safe from formulas.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from moderator.domain.score import Label
from moderator.storage.engine import Database

_LABELS = [label.value for label in Label]
_RAW = """
import csv, json, resource, sqlite3, sys, time
start = time.process_time()
conn = sqlite3.connect(sys.argv[1])
with open(sys.argv[2], "w", newline="", encoding="utf-8") as out:
    csv.writer(out).writerows(conn.execute("SELECT * FROM decision ORDER BY seq"))
print(json.dumps({"seconds": time.process_time() - start,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
_OURS = """
import json, resource, sys, time
from pathlib import Path
from moderator.domain.decision_log import DecisionFilter
from moderator.services import export_files as files
from moderator.services.export import write_decisions
from moderator.storage.engine import Database
with Database.open(f"sqlite:///{sys.argv[1]}") as db:
    start = time.process_time()
    path = Path(sys.argv[2])
    with files.exporting(path, files.format_by_name(path), "benchmark") as export:
        rows = write_decisions(db, DecisionFilter(), export.write)
print(json.dumps({"rows": rows, "seconds": time.process_time() - start,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def rows(count: int) -> Iterator[dict[str, object]]:
    dice = random.Random(20261122)
    thresholds = json.dumps({label: {"priority": 0.9, "review": 0.7} for label in _LABELS}, separators=(",", ":"))
    for seq in range(1, count + 1):
        scores = {label: round(dice.random(), 6) for label in _LABELS}
        scorer = {"language": "en", "name": "embedded", "scores": scores, "spans": [], "version": "1"}
        yield {
            "seq": seq,
            "decision_id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            "decided_at_ms": 1_793_534_400_000 + seq * 1000,
            "actor_kind": "human",
            "moderator": f"m{seq % 9}",
            "comment_id": 1,
            "source": "site",
            "section": "world",
            "remote_id": f"c{seq}",
            "article_url": f"https://example.org/{seq % 999}",
            "revision": 1,
            "content_digest": f"{dice.getrandbits(256):064x}",
            "author_ref": f"{dice.getrandbits(128):032x}",
            "language": "en",
            "posted_at_ms": 1_793_500_000_000 + seq,
            "action": "reject" if seq % 3 else "approve",
            "previous_status": "pending",
            "new_status": "rejected" if seq % 3 else "approved",
            "reason_code": "spam" if seq % 3 else None,
            "scorers": json.dumps([{**scorer, "weights_hash": "feedfacecafe"}], separators=(",", ":")),
            "thresholds": thresholds,
            "risk": dice.random(),
            "route": "review",
            "rule": "insult 0.9600 >= 0.95 -> priority",
            "config_hash": "0123456789ab",
            "app_version": "0.1.0",
            "revealed": 0,
            "seconds_open": dice.random() * 60,
            "prev_hash": f"{dice.getrandbits(256):064x}",
            "row_hash": f"{dice.getrandbits(256):064x}",
        }


def fill(path: Path, count: int) -> None:
    Database.open(f"sqlite:///{path}").close()
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA synchronous = OFF")
    first = next(rows(1))
    names = ",".join(first)
    marks = ",".join(f":{name}" for name in first)
    conn.executemany(f"INSERT INTO decision ({names}) VALUES ({marks})", rows(count))
    conn.commit()
    conn.close()


def measure(code: str, database: Path, out: Path) -> dict[str, float]:
    command = [sys.executable, "-c", code, str(database), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "desk.sqlite3"
        fill(database, count)
        raw = measure(_RAW, database, Path(folder) / "raw.csv")
        print(f"raw loop     {count:>9,} rows  {raw['seconds']:6.1f} s CPU  peak {raw['peak_mb']:.0f} MB", flush=True)
        for name in ("ours.csv", "ours.jsonl", "ours.csv.gz"):
            ours = measure(_OURS, database, Path(folder) / name)
            times = ours["seconds"] / raw["seconds"]
            print(
                f"{name:12} {ours['rows']:>9,.0f} rows  {ours['seconds']:6.1f} s CPU  peak {ours['peak_mb']:.0f} MB"
                f"  {times:.1f} times the loop",
                flush=True,
            )


if __name__ == "__main__":
    main()
