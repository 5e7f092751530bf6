import csv
import hashlib
import io
import json
import stat

import pytest
import rfc8785
from builders import POLICY, START_MS, put_comment, put_scores
from sqlalchemy import text

from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action, Intent
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.errors import ConnectorError
from moderator.services.export import replacing, text_writer, write_comments, write_decisions
from moderator.services.export_columns import (
    COMMENT_COLUMNS,
    COMMENT_TEXT_COLUMNS,
    DECISION_COLUMNS,
    DECISION_TEXT_COLUMNS,
)
from moderator.services.review import Review
from moderator.services.tabular import ExportFormat, read_rows, to_iso
from moderator.storage import export_rows
from moderator.storage.chain import HASHED, LATER

HOSTILE = '=HYPERLINK("http://evil.example";"click")'
KEY = b"operator's key"
ALL_DECISIONS = DECISION_COLUMNS + DECISION_TEXT_COLUMNS
ALL_COMMENTS = COMMENT_COLUMNS + COMMENT_TEXT_COLUMNS


@pytest.fixture
def review(database, clock):
    return Review(
        database,
        POLICY,
        moderator="@anna",
        app_version="0.1.0",
        author_key=KEY,
        clock=clock,
        sinks=frozenset({"site"}),
    )


@pytest.fixture
def decided(database, review, clock, make_comment):
    """Four decisions on three comments: a hostile one, one under another article, one undone."""
    with database.write() as conn:
        hostile = put_comment(
            conn,
            make_comment(body=HOSTILE, section="=cmd", language="en", author_name="+Ann", article_title="@title"),
            status="escalated",
        )
        put_scores(conn, hostile, {"toxicity": 0.75, "insult": None})
        put_scores(conn, hostile, {"toxicity": None, "insult": 0.5}, scorer="detoxify", scored_at_ms=START_MS + 1)
        other = put_comment(conn, make_comment(source="demo", article_url="https://news.example/Мост", body="'quoted'"))
        undone = put_comment(conn, make_comment())
    note = "-note\r\nof two lines"
    review.decide(
        Intent(comment_id=hostile, revision=1, action=Action.REJECT, reason_code="hate", note=note, seconds_open=1.5)
    )
    clock.advance(60)
    review.decide(Intent(comment_id=other, revision=1, action=Action.APPROVE))
    clock.advance(60)
    review.decide(Intent(comment_id=undone, revision=1, action=Action.DEFER))
    review.undo()
    return hostile, other, undone


def exported(database, wanted, form, *, with_text=True):
    out = io.StringIO(newline="")
    count = write_decisions(database, wanted, text_writer(out, form), with_text=with_text)
    out.seek(0)
    rows = list(read_rows(out, ALL_DECISIONS, form))
    assert len(rows) == count
    return rows


@pytest.mark.parametrize("form", ExportFormat)
def test_decisions_read_back_as_they_are_in_the_log(database, review, decided, form):
    rows = exported(database, DecisionFilter(), form)
    history = review.history(10)[::-1]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    for row, decision in zip(rows, history, strict=True):
        assert row["decided_at"] == decision.decided_at_ms
        assert row["moderator_alias"] == "@anna"
        assert row["row_hash"] == decision.row_hash
        assert row["thresholds"] == decision.thresholds
        assert row["scorers"] == list(decision.scorers)
        assert row["note"] == decision.note
        assert row["undo_of"] == decision.undo_of
    first, second = rows[:2]
    assert (first["comment_text"], first["section"], first["note_present"]) == (HOSTILE, "=cmd", True)
    assert (first["toxicity_score"], first["insult_score"], first["threat_score"]) == (0.75, 0.5, None)
    assert (first["model_name"], first["push_state"], first["site"]) == ("embedded-1 detoxify-1", "held", None)
    assert (second["comment_text"], second["push_state"], second["note"]) == ("'quoted'", None, None)


def test_csv_and_jsonl_say_the_same(database, decided):
    everything = DecisionFilter()
    assert exported(database, everything, ExportFormat.CSV) == exported(database, everything, ExportFormat.JSONL)


