"""Time and memory of taking comments in, against raw `sqlite3.executemany` of the very same rows.

    python benchmarks/intake.py [--count 1000000] [--rounds 1] [--folder DIR]

Three processes: one writes synthetic JSON Lines, one takes them in as `moderator intake` does, one reads the rows that
came out and puts them into a fresh database with bare `executemany`, same tables, same indexes, same pragmas, same
transactions. Of the last only the inserts and commits are timed: its rows are ready-made Python tuples.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import synthetic

TABLES = ("article", "author", "comment", "revision")
BATCH_SIZE = 5000
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -32768")


def take_in(folder: Path) -> dict[str, float]:
    """Runs in a process of its own: the service behind `moderator intake`, from file to database."""
    from moderator.connectors.files import FileOptions, open_file  # noqa: PLC0415 - only this process needs it
    from moderator.domain.policy import Policy  # noqa: PLC0415
    from moderator.services.intake import Intake  # noqa: PLC0415
    from moderator.storage.decisions import DecisionWriter  # noqa: PLC0415
    from moderator.storage.engine import Database  # noqa: PLC0415

    log = DecisionWriter(policy=Policy({}), app_version="benchmark", author_key=b"benchmark")
    start, start_cpu = time.perf_counter(), time.process_time()
    with Database.open(f"sqlite:///{folder / 'moderator.sqlite3'}") as db:
        options = FileOptions(now_ms=synthetic.END_MS, source=synthetic.SOURCE)
        summary = Intake(db, log, batch_size=BATCH_SIZE).run(
            open_file(str(folder / "comments.jsonl"), options), rejects_path=folder / "rejects.jsonl"
        )
    if summary.rejected or summary.added != summary.read:
        raise AssertionError(f"not everything was added: {summary}")
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - start_cpu, "rows": summary.added}


def insert_raw(folder: Path) -> dict[str, float]:
    """Runs in a process of its own: the same rows by bare `executemany`."""
    source = sqlite3.connect(f"file:{folder / 'moderator.sqlite3'}?mode=ro", uri=True)
    target = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    for pragma in PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    # Without the index of words: intake doesn't write it either, and its triggers only speak of changed texts.
    schema = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE"
        " 'comment_text%' ORDER BY rowid"
    )
    for (sql,) in source.execute(schema):
        target.execute(sql)
    seconds = cpu = 0.0
    # Articles and authors come with the comments that need them first, as in an intake.
    last = dict.fromkeys(TABLES, 0)
    rows_written = 0
    inserts = {table: _insert_statement(source, table) for table in TABLES}
    comments = source.execute("SELECT * FROM comment ORDER BY id")
    names = [column[0] for column in comments.description]
    at = {name: names.index(name) for name in ("id", "article_id", "author_id")}
    while rows := comments.fetchmany(BATCH_SIZE):
        ready = {"comment": rows}
        for table, reference in (("article", "article_id"), ("author", "author_id")):
            newest = max(last[table], *(row[at[reference]] for row in rows))
            ready[table] = _between(source, table, "id", last[table], newest)
            last[table] = newest
        newest = rows[-1][at["id"]]
        ready["revision"] = _between(source, "revision", "comment_id", last["comment"], newest)
        last["comment"] = newest
        start, start_cpu = time.perf_counter(), time.process_time()
        target.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            target.executemany(inserts[table], ready[table])
        target.execute("COMMIT")
        seconds += time.perf_counter() - start
        cpu += time.process_time() - start_cpu
        rows_written += len(rows)
    start, start_cpu = time.perf_counter(), time.process_time()
    target.close()
    return {
        "seconds": seconds + time.perf_counter() - start,
        "cpu": cpu + time.process_time() - start_cpu,
        "rows": rows_written,
    }


def _between(conn: sqlite3.Connection, table: str, key: str, after: int, to: int) -> list[Any]:
    return conn.execute(f"SELECT * FROM {table} WHERE {key} > ? AND {key} <= ? ORDER BY {key}", (after, to)).fetchall()


def _insert_statement(conn: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


STEPS: dict[str, Callable[[Path], dict[str, float]]] = {"intake": take_in, "raw": insert_raw}


def run_step(step: str, folder: Path) -> dict[str, float]:
    """Runs a step in a process of its own. Adds `peak_mb`, the process's peak resident memory."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--step", step, "--folder", str(folder)], stdout=subprocess.PIPE
    )
    said = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{step} failed with exit status {process.returncode}")
    return json.loads(said) | {"peak_mb": usage.ru_maxrss / 1024}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where a folder for the files is made, and removed at the end")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.folder)))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="moderator-bench-", dir=given.folder))
    try:
        size = synthetic.write_jsonl(folder / "comments.jsonl", given.count)
        print(f"{given.count:,} synthetic comments, {size / 1e6:,.0f} MB of JSON Lines")
        for _ in range(given.rounds):
            for old in folder.glob("*.sqlite3*"):
                old.unlink()
            done = {step: run_step(step, folder) for step in STEPS}
            for step, figures in done.items():
                rate = figures["rows"] / figures["seconds"]
                print(
                    f"{step:>7}: {figures['seconds']:7.1f} s ({figures['cpu']:.1f} s of CPU), {rate:,.0f} comments/s, "
                    f"peak memory {figures['peak_mb']:.0f} MB"
                )
            print(f"  ratio: {done['intake']['seconds'] / done['raw']['seconds']:.2f}")
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
