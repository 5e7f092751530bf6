import json
from pathlib import Path

import pytest
from builders import POLICY, START_MS, make_comment, put_comment, put_revision, put_scores
from sqlalchemy import text

from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent
from moderator.domain.decision_log import ErasureKind, ExportedFile
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, DecisionConflictError, NotFoundError, StorageError
from moderator.services.audit import take_checkpoint, verify
from moderator.services.erasure import Erasing, RetentionRule, proofs
from moderator.services.review import Review
from moderator.services.subject import subject_data
from moderator.storage import export_index
from moderator.storage.chain import author_ref
from moderator.storage.comments import store_batch
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database
from moderator.storage.scoring_work import waiting_count
from moderator.storage.text_index import index_texts

KEY = b"key"
WORD = "Zwiebelturm"
NAME = "Kunigunde von Xanten"
NOTE = "she wrote Schwanenhals before"


def make_erasing(database, clock):
    return Erasing(database, moderator="otto", app_version="0.1.0", clock=clock)


def make_review(database, clock):
    return Review(database, POLICY, moderator="anna", app_version="0.1.0", author_key=KEY, clock=clock)


@pytest.fixture
def desk(database, clock):
    """Two comments of one author, edited, scored, indexed, decided and noted; one of another. Numbers by name."""
    with database.write() as conn:
        texts = [f"The {WORD} is theirs.", f"My {WORD} again, longer than the other one.", "A fine day."]
        names = [NAME, NAME, "somebody else"]
        numbers = [
            put_comment(conn, make_comment(body=body, author_name=name), revision=1)
            for body, name in zip(texts, names, strict=True)
        ]
        put_revision(conn, numbers[0], 2, f"The {WORD} is theirs, edited.")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": numbers[0]})
        blame = {"grade": 1, "components": [], "reason": f"about {WORD}", "exclusions": []}
        put_scores(conn, numbers[0], {"toxicity": 0.9}, revision=2, blame=blame)
        index_texts(conn, numbers)
    review = make_review(database, clock)
    review.decide(Intent(comment_id=numbers[0], revision=2, action=Action.REJECT, reason_code="insult", note=NOTE))
    review.decide(Intent(comment_id=numbers[2], revision=1, action=Action.APPROVE, note="fine"))
    return numbers


def ref_of(database, comment_id):
    with database.read() as conn:
        row = conn.execute(
            text("SELECT a.source, a.key FROM author a JOIN comment c ON c.author_id = a.id WHERE c.id = :id"),
            {"id": comment_id},
        ).one()
    return author_ref(KEY, *row)


def everything(database):
    """All that the tables hold, as one text."""
    with database.read() as conn:
        names = ["article", "author", "comment", "revision", "scoreset", "score_span", "decision", "decision_note"]
        names += ["lease", "outbox", "erasure", "export_file", "source_cursor"]
        return "\n".join(str(row) for name in names for row in conn.execute(text(f"SELECT * FROM {name}")))


def test_an_author_goes_and_the_log_stays_whole(database, clock, desk):
    ref = ref_of(database, desk[0])
    erasing = make_erasing(database, clock)
    plan = erasing.plan_author(ref, KEY)
    assert (plan.kind, plan.comment_ids, plan.texts, plan.notes) == (ErasureKind.AUTHOR, tuple(desk[:2]), 3, 1)
    before = take_checkpoint(database, "0.1.0")
    (proof,) = erasing.carry_out(plan, "data protection officer, request 7")
    erasing.sweep()
    left = everything(database)
    assert not [word for word in (WORD, NAME, NOTE, "Kunigunde", "Schwanenhals") if word in left]
    assert "A fine day." in left
    report = verify(database, against=before)
    assert report.intact, report.problem
    assert (report.checked, report.erasures) == (2, 1)
    assert (proof.subject, proof.ordered_by, proof.done_by) == (ref, "data protection officer, request 7", "otto")
    assert (proof.erased_at_ms, proof.comments, proof.texts, proof.notes) == (clock.now_ms, 2, 3, 1)
    with pytest.raises(NotFoundError):
        erasing.plan_author(ref, KEY)