def test_the_columns_are_stable(database, decided):
    out = io.StringIO(newline="")
    write_decisions(database, DecisionFilter(), text_writer(out, ExportFormat.CSV))
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0][:12] == [
        "decision_id",
        "seq",
        "prev_hash",
        "row_hash",
        "decided_at",
        "actor_kind",
        "moderator_alias",
        "source",
        "site",
        "section",
        "remote_id",
        "remote_revision",
    ]
    assert rows[0] == [column.name for column in DECISION_COLUMNS]
    assert {"collective_blame_score", "thresholds", "config_hash", "undo_of", "appeal_id"} < set(rows[0])
    assert all(len(row) == len(rows[0]) for row in rows)
    assert rows[1][4] == to_iso(START_MS)
    assert rows[1][6] == "'@anna"


def test_texts_and_notes_only_when_asked(database, decided):
    for form in ExportFormat:
        out = io.StringIO(newline="")
        write_decisions(database, DecisionFilter(), text_writer(out, form))
        assert "HYPERLINK" not in out.getvalue()
        assert "two lines" not in out.getvalue()
        assert "Ann" not in out.getvalue()


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        ({"since_ms": START_MS + 60_000}, [2, 3, 4]),
        ({"until_ms": START_MS + 60_000}, [1]),
        ({"since_ms": START_MS + 60_000, "until_ms": START_MS + 60_001}, [2]),
        ({"moderator": "@anna"}, [1, 2, 3, 4]),
        ({"moderator": "anna"}, []),
        ({"action": Action.UNDO}, [4]),
        ({"source": "demo"}, [2]),
        ({"article": "мост"}, [2]),
        ({"article": "%"}, []),
        ({"article": "BRIDGE"}, [1, 3, 4]),
        ({"reason": "hate"}, [1]),
        ({"section": "=cmd"}, [1, 3, 4]),
        ({"section": "local"}, [2]),
        ({"batch": "none"}, []),
        ({"label": Label.TOXICITY, "at_least": 0.75}, [1]),
        ({"label": Label.TOXICITY, "below": 0.75}, []),
        ({"label": Label.INSULT, "at_least": 0.4, "below": 0.6}, [1]),
        ({"label": Label.THREAT, "at_least": 0.0}, []),
    ],
)
def test_filters(database, decided, wanted, seqs):
    rows = exported(database, DecisionFilter(**wanted), ExportFormat.JSONL)
    assert [row["seq"] for row in rows] == seqs


def test_of_several_scorers_the_last_that_judged_counts(database, review, make_comment):
    with database.write() as conn:
        twice = put_comment(conn, make_comment())
        put_scores(conn, twice, {"insult": 0.9})
        put_scores(conn, twice, {"insult": 0.2, "threat": None}, scorer="detoxify", scored_at_ms=START_MS + 1)
    review.decide(Intent(comment_id=twice, revision=1, action=Action.APPROVE))
    found = {
        bound: len(exported(database, DecisionFilter(label=Label.INSULT, at_least=bound), ExportFormat.JSONL))
        for bound in (0.2, 0.3)
    }
    assert found == {0.2: 1, 0.3: 0}
    with pytest.raises(ValueError, match="belong together"):
        DecisionFilter(label=Label.INSULT)


def test_a_batch_is_exported_by_its_name(database, review, make_comment):
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(3)]
    for number, batch in zip(numbers, ("act", None, "act"), strict=True):
        review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE, batch_id=batch))
    assert [row["seq"] for row in exported(database, DecisionFilter(batch="act"), ExportFormat.CSV)] == [1, 3]


def test_a_comment_s_decisions(database, decided):
    rows = exported(database, DecisionFilter(comment_id=decided[2]), ExportFormat.JSONL)
    assert [row["action"] for row in rows] == ["defer", "undo"]


