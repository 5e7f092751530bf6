"""What an audit of the decision log costs, and whether two writers on PostgreSQL make one chain.

    python benchmarks/audit.py [DECISIONS]                        a million where absent
    python benchmarks/audit.py --writers postgresql://... [EACH]  two processes, 5,000 decisions each where absent

The log is filled with copies of one real decision (two scorers, marked evidence, a note on every hundredth), each with
a time, a risk and a hash of its own. Seconds are the processor's, on one core: a busy machine counts for little.
Ends with 1 where an audit takes 20 s or more per million, or a link doesn't hold.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from moderator.domain.comment import IncomingComment
from moderator.domain.decision import Action, Intent
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.services.audit import verify
from moderator.services.review import Review
from moderator.storage.canonical import RowHasher
from moderator.storage.chain import HASHED, LATER, keyed_digest
from moderator.storage.comments import store_batch
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database
from moderator.storage.score_rows import insert_sets

_MOST_S = 20.0
_NOTE_EVERY = 100
_POLICY = Policy({label: Threshold(0.5, 0.85) for label in Label}, config_hash="0123456789ab")
_NAMES = tuple(sorted(HASHED))
_HASHER = RowHasher(
    _NAMES, later=LATER, json=("scorers", "thresholds"), flags=("revealed", "masked"), reals=("risk", "seconds_open")
)


def _comments(db: Database, count: int) -> list[int]:
    log = DecisionWriter(policy=_POLICY, app_version="bench", author_key=b"key")
    given = [
        IncomingComment(source="bench", remote_id=str(at), body=f"Comment {at}", article_url="https://news.example/a")
        for at in range(count)
    ]
    with db.write() as conn:
        store_batch(conn, given, 1_793_534_400_000, log)
        return list(conn.execute(text("SELECT id FROM comment ORDER BY id")).scalars())


def _review(db: Database, name: str) -> Review:
    return Review(db, _POLICY, moderator=name, app_version="bench", author_key=b"key")


def _decide_once(db: Database) -> None:
    (number,) = _comments(db, 1)
    toxic = {label: 0.123456 + at / 10 for at, label in enumerate(Label) if label is not Label.COLLECTIVE_BLAME}
    spans = tuple(Span(at * 9, at * 9 + 6, SpanRole.TOXIC, Label.INSULT) for at in range(6))
    sets = (
        ScoreSet(ScorerId("embedded-encoder", "1", "feedfacecafe"), "en", toxic, spans),
        ScoreSet(ScorerId("blame", "1", "cafefeedface"), "en", {Label.COLLECTIVE_BLAME: 0.91}, spans[:3]),
    )
    with db.write() as conn:
        insert_sets(conn, [(number, 1, each) for each in sets], 1_793_534_400_000)
    intent = Intent(comment_id=number, revision=1, action=Action.REJECT, reason_code="insult", seconds_open=4.5)
    _review(db, "anna").decide(intent)


def fill(path: Path, count: int) -> None:
    """Makes a database with so many decisions, past the triggers' and the disk's slowness."""
    with Database.open(f"sqlite:///{path}") as db:
        _decide_once(db)
    names = (*_NAMES, "row_hash")
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("DROP TRIGGER decision_refuses_replace")
        columns = ", ".join(names)
        first = dict(zip(names, conn.execute(f"SELECT {columns} FROM decision").fetchone(), strict=True))
        rows, notes, previous = [], [], first["row_hash"]
        conn.execute("BEGIN")
        for seq in range(2, count + 1):
            first |= {
                "seq": seq,
                "decision_id": str(uuid.UUID(int=seq)),
                "decided_at_ms": first["decided_at_ms"] + 1,
                "risk": round(0.5 + seq % 4999 / 10_000, 4),
                "prev_hash": previous,
                "note_digest": None,
            }
            if seq % _NOTE_EVERY == 0:
                salt = os.urandom(16)
                first["note_digest"] = keyed_digest(salt, "second time this week")
                notes.append((seq, "second time this week", salt))
            previous = first["row_hash"] = _HASHER.hash([first[name] for name in _NAMES])
            rows.append(tuple(first.values()))
            if len(rows) == 10_000 or seq == count:  # noqa: PLR2004 - a chunk
                conn.executemany(f"INSERT INTO decision ({columns}) VALUES ({','.join('?' * len(names))})", rows)
                conn.executemany("INSERT INTO decision_note VALUES (?, ?, ?)", notes)
                rows, notes = [], []
        conn.execute("UPDATE chain_head SET seq = ?, row_hash = ?", (count, previous))
        conn.execute("COMMIT")


def audit(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite3"
        fill(path, count)
        size_mb = path.stat().st_size / 1e6
        with Database.open(f"sqlite:///{path}") as db:
            started, wall = time.process_time(), time.monotonic()
            report = verify(db)
            seconds, elapsed = time.process_time() - started, time.monotonic() - wall
    print(f"{report.checked:,} decisions, {size_mb:,.0f} MB: {seconds:.1f} s CPU, {elapsed:.1f} s by the clock")
    print(f"{seconds / count * 1e6:.2f} s per million; bound {_MOST_S:.0f} s. {report.problem or 'Every link holds.'}")
    return 0 if report.intact and report.checked == count and seconds / count * 1e6 < _MOST_S else 1


def write(url: str, name: str, numbers: range) -> None:
    """One of the two writers: its own process, its own connection."""
    with Database.open(url) as db:
        review = _review(db, name)
        for number in numbers:
            review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE))


def writers(url: str, each: int) -> int:
    with Database.open(url) as db:
        numbers = _comments(db, 2 * each)
        if numbers != list(range(1, 2 * each + 1)):
            print("this needs an empty database", file=sys.stderr)
            return 2
    started = time.monotonic()
    halves = [("anna", 1, each + 1), ("bert", each + 1, 2 * each + 1)]
    own = [
        subprocess.Popen([sys.executable, __file__, "--writer", url, name, str(start), str(end)])
        for name, start, end in halves
    ]
    failed = [process.wait() for process in own]
    elapsed = time.monotonic() - started
    with Database.open(url) as db:
        report = verify(db)
        with db.read() as conn:
            turns = conn.execute(
                text(
                    "SELECT count(*) FROM decision a JOIN decision b ON b.seq = a.seq + 1"
                    " WHERE a.moderator <> b.moderator"
                )
            ).scalar_one()
    print(f"{report.checked:,} decisions by two writers in {elapsed:.0f} s, {turns:,} times the other one was next")
    print(report.problem or "One chain, every link holds.")
    return 0 if not any(failed) and report.intact and report.checked == 2 * each and turns else 1


def main() -> int:
    given = sys.argv[1:]
    if given[:1] == ["--writer"]:
        write(given[1], given[2], range(int(given[3]), int(given[4])))
        return 0
    if given[:1] == ["--writers"]:
        return writers(given[1], int(given[2]) if len(given) > 2 else 5_000)  # noqa: PLR2004 - an optional argument
    return audit(int(given[0]) if given else 1_000_000)


if __name__ == "__main__":
    raise SystemExit(main())
