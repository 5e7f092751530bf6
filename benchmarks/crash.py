"""Is an acknowledged decision ever lost? Kills a deciding program at random moments and looks.

A child decides comment after comment on a real SQLite file, undoes one now and then, and prints each decision's id once
`decide` has returned. The parent kills it with SIGKILL at seeded random moments, opens the file again and checks that
every id that was printed is there, that each status is what the log says, that the file passes SQLite's integrity check
and that the hash chain holds. Ends with 1 on any loss.

A killed program leaves the system's cache as it was: this proves that transactions are whole and that nothing is
acknowledged early. That commits survive a power cut rests on `synchronous=FULL`, which it doesn't simulate.

    python benchmarks/crash.py --kills 200
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from moderator.domain.comment import AuthorKind
from moderator.domain.decision import Action, Intent
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label
from moderator.services.audit import verify
from moderator.services.review import Review
from moderator.storage.engine import Database

COMMENTS = 400
LONGEST_LIFE_S = 0.5
"""After its first decision a child lives up to this long: some hundred decisions."""

_UNDO_EVERY = 7
_READY = "ready"


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run."""

    kills: int
    acknowledged: int
    kept: int
    elapsed_s: float
    problems: tuple[str, ...]


def fill(path: Path) -> None:
    """Makes a database with some comments, past the intake: what is tested here is deciding."""
    with Database.open(f"sqlite:///{path}"):
        pass
    with contextlib.closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("INSERT INTO article VALUES (1, 'crash', 'https://news.example/1', 'Crash', 'local', 0)")
        conn.execute("INSERT INTO author VALUES (1, 'crash', 'a', 'a', ?, 0)", (AuthorKind.GUEST.value,))
        conn.executemany(
            "INSERT INTO comment (id, source, remote_id, article_id, author_id, posted_at_ms, received_at_ms, likes,"
            " dislikes, status, revision, scoring, risk, route)"
            " VALUES (?, 'crash', ?, 1, 1, 0, 0, 0, 0, 'pending', 1, 'waiting', 0.5, 'review')",
            ((number, str(number)) for number in range(1, COMMENTS + 1)),
        )
        conn.executemany(
            "INSERT INTO revision VALUES (?, 1, ?, x'00', ?, 0)",
            ((number, f"Comment {number}.", os.urandom(16)) for number in range(1, COMMENTS + 1)),
        )


def decide_until_killed(path: Path) -> None:
    """The child: decides, acknowledges, never stops by itself."""
    with Database.open(f"sqlite:///{path}", migrate=False) as database:
        policy = Policy({Label.TOXICITY: Threshold(0.7, 0.9)})
        review = Review(database, policy, moderator="crash", app_version="0", author_key=b"key")
        chance = random.Random()
        print(_READY, flush=True)
        for count in range(1, 10**9):
            if count % _UNDO_EVERY == 0 and (outcome := review.undo()) is not None:
                print(outcome.decision.decision_id, flush=True)
            # Deferred comments may be deferred again, so that there is always one left.
            number = chance.randint(1, COMMENTS)
            intent = Intent(comment_id=number, revision=1, action=Action.DEFER, note="a note", seconds_open=0.1)
            print(review.decide(intent).decision.decision_id, flush=True)


def kill_one(path: Path, life_s: float) -> list[str]:
    """Starts a child, kills it `life_s` after its first decision, and returns the ids that it acknowledged."""
    child = subprocess.Popen([sys.executable, __file__, "--child", str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None  # noqa: S101 - a pipe was asked for
    first = child.stdout.readline().strip()
    if first != _READY:
        raise SystemExit("the child did not start")
    time.sleep(life_s)
    child.send_signal(signal.SIGKILL)
    said = child.stdout.read()
    child.wait()
    child.stdout.close()
    # A last line without its end was cut off by the kill: it acknowledged nothing.
    return [line for line in said.split("\n")[:-1] if line]


def check(path: Path, acknowledged: set[str]) -> list[str]:
    """What is wrong after a kill, in words."""
    found: list[str] = []
    with Database.open(f"sqlite:///{path}", migrate=False) as database:
        with database.read() as conn:
            kept = set(conn.exec_driver_sql("SELECT decision_id FROM decision").scalars())
            integrity = conn.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            # Where a comment stands follows from its last row.
            wrong = conn.exec_driver_sql(
                "SELECT count(*) FROM comment c JOIN decision d ON d.seq ="
                " (SELECT max(seq) FROM decision WHERE comment_id = c.id) WHERE d.new_status <> c.status"
            ).scalar_one()
        report = verify(database)
    if lost := acknowledged - kept:
        found.append(f"{len(lost)} acknowledged decisions are lost")
    if integrity != ["ok"]:
        found.append(f"integrity check: {integrity[0]}")
    if not report.intact:
        found.append(f"chain: row {report.bad_seq}: {report.problem}")
    if wrong:
        found.append(f"{wrong} comments don't stand where their last decision put them")
    return found


def run(folder: Path, kills: int, seed: int) -> Summary:
    """Kills `kills` children one after the other on one database in `folder`, checking after each."""
    path, chance = folder / "crash.sqlite3", random.Random(seed)
    fill(path)
    acknowledged: set[str] = set()
    problems: list[str] = []
    start = time.monotonic()
    for kill in range(1, kills + 1):
        acknowledged.update(kill_one(path, chance.uniform(0, LONGEST_LIFE_S)))
        problems += [f"after kill {kill}: {problem}" for problem in check(path, acknowledged)]
        if sys.stderr.isatty():
            print(f"\r{kill}/{kills} kills, {len(acknowledged):,} acknowledged", end="", file=sys.stderr)
    with contextlib.closing(sqlite3.connect(path)) as conn:
        kept = conn.execute("SELECT count(*) FROM decision").fetchone()[0]
    return Summary(kills, len(acknowledged), kept, time.monotonic() - start, tuple(problems))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        decide_until_killed(given.child)
    with tempfile.TemporaryDirectory(prefix="moderator-crash-") as folder:
        summary = run(Path(folder), given.kills, given.seed)
    for problem in summary.problems:
        print(problem)
    print(
        f"{summary.kills} kills in {summary.elapsed_s:.0f} s: {summary.acknowledged:,} decisions acknowledged,"
        f" {summary.kept:,} in the log, {len(summary.problems)} problems"
    )
    return 1 if summary.problems else 0


if __name__ == "__main__":
    sys.exit(main())
