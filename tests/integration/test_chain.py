import threading

import pytest
from builders import POLICY, START_MS, put_comment, put_scores
from sqlalchemy import select, text

from moderator.domain.decision import Action, ActorKind, Intent
from moderator.errors import NotFoundError, StorageError
from moderator.services.audit import verify
from moderator.services.review import Review
from moderator.storage import chain
from moderator.storage.columns import DECISION
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database

LENGTH = 6


def make_review(database, clock, moderator="anna"):
    return Review(database, POLICY, moderator=moderator, app_version="0.1.0", author_key=b"key", clock=clock)


@pytest.fixture
def log(database, clock, make_comment):
    """Six decisions, one with a note, one undone."""
    review = make_review(database, clock)
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(LENGTH - 1)]
        put_scores(conn, numbers[0], {"toxicity": 0.1 + 0.2, "insult": 1e-7})
    for number in numbers:
        clock.advance(1)
        review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE, note="why", seconds_open=0.5))
    review.undo()
    return database


def tamper(database, *statements):
    """Changes the log as somebody would who has the database's own rights: past the triggers."""
    with database.write() as conn:
        if database.dialect == "sqlite":
            triggers = conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in triggers:
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            kind = "text" if database.dialect == "sqlite" else "json"
            assert conn.execute(text(statement.replace("{json}", kind))).rowcount != 0


def test_an_untouched_log_is_intact(log):
    seen = []
    report = verify(log, lambda done, total: seen.append((done, total)))
    assert report.intact
    assert (report.checked, report.bad_seq, seen) == (LENGTH, None, [(LENGTH, LENGTH)])
    with log.read() as conn:
        assert conn.execute(text("SELECT row_hash FROM chain_head")).scalar() == report.head_hash


def test_an_empty_log_is_intact(database):
    report = verify(database)
    assert report.intact
    assert (report.checked, report.head_hash) == (0, chain.GENESIS)


@pytest.mark.parametrize(
    ("change", "bad_seq"),
    [
        ("UPDATE decision SET moderator = 'bob' WHERE seq = 3", 3),
        ("UPDATE decision SET new_status = 'rejected' WHERE seq = 2", 2),
        ("UPDATE decision SET decided_at_ms = decided_at_ms + 1 WHERE seq = 4", 4),
        ("UPDATE decision SET risk = risk + 0.0000001 WHERE seq = 1", 1),
        ("UPDATE decision SET reason_code = '' WHERE seq = 1", 1),
        ("UPDATE decision SET seconds_open = NULL WHERE seq = 1", 1),
        ("UPDATE decision SET scorers = '[]' WHERE seq = 1", 1),
        ("UPDATE decision SET thresholds = '{}' WHERE seq = 5", 5),
        ("UPDATE decision SET undo_of = 4 WHERE seq = 6", 6),
        ("UPDATE decision SET row_hash = prev_hash WHERE seq = 2", 2),
        ("UPDATE decision_note SET note = 'another why' WHERE seq = 2", 2),
        ("UPDATE decision_note SET seq = 6 WHERE seq = 2", 2),
        ("DELETE FROM decision_note WHERE seq = 4", 4),
        ("UPDATE decision SET masked = true WHERE seq = 3", 3),
        ("UPDATE decision SET reason_title = 'x' WHERE seq = 3", 3),
        ("UPDATE decision SET thresholds = CAST(CAST(thresholds AS text) || ' ' AS {json}) WHERE seq = 4", 4),
        ("UPDATE decision SET risk = -risk WHERE seq = 4", 4),
        ("DELETE FROM decision WHERE seq = 3", 4),
        ("DELETE FROM decision WHERE seq = 1", 2),
        ("DELETE FROM decision WHERE seq = 6", 5),
        ("UPDATE chain_head SET seq = 5", 6),
        ("DELETE FROM chain_head", 6),
    ],
)
def test_every_change_is_found(log, change, bad_seq):
    if change.startswith("DELETE FROM decision WHERE seq") and not change.endswith("6"):
        tamper(log, change.replace("decision", "decision_note"))
    tamper(log, change)
    report = verify(log)
    assert not report.intact
    assert report.bad_seq == bad_seq
    assert report.problem


def test_a_rewritten_row_needs_every_row_after_it_rewritten(log):
    with log.read() as conn:
        row = dict(conn.execute(text("SELECT * FROM decision WHERE seq = 3")).mappings().one())
    tamper(log, "UPDATE decision SET moderator = 'bob' WHERE seq = 3")
    with log.read() as conn:
        forged = conn.execute(select(DECISION).where(DECISION.c.seq == 3)).mappings().one()
        new_hash = chain.row_hash(forged)
    assert new_hash != row["row_hash"]
    tamper(log, f"UPDATE decision SET row_hash = '{new_hash}' WHERE seq = 3")
    report = verify(log)
    assert (report.bad_seq, report.problem) == (4, "it doesn't follow from the row before")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET moderator = 'bob'",
        "UPDATE decision SET moderator = moderator WHERE seq = 1",
        "DELETE FROM decision WHERE seq = 6",
        "DELETE FROM decision",
        "UPDATE decision_note SET note = 'another'",
    ],
)
def test_the_log_refuses_changes(log, statement):
    with pytest.raises(StorageError, match="append-only"), log.write() as conn:
        conn.execute(text(statement))
    assert verify(log).intact


