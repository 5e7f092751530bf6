import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from moderator.errors import ConfigError, StorageError
from moderator.storage import integrity
from moderator.storage.copying import copy_sqlite
from moderator.storage.engine import Database, normalize_url


def problem(url, **given):
    with pytest.raises(StorageError) as caught:
        Database.open(url, **given).close()
    return caught.value


@contextlib.contextmanager
def as_nobody():
    """Permissions don't bind root, so that a test about them steps down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///desk.sqlite3", "sqlite"),
        ("sqlite:////var/desk.sqlite3", "sqlite"),
        ("postgres://anna@host/desk", "postgresql+psycopg"),
        ("postgresql://anna@host/desk", "postgresql+psycopg"),
        ("postgresql+psycopg://anna@host/desk", "postgresql+psycopg"),
    ],
)
def test_urls_get_our_driver(url, driver):
    assert normalize_url(url).drivername == driver


@pytest.mark.parametrize(
    "url", ["", "desk.sqlite3", "mysql://host/desk", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://host/d"]
)
def test_other_urls_are_refused(url):
    with pytest.raises(ConfigError) as caught:
        normalize_url(url)
    assert caught.value.code == "config.database_url"
    assert "sqlite:///" in caught.value.hint


def test_a_password_is_never_repeated():
    error = problem("postgresql://anna:secret-word@127.0.0.1:1/desk?connect_timeout=2")
    assert error.code == "storage.unreachable"
    assert "secret-word" not in f"{error.message} {error.hint}"
    with pytest.raises(ConfigError) as caught:
        normalize_url("postgres//anna:secret-word@host/desk")
    assert "secret-word" not in f"{caught.value.message} {caught.value.hint}"


def test_an_unknown_database_on_a_server_is_told(postgres_databases):
    assert problem(postgres_databases.url_of("no_such_database")).exit_status == 3


def test_a_missing_folder(tmp_path):
    error = problem(f"sqlite:///{tmp_path}/nowhere/desk.sqlite3")
    assert error.code == "storage.folder"
    assert "mkdir" in error.hint


def test_a_folder_is_not_a_database(tmp_path):
    assert problem(f"sqlite:///{tmp_path}").code == "storage.not_a_database"


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Not a database at all, only words. " * 100)
    before = path.read_bytes()
    assert problem(f"sqlite:///{path}").code == "storage.not_a_database"
    assert path.read_bytes() == before


def test_another_program_s_database(tmp_path):
    path = tmp_path / "places.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmark (id INTEGER)")
    assert problem(f"sqlite:///{path}").code == "storage.not_ours"
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmark",)]


def test_another_program_s_database_on_a_server(postgres_databases):
    url = postgres_databases.empty()
    import psycopg

    with psycopg.connect(url) as other:
        other.execute("CREATE TABLE bookmark (id integer)")
    assert problem(url).code == "storage.not_ours"


def test_a_locked_database(monkeypatch, sqlite_url):
    monkeypatch.setattr("moderator.storage.engine._BUSY_TIMEOUT_S", 0.05)
    with Database.open(sqlite_url) as database, contextlib.closing(sqlite3.connect(database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError) as caught, database.write():
            pytest.fail("the lock is another's")
        assert caught.value.code == "storage.locked"
        with database.read() as conn:
            assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0


@pytest.fixture
def reachable():
    """A folder that every user can get at, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_folder_that_cannot_be_written(reachable):
    reachable.chmod(0o555)
    with as_nobody():
        error = problem(f"sqlite:///{reachable}/desk.sqlite3")
    assert error.code == "storage.cannot_open"
    assert "write" in error.hint


def test_a_file_that_cannot_be_written(sqlite_databases, reachable):
    url = sqlite_databases.migrated(reachable)
    (reachable / "moderator.sqlite3").chmod(0o444)
    reachable.chmod(0o555)
    with as_nobody():
        assert problem(url).code in {"storage.cannot_open", "storage.readonly"}


def test_without_migrating_nothing_is_made(tmp_path, sqlite_url, postgres_databases):
    path = tmp_path / "new.sqlite3"
    assert problem(f"sqlite:///{path}", migrate=False).code == "storage.missing"
    assert not path.exists()
    assert problem(postgres_databases.empty(), migrate=False).code == "storage.empty"
    Database.open(sqlite_url, migrate=False).close()