def test_an_outsider_can_recompute_the_hashes_from_the_export(database, decided):
    renamed = {
        "decided_at_ms": "decided_at",
        "moderator": "moderator_alias",
        "article_url": "thread_url",
        "revision": "remote_revision",
        "language": "content_language",
        "posted_at_ms": "content_posted_at",
        "previous_status": "previous_state",
        "new_status": "new_state",
        "reason_title": "reason_text_public",
    }
    for row in exported(database, DecisionFilter(), ExportFormat.CSV, with_text=False):
        values = {name: row[renamed.get(name, name)] for name in HASHED}
        hashed = {name: value for name, value in values.items() if value is not None or name not in LATER}
        assert hashlib.sha256(rfc8785.dumps(hashed)).hexdigest() == row["row_hash"]


@pytest.mark.parametrize("form", ExportFormat)
def test_comments_read_back(database, decided, form):
    hostile, other, undone = decided
    query = QueueQuery(order=Order.OLDEST, statuses=frozenset(Status))
    out = io.StringIO(newline="")
    assert write_comments(database, query, text_writer(out, form), author_key=KEY, with_text=True, now_ms=START_MS) == 3
    out.seek(0)
    rows = list(read_rows(out, ALL_COMMENTS, form))
    assert [row["comment_id"] for row in rows] == [hostile, other, undone]
    first = rows[0]
    assert (first["comment_text"], first["author_name"], first["article_title"]) == (HOSTILE, "+Ann", "@title")
    assert (first["status"], first["toxicity_score"], first["insult_score"]) == ("rejected", 0.75, 0.5)
    assert [row["status"] for row in rows] == ["rejected", "approved", "pending"]
    decisions = exported(database, DecisionFilter(), ExportFormat.JSONL)
    assert [row["author_ref"] for row in rows] == [row["author_ref"] for row in decisions[:3]]


def test_comments_without_texts(database, decided):
    out = io.StringIO(newline="")
    query = QueueQuery(statuses=frozenset(Status))
    write_comments(database, query, text_writer(out, ExportFormat.CSV), author_key=KEY)
    assert "HYPERLINK" not in out.getvalue()
    assert "Ann" not in out.getvalue()


def test_progress_ends_with_the_count(database, decided):
    seen = []
    write_decisions(database, DecisionFilter(), text_writer(io.StringIO(), ExportFormat.JSONL), progress=seen.append)
    assert seen == [4]


def test_more_than_a_page(monkeypatch, database, review, clock, make_comment):
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(5)]
    monkeypatch.setattr(export_rows, "_PAGE", 4)
    for _ in range(2):
        for number in numbers:
            review.decide(Intent(comment_id=number, revision=1, action=Action.DEFER))
    rows = exported(database, DecisionFilter(), ExportFormat.JSONL)
    assert [row["seq"] for row in rows] == list(range(1, 11))


def test_an_erased_text_leaves_an_empty_cell(database, decided):
    with database.write() as conn:
        conn.execute(text("DELETE FROM revision WHERE comment_id = :id"), {"id": decided[0]})
        conn.execute(text("DELETE FROM decision_note"))
    first = exported(database, DecisionFilter(), ExportFormat.CSV)[0]
    assert (first["comment_text"], first["note"], first["note_present"]) == (None, None, True)


def fail_after(out):
    out.write("second")
    raise RuntimeError


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.csv"
    with replacing(path) as out:
        out.write("first\r\n")
    assert path.read_bytes() == b"first\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(RuntimeError), replacing(path) as out:
        fail_after(out)
    assert path.read_bytes() == b"first\r\n"
    with replacing(path) as out:
        out.write("third")
    assert path.read_text() == "third"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(ConnectorError, match="nowhere"), replacing(tmp_path / "nowhere" / "out.csv"):
        pytest.fail("there is nothing to write to")


def test_jsonl_keeps_letters_as_they_are(database, decided):
    out = io.StringIO()
    write_decisions(database, DecisionFilter(), text_writer(out, ExportFormat.JSONL))
    assert "Мост" in out.getvalue()
    assert [json.loads(line)["seq"] for line in out.getvalue().splitlines()] == [1, 2, 3, 4]
