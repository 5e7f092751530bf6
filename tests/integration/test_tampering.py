"""Whoever bends the log is found: any byte, a row cut off, two rows swapped, all of it written anew."""

import base64
import math
import random
import struct
import threading

import pytest
from builders import POLICY, make_comment, put_comment, put_scores
from sqlalchemy import select, text

from moderator.domain.decision import Action, Intent
from moderator.services.audit import take_checkpoint, verify
from moderator.services.review import Review
from moderator.storage import chain, chain_audit
from moderator.storage.canonical import RowHasher, canonical
from moderator.storage.columns import DECISION
from moderator.storage.engine import Database

ROWS = 40
FLIPS = 1_000
JSON = ("scorers", "thresholds")


def make_review(database, clock, name="anna"):
    return Review(database, POLICY, moderator=name, app_version="0.1.0", author_key=b"key", clock=clock)


def fill(database, clock):
    """A log with decisions of every kind."""
    review = make_review(database, clock)
    actions = (Action.APPROVE, Action.REJECT, Action.ESCALATE, Action.DEFER)
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment(parent_remote_id="p"), language="uk") for _ in range(ROWS)]
        for at, number in enumerate(numbers):
            put_scores(conn, number, {"toxicity": at / ROWS, "insult": None})
    for at, number in enumerate(numbers):
        clock.advance(1)
        intent = Intent(
            comment_id=number,
            revision=1,
            action=actions[at % 4],
            reason_code="insult" if at % 4 == 1 else None,
            note=f"Note {at}, 'ґ'" if at % 3 == 0 else None,
            seconds_open=at * 0.37 if at % 5 else None,
            revealed=at % 2 == 0,
            masked=(None, True, False)[at % 3],
            batch_id="b" if at % 7 == 0 else None,
        )
        review.decide(intent)
    for _ in range(3):
        review.undo()


def bend(database, *statements):
    """Changes what the triggers guard, as somebody can who owns the database."""
    with database.write() as conn:
        if database.dialect == "sqlite":
            for name in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
        for statement, values in statements:
            conn.execute(text(statement), values)


def flipped(value, chance):
    """The value with one bit of one byte flipped; `None` where there's nothing to flip."""
    if isinstance(value, int):
        size = max((abs(value).bit_length() + 7) // 8, 1)
        return value ^ (1 << chance.randrange(8 * size))
    if isinstance(value, float):
        raw = bytearray(struct.pack(">d", value))
    elif isinstance(value, str):
        raw = bytearray(value.encode())
    else:
        raw = bytearray(value or b"")
    if not raw:
        return None
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    if isinstance(value, float):
        (other,) = struct.unpack(">d", raw)
        return None if math.isnan(other) else other  # stored as nothing
    return bytes(raw)


def test_every_flipped_bit_is_found(sqlite_url, clock):
    """In any row and column, at any place. What isn't text any more is written as such, as a disk would."""
    chance = random.Random(7)
    with Database.open(sqlite_url) as database:
        fill(database, clock)
        assert verify(database).intact
    tables = {
        "decision": [column.name for column in DECISION.columns],
        "decision_note": ["seq", "note", "salt"],
        "chain_head": ["seq", "row_hash"],
    }
    tried = 0
    with Database.open(sqlite_url) as database:
        bend(database)
        with database.write() as conn:
            raw = conn.connection.driver_connection
            raw.execute("PRAGMA defer_foreign_keys = ON")
            places = [
                (table, column, number)
                for table, columns in tables.items()
                for (number,) in raw.execute(f"SELECT rowid FROM {table}")
                for column in columns
            ]
            while tried < FLIPS:
                table, column, number = chance.choice(places)
                (value,) = raw.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (number,)).fetchone()
                other = flipped(value, chance)
                taken = raw.execute(f"SELECT 1 FROM {table} WHERE rowid = ?", (other,)).fetchone()
                if other is None or (column == "seq" and taken):
                    continue  # an empty value has no byte, and a number can't be given twice
                place = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
                raw.execute("SAVEPOINT flip")
                raw.execute(f"UPDATE {table} SET {column} = {place} WHERE rowid = ?", (other, number))
                report = chain_audit.verify(conn)
                raw.execute("ROLLBACK TO flip")
                raw.execute("RELEASE flip")
                assert not report.intact, (table, column, number, value, other)
                tried += 1
            assert chain_audit.verify(conn).intact


def test_a_tail_cut_off_with_its_head_is_found_against_a_checkpoint(database, clock):
    fill(database, clock)
    before = take_checkpoint(database, "0.1.0")
    length = before.sequence
    with database.read() as conn:
        kept = conn.execute(select(DECISION.c.row_hash).where(DECISION.c.seq == length - 5)).scalar()
    bend(
        database,
        ("DELETE FROM decision_note WHERE seq > :seq", {"seq": length - 5}),
        ("DELETE FROM decision WHERE seq > :seq", {"seq": length - 5}),
        ("UPDATE chain_head SET seq = :seq, row_hash = :hash", {"seq": length - 5, "hash": kept}),
    )
    assert verify(database).intact, "without a checkpoint nobody can tell"
    report = verify(database, against=before)
    assert (report.bad_seq, "5 were cut off" in report.problem) == (length - 5, True)