def test_the_log_refuses_to_be_emptied(postgres_databases):
    with (
        Database.open(postgres_databases.emptied()) as database,
        pytest.raises(StorageError, match="append-only"),
        database.write() as conn,
    ):
        conn.execute(text("TRUNCATE decision CASCADE"))


@pytest.mark.parametrize("same", ["seq", "decision_id", "undo_of"])
def test_the_log_refuses_to_be_replaced(sqlite_url, clock, make_comment, same):
    with Database.open(sqlite_url) as database:
        review = make_review(database, clock)
        with database.write() as conn:
            number = put_comment(conn, make_comment())
        review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE))
        review.undo()
        with database.read() as conn:
            row = dict(conn.execute(text("SELECT * FROM decision WHERE seq = 2")).mappings().one())
        other = {"seq": 9, "decision_id": "another", "undo_of": None, "moderator": "bob"}
        row.update({name: value for name, value in other.items() if name != same})
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        with pytest.raises(StorageError, match="append-only"), database.write() as conn:
            conn.execute(text(f"INSERT OR REPLACE INTO decision ({names}) VALUES ({values})"), row)
        assert verify(database).intact


def test_a_log_without_a_head_takes_nothing_more(log, make_comment, clock):
    tamper(log, "DELETE FROM chain_head")
    with log.write() as conn:
        number = put_comment(conn, make_comment())
    with pytest.raises(StorageError, match="lost its head"):
        make_review(log, clock).decide(Intent(comment_id=number, revision=1, action=Action.APPROVE))


def test_writers_at_the_same_time_make_one_chain(database_url, clock, make_comment):
    each, writers = 12, 3
    with Database.open(database_url) as database, database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(each * writers)]
    barrier, failures = threading.Barrier(writers), []

    def work(share):
        with Database.open(database_url) as own:
            review = make_review(own, clock, f"writer {share[0]}")
            barrier.wait()
            try:
                for number in share:
                    review.decide(Intent(comment_id=number, revision=1, action=Action.REJECT))
            except StorageError as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(numbers[start::writers],)) for start in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Database.open(database_url) as database:
        report = verify(database)
        assert report.intact, report.problem
        assert report.checked == each * writers


def test_a_decision_happens_whole_or_not_at_all(database, clock, make_comment):
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key", sinks=frozenset({"site"}))
    with database.write() as conn:
        number = put_comment(conn, make_comment())
    with pytest.raises(ZeroDivisionError), database.write(durable=True) as conn:
        writer.append(
            conn, Draft(comment_id=number, action=Action.REJECT, moderator="anna", note="n"), now_ms=START_MS
        ).seq / 0
    with database.read() as conn:
        counts = [
            conn.execute(text(f"SELECT count(*) FROM {name}")).scalar()
            for name in ("decision", "decision_note", "outbox")
        ]
        assert counts == [0, 0, 0]
        assert conn.execute(text("SELECT status FROM comment")).scalar() == "pending"
        assert conn.execute(text("SELECT seq FROM chain_head")).scalar() == 0


def test_rules_and_intakes_write_the_same_log(database, make_comment):
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    with database.write() as conn:
        number = put_comment(conn, make_comment())
        rule = Draft(comment_id=number, action=Action.APPROVE, moderator="auto-approve", actor_kind=ActorKind.RULE)
        assert writer.append(conn, rule, now_ms=START_MS).new_status == "approved"
        edit = Draft(comment_id=number, action=Action.REOPEN, moderator="intake", actor_kind=ActorKind.IMPORT)
        assert writer.append(conn, edit, now_ms=START_MS).new_status == "pending"
        missing = Draft(comment_id=number + 1, action=Action.APPROVE, moderator="auto-approve")
        with pytest.raises(NotFoundError):
            writer.append(conn, missing, now_ms=START_MS)
    assert verify(database).checked == 2


def test_an_edit_takes_back_what_its_source_has_not_heard_yet(database, make_comment):
    """The decision was about another text: delivered now, it would settle one that nobody read."""
    desk = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key", sinks=frozenset({"site"}))
    intake = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment(source="site")) for _ in range(2)]
        for number in numbers:
            approve = Draft(comment_id=number, action=Action.APPROVE, moderator="anna")
            desk.append(conn, approve, now_ms=START_MS)
        edit = Draft(comment_id=numbers[0], action=Action.REOPEN, moderator="intake", actor_kind=ActorKind.IMPORT)
        intake.append(conn, edit, now_ms=START_MS)
        states = conn.execute(text("SELECT comment_id, state FROM outbox ORDER BY id")).all()
    assert [tuple(row) for row in states] == [(numbers[0], "cancelled"), (numbers[1], "held")]


def test_an_undo_names_what_it_takes_back():
    with pytest.raises(ValueError, match="takes back"):
        Draft(comment_id=1, action=Action.UNDO, moderator="anna")
