import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from builders import POLICY, make_comment, put_comment
from sqlalchemy import text

from moderator.domain.decision import Action, Intent
from moderator.errors import StorageError
from moderator.services.audit import take_checkpoint, verify
from moderator.services.backup import back_up, prove, restore
from moderator.services.erasure import Erasing
from moderator.services.review import Review
from moderator.storage.engine import Database

WORD = "Zwiebelturm"


@pytest.fixture
def address(request, tmp_path):
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    return request.getfixturevalue("postgres_databases").migrated()


on_both = pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)


def fill(address, count=4):
    with Database.open(address) as database:
        with database.write() as conn:
            numbers = [put_comment(conn, make_comment(body=f"{WORD} {at}")) for at in range(count)]
        review = Review(database, POLICY, moderator="anna", app_version="1", author_key=b"key")
        for number in numbers[1:]:
            review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE, note="fine"))
        return numbers, take_checkpoint(database, "1")


def again(address, backup, **given):
    return restore(backup, address, **{"replace": False, "moderator": "otto", "app_version": "1", **given})


@on_both
def test_a_backup_is_proved_without_touching_what_is_there(address, tmp_path):
    numbers, checkpoint = fill(address)
    file = tmp_path / "copy"
    with Database.open(address) as busy, busy.read() as conn:
        conn.execute(text("SELECT count(*) FROM comment"))
        back_up(address, file)
    assert file.stat().st_mode & 0o077 == 0
    with Database.open(address) as database:
        Review(database, POLICY, moderator="anna", app_version="1", author_key=b"key").decide(
            Intent(comment_id=numbers[0], revision=1, action=Action.APPROVE)
        )
    report = prove(file, address, against=checkpoint)
    assert (report.problems, report.comments, report.decisions) == ((), 4, 3)
    with Database.open(address) as database:
        assert verify(database).checked == 4
    with pytest.raises(StorageError, match="exists already"):
        back_up(address, file)


def test_the_drill_on_a_file(sqlite_url, tmp_path):
    """Back up, lose it, restore, go on: as docs/decision-log.md has it."""
    _, checkpoint = fill(sqlite_url)
    file, lost = tmp_path / "copy.sqlite3", Path(sqlite_url.removeprefix("sqlite:///"))
    back_up(sqlite_url, file)
    for part in lost.parent.glob(f"{lost.name}*"):
        part.unlink()
    done = again(sqlite_url, file, against=checkpoint)
    assert (done.set_aside, done.report.problems) == (None, ())
    with Database.open(sqlite_url) as database:
        review = Review(database, POLICY, moderator="anna", app_version="1", author_key=b"key")
        review.decide(Intent(comment_id=1, revision=1, action=Action.REJECT))
        report = verify(database, against=checkpoint)
        assert (report.problem, report.checked) == ("", 4)


def test_the_drill_on_a_server(postgres_databases, tmp_path):
    address = postgres_databases.migrated()
    _, checkpoint = fill(address)
    file = tmp_path / "copy.dump"
    back_up(address, file)
    with pytest.raises(StorageError, match="isn't empty"):
        again(address, file)
    other = postgres_databases.empty()
    assert again(other, file, against=checkpoint).report.decisions == 3
    with Database.open(other) as database:
        assert verify(database, against=checkpoint).intact
        with pytest.raises(StorageError, match="append-only"), database.write() as conn:
            conn.execute(text("DELETE FROM decision"))


def test_what_was_erased_since_does_not_come_back(sqlite_url, tmp_path):
    numbers, _ = fill(sqlite_url)
    file, path = tmp_path / "copy.sqlite3", Path(sqlite_url.removeprefix("sqlite:///"))
    back_up(sqlite_url, file)
    with Database.open(sqlite_url) as database:
        Review(database, POLICY, moderator="anna", app_version="1", author_key=b"key").undo()
        (problem,) = prove(file, sqlite_url, against=take_checkpoint(database, "1")).problems
        assert "1 were cut off" in problem
        erasing = Erasing(database, moderator="otto", app_version="1")
        for number in numbers[:3]:
            erasing.carry_out(erasing.plan_comment(number), "the author")
        erasing.sweep()
    assert prove(file, sqlite_url).erased_since == 3
    with pytest.raises(StorageError, match="there is a database already"):
        again(sqlite_url, file)
    done = again(sqlite_url, file, replace=True)
    assert done.erased_again == 3
    for word, left in ((f"{WORD} 0", False), (f"{WORD} 2", False), (f"{WORD} 3", True)):
        parts = [part for part in path.parent.glob(f"{path.name}*") if ".backup-" not in part.name]
        assert any(word.encode() in part.read_bytes() for part in parts) == left
    with Database.open(sqlite_url) as database:
        assert (verify(database).problem, verify(database).erasures) == ("", 1)
    with Database.open(f"sqlite:///{done.set_aside}") as database:
        assert verify(database).erasures == 3


def test_a_damaged_backup_changes_nothing(sqlite_url, tmp_path):
    fill(sqlite_url)
    file = tmp_path / "copy.sqlite3"
    back_up(sqlite_url, file)
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("DROP TRIGGER decision_refuses_update")
        conn.execute("UPDATE decision SET moderator = 'bob' WHERE seq = 2")
        conn.commit()
    assert prove(file, sqlite_url).problems == ("decision 2: its content doesn't match its hash",)
    with pytest.raises(StorageError, match="decision 2"):
        again(sqlite_url, file, replace=True)
    with Database.open(sqlite_url) as database:
        assert verify(database).intact
    (tmp_path / "not.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match=r"not\.sqlite3: it's no SQLite database"):
        again(sqlite_url, tmp_path / "not.sqlite3", replace=True)
    with pytest.raises(StorageError, match="no such file"):
        prove(tmp_path / "nowhere", sqlite_url)


def test_a_missing_client_program_says_so(postgres_databases, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageError, match="pg_dump isn't installed"):
        back_up(postgres_databases.emptied(), tmp_path / "copy.dump")
    assert list(tmp_path.iterdir()) == []
