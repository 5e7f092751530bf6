"""Whatever texts come under whatever ids, in whatever batches: the last one counts, and again adds nothing."""

import itertools

import pytest
from builders import POLICY, START_MS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from moderator.connectors.base import Position
from moderator.domain.comment import IncomingComment
from moderator.services.intake import Intake
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

LOG = DecisionWriter(policy=POLICY, app_version="test", author_key=b"k" * 32)
_examples = itertools.count()


class Given:
    def __init__(self, name, records):
        self.name, self.given = name, records
        self.position = Position(name, None, 0, None)

    def records(self):
        return iter(self.given)


@pytest.fixture(scope="module")
def shared_database(sqlite_databases, tmp_path_factory):
    """One database for all examples; each example is a source of its own."""
    with Database.open(sqlite_databases.migrated(tmp_path_factory.mktemp("intake"))) as opened:
        yield opened


def stored(database, source):
    sql = """SELECT remote_id, number, body FROM comment c JOIN revision r ON r.comment_id = c.id
        WHERE source = :source ORDER BY remote_id, number"""
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql), {"source": source})]


said = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["One.", "Two.", "Three."])), max_size=9)
sizes = st.integers(1, 10)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=said, second=said, batch_sizes=st.tuples(sizes, sizes, sizes))
def test_runs_over_any_texts(shared_database, first, second, batch_sizes):
    source = f"example{next(_examples)}"

    def run(pairs, batch_size, *, dry_run=False):
        records = [
            IncomingComment(source=source, remote_id=name, body=body, article_url="https://news.example/a")
            for name, body in pairs
        ]
        intake = Intake(shared_database, LOG, batch_size=batch_size, clock=lambda: START_MS)
        summary = intake.run(Given(source, records), dry_run=dry_run)
        assert summary.read == len(pairs) == summary.added + summary.unchanged + summary.revised
        return summary

    for pairs in (first, second):
        foreseen = run(pairs, batch_sizes[2], dry_run=True)
        done = run(pairs, batch_sizes[0])
        assert foreseen.added == done.added
        rows = stored(shared_database, source)
        current = {name: body for name, _, body in rows}
        assert {name: current[name] for name, _ in pairs} == dict(pairs), "the last text is the current one"
        assert {body for _, _, body in rows} >= {body for _, body in pairs}, "no text is lost"
        for name, numbers in itertools.groupby(rows, key=lambda row: row[0]):
            numbered = list(numbers)
            assert [number for _, number, _ in numbered] == list(range(1, len(numbered) + 1)), name
            assert all(one[2] != next_[2] for one, next_ in itertools.pairwise(numbered))
        again = run(pairs, batch_sizes[1])
        assert (again.added, again.revised) == (0, 0)
        assert stored(shared_database, source) == rows