def test_what_was_erased_is_out_of_every_queue(database, clock, desk):
    erasing, review = make_erasing(database, clock), make_review(database, clock)
    for number in desk[:2]:
        erasing.carry_out(erasing.plan_comment(number), "the author")
    with database.read() as conn:
        assert waiting_count(conn) == 1
    counts = review.status_counts()
    assert (counts[Status.PENDING], counts[Status.REJECTED], counts[Status.APPROVED]) == (0, 0, 1)
    assert review.count(QueueQuery(statuses=frozenset(Status))) == 1
    assert [row.id for row in review.first_rows(QueueQuery(statuses=frozenset(Status)), 9)] == [desk[2]]
    assert review.revisions(desk[0]) == ()
    with pytest.raises(NotFoundError):
        review.card(desk[0])
    with pytest.raises(DecisionConflictError, match="was erased"):
        review.decide(Intent(comment_id=desk[1], revision=1, action=Action.APPROVE))
    with pytest.raises(DecisionConflictError, match="was erased"):
        review.undo_decision(1)
    intents = [Intent(comment_id=number, revision=None, action=Action.ESCALATE) for number in (desk[1], desk[2])]
    assert [refusal.comment_id for refusal in review.decide_many(intents).refused] == [desk[1], desk[2]]
    with pytest.raises(NotFoundError, match="nothing is left"):
        erasing.plan_comment(desk[0])
    assert verify(database).erasures == 2


def test_an_author_with_other_comments_keeps_them(database, clock, desk):
    erasing = make_erasing(database, clock)
    erasing.carry_out(erasing.plan_comment(desk[0]), "the author")
    assert NAME in everything(database)
    erasing.carry_out(erasing.plan_comment(desk[1]), "the author")
    assert NAME not in everything(database)


def test_what_was_erased_does_not_come_back_with_the_next_pull(database, clock):
    comment = make_comment(body=WORD, author_name=NAME)
    log = DecisionWriter(policy=POLICY, app_version="1", author_key=KEY)
    with database.write() as conn:
        assert store_batch(conn, [comment, make_comment()], START_MS, log).added == 2
        number = conn.execute(text("SELECT comment_id FROM revision WHERE body = :body"), {"body": WORD}).scalar()
    erasing = make_erasing(database, clock)
    erasing.carry_out(erasing.plan_comment(number), "the author")
    edited = make_comment(remote_id=comment.remote_id, body=f"{WORD}, edited", author_name=NAME, likes=9)
    for _ in range(2):
        with database.write() as conn:
            outcome = store_batch(conn, [comment, edited], START_MS, log)
        assert (outcome.added, outcome.unchanged, outcome.revised) == (0, 2, 0)
    left = everything(database)
    assert WORD not in left
    assert NAME not in left
    assert verify(database).intact


@pytest.mark.parametrize(
    ("statement", "record"),
    [
        ("UPDATE erasure SET ordered_by = 'nobody' WHERE seq = 1", "erasure"),
        ("UPDATE erasure SET erased_at_ms = erased_at_ms + 1 WHERE seq = 1", "erasure"),
        ("DELETE FROM erasure WHERE seq = 2", "erasure"),
        ("UPDATE comment SET erased_in = 1 WHERE erased_in IS NULL", "erasure"),
        ("UPDATE comment SET erased_in = NULL WHERE erased_in = 1", "decision"),
    ],
)
def test_a_proof_cannot_be_bent_unseen(database, clock, desk, statement, record):
    erasing = make_erasing(database, clock)
    for number in desk[:2]:
        erasing.carry_out(erasing.plan_comment(number), "the author")
    before = take_checkpoint(database, "0.1.0")
    if "erasure SET" in statement or "DELETE" in statement:
        with pytest.raises(StorageError, match="append-only"), database.write() as conn:
            conn.execute(text(statement))
    with database.write() as conn:
        if database.dialect == "sqlite":
            for name in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER erasure_refuses_{name}"))
        else:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text(statement))
    report = verify(database, against=before)
    assert (report.intact, report.record) == (False, record)


def test_retention_takes_what_stood_long_enough(database, clock, desk):
    rule = RetentionRule(Status.REJECTED, 30)
    erasing = make_erasing(database, clock)
    clock.advance(30 * 86_400)
    assert erasing.plan_rule(rule).comment_ids == ()
    clock.advance(1)
    plan = erasing.plan_rule(rule)
    assert (plan.comment_ids, plan.subject) == ((desk[0],), "rejected 30 days")
    assert erasing.plan_rule(RetentionRule(Status.PENDING, 30)).comment_ids == (desk[1],)
    (proof,) = erasing.carry_out(plan, "[retention]")
    assert proof.kind is ErasureKind.RETENTION
    assert erasing.plan_rule(rule).comment_ids == ()
    assert [each.seq for each in proofs(database)] == [1]


def test_an_order_has_words(database, clock, desk):
    erasing = make_erasing(database, clock)
    plan = erasing.plan_comment(desk[0])
    for words in ("", "  ", "a\x1b[2Jb", "x" * 501):
        with pytest.raises(ConfigError):
            erasing.carry_out(plan, words)
    with pytest.raises(ConfigError, match="32 hexadecimal"):
        erasing.plan_author(NAME, KEY)