def rewritten(database, change):
    """The log as somebody would write it anew who changes rows and takes every hash again."""
    with database.read() as conn:
        rows = [dict(row) for row in conn.execute(select(DECISION).order_by(DECISION.c.seq)).mappings()]
    change(rows)
    previous = chain.GENESIS
    statements = []
    for seq, row in enumerate(rows, 1):
        row.update(seq=seq, prev_hash=previous)
        row["row_hash"] = previous = chain.row_hash(row)
        given = row | {name: str(canonical(row[name])) for name in JSON}
        kind = "text" if database.dialect == "sqlite" else "json"
        marks = ", ".join(f"{name} = CAST(:{name} AS {kind})" if name in JSON else f"{name} = :{name}" for name in row)
        statements.append((f"UPDATE decision SET {marks} WHERE seq = :seq", given))
    statements.append(("UPDATE chain_head SET row_hash = :hash", {"hash": previous}))
    bend(
        database,
        ("UPDATE decision SET decision_id = seq || 'x', undo_of = NULL, note_digest = NULL", {}),
        ("DELETE FROM decision_note", {}),
        *statements,
    )


def test_a_swapped_pair_is_found(database, clock):
    fill(database, clock)
    before = take_checkpoint(database, "0.1.0")

    def swap(rows):
        for row in rows:
            row.update(note_digest=None, undo_of=None)
        rows[10], rows[11] = rows[11], rows[10]

    rewritten(database, swap)
    assert verify(database).intact, "every hash was taken again"
    report = verify(database, against=before)
    assert (report.bad_seq, "rewritten" in report.problem) == (before.sequence, True)


def test_a_pair_swapped_without_new_hashes_is_named(database, clock):
    fill(database, clock)
    names = ", ".join(f"{name} = (SELECT {name} FROM decision WHERE seq = 9)" for name in ("comment_id", "remote_id"))
    bend(database, (f"UPDATE decision SET {names} WHERE seq = 8", {}))
    assert verify(database).bad_seq == 8


def test_a_log_that_went_on_fits_its_checkpoint(database, clock):
    before = take_checkpoint(database, "0.1.0")
    assert (before.sequence, before.count, before.row_hash) == (0, 0, chain.GENESIS)
    fill(database, clock)
    middle = take_checkpoint(database, "0.1.0")
    assert middle.count == middle.sequence == ROWS + 3
    make_review(database, clock).undo()
    for checkpoint in (before, middle):
        assert verify(database, against=checkpoint).intact


def test_two_writers_on_a_server_make_one_chain(postgres_databases, clock):
    each = 30
    url = postgres_databases.emptied()
    with Database.open(url) as database, database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(2 * each)]
    start, failures = threading.Barrier(2), []

    def work(name, share):
        with Database.open(url) as own:
            review = make_review(own, clock, name)
            start.wait()
            try:
                for number in share:
                    review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE, note="n"))
            except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
                failures.append(error)

    shares = (("anna", numbers[:each]), ("bert", numbers[each:]))
    threads = [threading.Thread(target=work, args=share) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Database.open(url) as database:
        report = verify(database)
        assert (report.problem, report.checked) == ("", 2 * each)
        with database.read() as conn:
            turns = conn.execute(
                text(
                    "SELECT count(*) FROM decision a JOIN decision b ON b.seq = a.seq + 1 AND a.moderator<>b.moderator"
                )
            ).scalar()
    assert turns > 0, "they took turns"


@pytest.mark.parametrize("column", ["row_hash", "moderator"])
def test_bytes_that_are_no_text_are_named(sqlite_url, clock, column):
    with Database.open(sqlite_url) as database:
        fill(database, clock)
        bend(database, (f"UPDATE decision SET {column} = CAST(x'ff00' AS TEXT) WHERE seq = 6", {}))
        report = verify(database)
        assert (report.bad_seq, report.problem) == (6, "it holds bytes that are no text")


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("config_hash", base64.b64decode),  # what JSON would write as the very same text
        ("content_digest", str.encode),
        ("posted_at_ms", lambda value: str(value).encode()),
        ("posted_at_ms", lambda value: value + 0.5),
        ("revealed", lambda value: "true" if value else "false"),
        ("thresholds", str.encode),
        ("moderator", lambda value: f"{value}\0bert"),
        ("row_hash", str.encode),
    ],
)
def test_a_value_of_another_kind_is_named(sqlite_url, clock, column, other):
    with Database.open(sqlite_url) as database:
        fill(database, clock)
        with database.read() as conn:
            value = conn.execute(text(f"SELECT {column} FROM decision WHERE seq = 6")).scalar_one()
        bend(database, (f"UPDATE decision SET {column} = :other WHERE seq = 6", {"other": other(value)}))
        report = verify(database)
        assert (report.bad_seq, report.problem) == (6, "its content doesn't match its hash")


def test_an_interruption_is_no_bad_row(sqlite_url, clock, monkeypatch):
    """SQLite's driver drops what is raised while it asks for a hash."""
    take, asked = RowHasher.hash, []

    def interrupted(self, row):
        asked.append(row)
        if len(asked) == 6:
            raise KeyboardInterrupt
        return take(self, row)

    with Database.open(sqlite_url) as database:
        fill(database, clock)
        monkeypatch.setattr(RowHasher, "hash", interrupted)
        with pytest.raises(KeyboardInterrupt):
            verify(database)
        assert verify(database).intact