def test_two_programs_make_one_new_database(tmp_path):
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    barrier, failures = threading.Barrier(4), []

    def make():
        barrier.wait()
        try:
            Database.open(url).close()
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(barrier.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    Database.open(url, migrate=False).close()


def test_a_failed_block_writes_nothing(database):
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        conn.execute(text("UPDATE chain_head SET seq = 7")).rowcount / 0
    with database.read() as conn:
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0


def test_reading_cannot_write(database):
    with pytest.raises(StorageError), database.read() as conn:
        conn.execute(text("UPDATE chain_head SET seq = 7"))
    with database.write() as conn:
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0


def test_reading_sees_one_moment(database):
    with database.read() as conn:
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0
        with database.write() as other:
            other.execute(text("UPDATE chain_head SET seq = 7"))
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0
    with database.read() as conn:
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 7


def test_a_decision_waits_for_the_disk_and_a_score_does_not(sqlite_url):
    with Database.open(sqlite_url) as database:
        levels = []
        for durable in (True, False, True):
            with database.write(durable=durable) as conn:
                levels.append(conn.exec_driver_sql("PRAGMA synchronous").scalar())
        assert levels == [2, 1, 2]
        with database.read() as conn:
            assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_decision_waits_for_the_server_s_disk(postgres_databases):
    # The test server has it off altogether.
    with Database.open(postgres_databases.emptied()) as database:
        with database.write() as conn:
            conn.exec_driver_sql("SET synchronous_commit = off")
        for durable, level in ((True, "on"), (False, "off")):
            with database.write(durable=durable) as conn:
                conn.exec_driver_sql("SELECT 1")
                assert conn.exec_driver_sql("SHOW synchronous_commit").scalar() == level


def test_a_refusal_quotes_no_row(database):
    insert = text(
        "INSERT INTO author (id, source, key, name, kind, first_seen_ms) VALUES (1, 'telling', 'words', NULL, 'x', 0)"
    )
    with pytest.raises(StorageError) as caught, database.write() as conn:
        conn.execute(insert)
    assert caught.value.code == "storage.constraint"
    assert "telling" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_version_tells_of_every_commit(database_url):
    with Database.open(database_url) as ours, Database.open(database_url) as theirs:
        before = ours.data_version()
        assert ours.data_version() == before
        for number, writer in enumerate((theirs, ours), 1):
            with writer.write() as conn:
                conn.execute(text("UPDATE chain_head SET seq = :number"), {"number": number})
            now = ours.data_version()
            assert now != before
            before = now


def test_a_copy_is_whole_and_one_file(sqlite_url, tmp_path):
    target = tmp_path / "copy.sqlite3"
    with Database.open(sqlite_url) as database:
        with database.write() as conn:
            conn.execute(text("UPDATE chain_head SET seq = 7"))
        copy_sqlite(database.path, target)
        with pytest.raises(StorageError) as caught:
            copy_sqlite(database.path, target)
        assert caught.value.code == "storage.exists"
    assert not list(tmp_path.glob("copy.sqlite3?*"))
    with Database.open(f"sqlite:///{target}", migrate=False) as copy, copy.read() as conn:
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 7


def test_opening_a_current_database_and_reading_its_queue_imports_no_schema(sqlite_url):
    code = (
        "import sys; from moderator.storage.engine import Database; from moderator.services.review import Review\n"
        "from moderator.domain.policy import Policy; from moderator.domain.queue import QueueQuery\n"
        f"with Database.open({sqlite_url!r}) as database:\n"
        "    review = Review(database, Policy({}), moderator='anna', app_version='1', author_key=b'key')\n"
        "    assert review.first_rows(QueueQuery()) == []\n"
        "print(*sorted({'alembic', 'sqlmodel', 'pydantic', 'psycopg', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_whole_database_has_no_problems(database):
    assert integrity.problems(database) == []


def test_a_broken_reference_is_found(sqlite_url):
    with Database.open(sqlite_url) as database:
        with contextlib.closing(sqlite3.connect(database.path)) as other, other:
            other.execute("INSERT INTO lease VALUES (77, 'holder', 'anna', 0)")
        (problem,) = integrity.problems(database)
    assert "table lease" in problem
    assert "row of comment" in problem


def test_a_damaged_file_is_found(sqlite_url):
    with Database.open(sqlite_url) as database:
        path = database.path
        with database.write() as conn:
            for number in range(500):
                conn.execute(
                    text("INSERT INTO source_cursor (source, cursor, updated_at_ms) VALUES (:name, :cursor, 0)"),
                    {"name": f"s{number}", "cursor": "x" * 500},
                )
    whole = path.read_bytes()
    # A page in the middle, so that the header still reads.
    middle = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:middle] + b"\xff" * 4096 + whole[middle + 4096 :])
    with Database.open(f"sqlite:///{path}") as database:
        try:
            found = integrity.problems(database)
        except StorageError as error:
            assert error.code == "storage.damaged"  # noqa: PT017 - either answer tells of the damage
        else:
            assert "damaged" in found[0]