def test_exported_files_are_named_and_forgotten_once_gone(database, clock, desk, tmp_path):
    kept, gone, older = (str(tmp_path / name) for name in ("kept.csv", "gone.csv", "older.csv"))
    for path in (kept, older):
        Path(path).write_text(WORD, encoding="utf-8")
    with database.write() as conn:
        for path, at_ms in ((kept, START_MS), (gone, START_MS), (older, START_MS - 1)):
            export_index.remember(conn, ExportedFile(path, "comments", at_ms, "00"))
    erasing = make_erasing(database, clock)
    plan = erasing.plan_comment(desk[0])
    assert [file.path for file in plan.exports] == [kept]
    erasing.sweep()
    with database.read() as conn:
        assert [file.path for file in export_index.written_since(conn, 0)] == [older, kept]


def test_a_person_gets_their_data_and_nobody_elses(database, clock, desk):
    data = subject_data(database, ref_of(database, desk[0]), author_key=KEY)
    said = json.dumps(data)
    assert data["author"]["name"] == NAME
    assert [comment["comment_id"] for comment in data["comments"]] == desk[:2]
    assert [each["text"] for each in data["comments"][0]["texts"]][1].endswith("edited.")
    (decision,) = data["comments"][0]["decisions"]
    assert (decision["action"], decision["reason_code"]) == ("reject", "insult")
    assert decision["reason_title"] == "insult or harassment"
    for private in ("anna", "somebody else", "fine day", NOTE):
        assert private not in said
    full = subject_data(database, ref_of(database, desk[0]), author_key=KEY, with_notes=True)
    assert full["comments"][0]["decisions"][0]["note"] == NOTE


def fill_with_secrets(url, clock):
    """A file in which the words lie in many places: pages that were split, edits, old parts of the index."""
    with Database.open(url) as database:
        with database.write() as conn:
            numbers = [
                put_comment(conn, make_comment(body=f"{WORD}{at} " * (3 + at % 60), author_name=f"{NAME} {at % 5}"))
                for at in range(60)
            ]
            index_texts(conn, numbers)
        review = make_review(database, clock)
        for number in numbers[::7]:
            review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE, note=NOTE))
        log = DecisionWriter(policy=POLICY, app_version="1", author_key=KEY)
        with database.write() as conn:
            names = conn.execute(text("SELECT remote_id FROM comment ORDER BY id LIMIT 20")).scalars().all()
            edits = [make_comment(remote_id=name, body=f"{WORD} edit", author_name=f"{NAME} 1") for name in names]
            store_batch(conn, edits, START_MS, log)
            index_texts(conn, numbers[:20])
    return numbers


def raw_bytes(path):
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def test_no_raw_byte_of_what_was_erased_is_left_in_the_files(sqlite_url, clock):
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    numbers = fill_with_secrets(sqlite_url, clock)
    words = [WORD.encode(), WORD.lower().encode(), NAME.encode(), b"Kunigunde", b"kunigunde", NOTE.encode()]
    # The file and its write-ahead log lie open as another program would leave them.
    with Database.open(sqlite_url) as other, Database.open(sqlite_url) as database:
        other.data_version()
        before = raw_bytes(path)
        assert [word for word in words if word in before] == [words[0], words[1], words[2], words[3], words[5]]
        with database.read() as conn:
            salts = conn.execute(text("SELECT salt FROM revision")).scalars().all()
        assert all(bytes(salt) in before for salt in salts)
        erasing = make_erasing(database, clock)
        for number in numbers:
            erasing.carry_out(erasing.plan_comment(number), "the author")
        erasing.sweep()
        after = raw_bytes(path)
        assert [word for word in words if word in after] == []
        assert not any(bytes(salt) in after for salt in salts)
        assert verify(database).intact
        with database.read() as conn:
            found = conn.execute(text("SELECT rowid FROM comment_text WHERE comment_text MATCH 'zwiebelturm*'"))
            assert found.all() == []


def test_a_reader_in_the_middle_keeps_the_file_from_being_swept(sqlite_url, clock, monkeypatch):
    monkeypatch.setattr("moderator.storage.sweeping._WAIT_S", 0.05)
    with Database.open(sqlite_url) as other, Database.open(sqlite_url) as database:
        with database.write() as conn:
            number = put_comment(conn, make_comment(body=WORD))
        with other.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM revision")).scalar() == 1
            erasing = make_erasing(database, clock)
            erasing.carry_out(erasing.plan_comment(number), "the author")
            with pytest.raises(StorageError) as caught:
                erasing.sweep()
            assert caught.value.code == "storage.locked"
        erasing.sweep()
        assert WORD.encode() not in raw_bytes(database.path)
