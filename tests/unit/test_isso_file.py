import sqlite3

import pytest

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileOptions, Standing, open_file
from moderator.errors import ConnectorError

OPTIONS = FileOptions(now_ms=1_795_348_800_000)
SCHEMA = """
CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT NULL,
    modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR NOT NULL, author VARCHAR, email VARCHAR,
    website VARCHAR, likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL, notification INTEGER);
INSERT INTO threads VALUES (1, '/storm/', 'Storm & tide');
"""
ROW = "INSERT INTO comments VALUES (?, ?, ?, ?, NULL, ?, '192.0.2.0', ?, ?, NULL, NULL, ?, 0, x'', 0)"
"""Source: Isso 0.14, isso/db/comments.py."""


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "comments.db"
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)
        rows = [
            (1, 1, None, 1_790_000_000.25, 1, "Public *text*", "Ann &lt;b&gt; &amp; Co", 4),
            (1, 2, 1, 1_790_000_060.0, 2, "Held", None, 0),
            (1, 3, None, 1_790_000_120.0, 4, "", "Gone", 0),
            (1, 4, 3, 1_790_000_180.0, 5, "Deleted, with its public bit", "x", 0),
            (9, 5, None, 1_790_000_240.0, 1, "Without a thread", "Bo", 0),
        ]
        made.executemany(ROW, rows)
    made.close()
    return path


def read(path, **options):
    return list(open_file(str(path), FileOptions(now_ms=OPTIONS.now_ms, **options)).records())


def test_comments_come_with_thread_parent_and_standing(database):
    first, second, third, fourth, fifth = read(database)
    assert (first.remote_id, first.body, first.author_name) == ("1", "Public *text*", "Ann <b> & Co")
    assert (first.article_url, first.article_title, first.likes) == ("/storm/", "Storm & tide", 4)
    assert first.posted_at_ms == 1_790_000_000_250
    assert (second.parent_remote_id, second.author_name) == ("1", "")
    assert isinstance(third, BadRecord)
    assert (third.code, third.where) == ("left.deleted", f"{database}: comment 3")
    assert fourth.code == "left.deleted"
    assert (fifth.body, fifth.article_url) == ("Without a thread", "")
    assert [each.code for each in read(database, take=frozenset({Standing.HELD})) if isinstance(each, BadRecord)] == [
        "left.published",
        "left.deleted",
        "left.deleted",
        "left.published",
    ]


def test_what_is_still_in_the_write_ahead_log_is_read_and_nobody_is_kept_waiting(database):
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.executemany(ROW, [(1, n, None, 1_790_000_300.0, 2, f"Number {n}", "x", 0) for n in range(6, 1206)])
    records = open_file(str(database), OPTIONS).records()
    next(records)
    writer.execute("DELETE FROM comments WHERE id = 1200")  # a page behind what is being read
    assert sum(not isinstance(each, BadRecord) for each in records) == 1 + 1 + 1199
    writer.close()


def test_nothing_is_written(database):
    before = database.read_bytes()
    read(database)
    assert database.read_bytes() == before
    assert [each.name for each in database.parent.iterdir()] == ["comments.db"]


def test_another_database_and_a_broken_one_are_refused_in_words(tmp_path, database):
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE comment (id INTEGER)")
    made.close()
    with pytest.raises(ConnectorError, match="is an SQLite database, but not Isso's"):
        read(other)
    content = bytearray(database.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    database.write_bytes(content)
    with pytest.raises(ConnectorError, match=r"broken|can't be read"):
        read(database)
