"""A run that is killed anywhere leaves whole batches, and a second run completes it."""

import itertools
import json
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from moderator.connectors.files import FileOptions, open_file
from moderator.domain.policy import Policy
from moderator.services.intake import Intake
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

COUNT, UNFINISHED = 2500, 2000
CODE = """
import sys
from test_intake_kill import UNFINISHED, take
print("ready", flush=True)
take(*sys.argv[1:], stops_at=UNFINISHED)
"""


class Stopping:
    """A source that comes to a stand before its end, so that its run can't end before it's killed."""

    def __init__(self, source, stops_at):
        self.name, self._source, self._stops_at = source.name, source, stops_at

    @property
    def position(self):
        return self._source.position

    def records(self):
        yield from itertools.islice(self._source.records(), self._stops_at)
        threading.Event().wait()


def take(url, path, stops_at=None):
    """Reads the file into the database in small batches. Runs here, and in the process that is killed."""
    log = DecisionWriter(policy=Policy({}), app_version="test", author_key=b"k" * 32)
    with Database.open(url) as db:
        source = open_file(str(path), FileOptions(now_ms=1_793_534_400_000, source="site"))
        reads = Stopping(source, stops_at) if stops_at else source
        return Intake(db, log, batch_size=50, clock=lambda: 1_793_534_400_000).run(reads)


def write_comments(path, rng):
    """Some ids come several times, with the same text or another; parents come before and after their replies."""
    with path.open("w") as out:
        for number in range(COUNT):
            name = number if rng.random() < 0.9 else rng.randrange(number + 1)
            record = {
                "id": f"c{name}",
                "text": f"Words {rng.randrange(3)} of {name}",
                "parent_id": f"c{COUNT - name}",
                "article": f"/a{name % 7}",
                "author": f"reader {name % 40}",
            }
            out.write(json.dumps(record) + "\n")


def state(url):
    sql = """SELECT remote_id, revision, status, scoring, parent_remote_id, number, body, url, key FROM comment c
        JOIN revision r ON r.comment_id = c.id JOIN article a ON a.id = article_id JOIN author ON author.id = author_id
        ORDER BY remote_id, number"""
    with Database.open(url) as database, database.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


@pytest.mark.slow
def test_a_killed_run_is_completed_by_a_second_one(database_url, tmp_path):
    rng = random.Random(5)
    path = tmp_path / "comments.jsonl"
    write_comments(path, rng)
    command = [sys.executable, "-c", CODE, database_url, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            while not state(database_url):
                assert process.poll() is None
        finally:
            process.kill()
    rows = {row[0]: row for row in state(database_url)}
    assert 0 < len(rows) < COUNT
    assert all(row[1] == row[5] for row in rows.values()), "the current revision is the newest one"
    take(database_url, path)
    finished = state(database_url)
    again = take(database_url, path)
    assert (again.added, again.revised) == (0, 0)
    assert state(database_url) == finished
    whole = f"sqlite:///{tmp_path / 'whole.sqlite3'}"
    assert take(whole, path).read == COUNT
    assert sorted(finished) == sorted(state(whole))
