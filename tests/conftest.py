"""Fixtures for every test.

`database`      an open, empty, migrated `Database`; the test runs twice, on SQLite and on PostgreSQL
`database_url`  the same, not opened (for tests that start processes or open it themselves)
`sqlite_url`    a migrated SQLite file, for tests that are about something else
`clock`         stands still at 2026-11-01 12:00 UTC until `clock.advance(seconds)`; give it to services
`make_comment`  `make_comment(body="...", likes=3)` -> `IncomingComment`; every call is another comment

Plain builders that need no fixture (`put_comment`, `put_scores`, `POLICY`, `START_MS`) are in `builders.py`:
`from builders import POLICY`. PostgreSQL is started when the first test asks for it, and a test that needs it is
skipped only where no server can be started; `MODERATOR_TEST_POSTGRES=postgresql://...` names one that runs already.
"""

import gc
import logging
import os

import builders
import pytest
from databases import NoServerError, PostgresDatabases, SqliteDatabases

from moderator.storage.engine import Database

# What a run imports stays: looking through it again and again while it comes in took a quarter of collecting.
gc.disable()
# The tests' matrices are tiny: threads only wait for each other, and burn the cores that the other workers need.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_finish():
    """Has the collector look through what the suite imports once, and not again with every test's own objects."""
    gc.set_threshold(20_000, 20, 20)
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def what_stays_is_looked_through_once():
    """The same for what a file's tests leave in caches."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory):
    return SqliteDatabases(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_databases():
    try:
        databases = PostgresDatabases()
    except NoServerError as reason:
        pytest.skip(str(reason))
    yield databases
    databases.stop()


@pytest.fixture
def sqlite_url(sqlite_databases, tmp_path):
    return sqlite_databases.migrated(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    return request.getfixturevalue("postgres_databases").emptied()


@pytest.fixture
def database(database_url):
    with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def clock():
    return builders.Clock()


@pytest.fixture
def make_comment():
    return builders.make_comment


@pytest.fixture(autouse=True)
def log_as_it_was():
    """A test that configures the program's log leaves it as the next one expects it."""
    log = logging.getLogger("moderator")
    before = (log.handlers[:], log.level, log.propagate)
    yield
    for added in [handler for handler in log.handlers if handler not in before[0]]:
        log.removeHandler(added)
        added.close()
    log.setLevel(before[1])
    log.propagate = before[2]
