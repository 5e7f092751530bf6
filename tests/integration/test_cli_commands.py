"""The commands over a real database: what they do, print and end with."""

import csv
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from cli_runs import BLAME_SETTING, InProcess
from inertness import harmful

from moderator.storage import text_index

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
COMMENTS = [
    {"id": "1", "text": "You are all idiots and should die", "author": {"name": "Bob"}, "likes": 1},
    {"id": "2", "text": "Lovely game, thank you", "author": {"name": "Ann", "id": "a1", "kind": "registered"}},
    {"id": "3", "text": "What a stupid, stupid man", "author": {"name": "Иван"}, "parent_id": "1"},
]
ARTICLE = {"url": "https://news.example/bridge", "title": "The bridge is closed", "section": "local"}


@pytest.fixture
def cli(tmp_path, monkeypatch):
    runs = InProcess(tmp_path, monkeypatch)
    yield runs
    runs.close()


def write_comments(folder):
    file = folder / "comments.jsonl"
    lines = [json.dumps(comment | {"article": ARTICLE, "posted_at": "2 hours ago"}) for comment in COMMENTS]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@pytest.fixture
def file(tmp_path):
    return write_comments(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A data directory with three comments that wait, made once."""
    place = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        runs = InProcess(place, patch)
        assert runs("intake", write_comments(place), "-q").status == 0
        runs.close()
    return place / "home/share"


@pytest.fixture
def desk(cli, filled, tmp_path):
    shutil.copytree(filled, tmp_path / "home/share")
    return cli


def test_intake_counts_and_a_second_run_adds_nothing(cli, file):
    first, second = cli("intake", file), cli("intake", file, "--json")
    assert "3 new, 0 known, 0 edited, 0 left out" in " ".join(first.out.split())
    assert "moderator" in first.err
    (summary,) = second.json
    assert (summary["added"], summary["unchanged"], summary["rejected"]) == (0, 3, 0)


def test_a_bad_line_costs_itself_alone_and_strict_says_so(cli, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"id": 1, "text": "fine"}\n{"id": 2}\nnot json\n')
    lax = cli("intake", "bad.jsonl", "--article", "https://news.example/a")
    assert lax.status == 0
    assert "2 left out" in lax.out
    rejects = [json.loads(line) for line in (tmp_path / "bad.jsonl.rejects.jsonl").read_text().splitlines()]
    assert [reject["line"] for reject in rejects] == [2, 3]
    strict = cli("intake", "bad.jsonl", "--article", "https://news.example/a", "--strict", "--rejects", "r.jsonl")
    assert strict.status == 1
    assert (tmp_path / "r.jsonl").exists()


def test_a_dry_run_stores_nothing(cli, file):
    assert "nothing was stored" in cli("intake", file, "--dry-run").out
    assert "Nothing in this queue" in cli("queue").out


def test_intake_reads_standard_input_with_columns_of_ones_own(cli, tmp_path):
    (tmp_path / "config.toml").write_text('[intake.columns]\ntext = "Comment"\nposted_at = "Date posted"\n')
    table = "Comment,Date posted,url\nHello there,01.10.2026 12:00,https://news.example/a\n"
    done = cli("intake", "-", "--format", "csv", "--source", "site", "--now", "2026-11-01", "--json", stdin=table)
    assert done.json[0]["added"] == 1
    (row,) = cli("queue", "source:site", "--json").json
    assert (row["excerpt"], row["posted_at"]) == ("Hello there", "2026-10-01T12:00:00.000Z")


def test_score_puts_the_worst_first_and_names_who_scored(desk):
    assert {row["scoring"] for row in desk("queue", "--json").json} == {"waiting"}
    (summary,) = desk("score", "--json").json
    assert (summary["scored"], summary["failed"]) == (3, 0)
    assert summary["scorer"] in {"embedded", "embedded-encoder"}
    rows = desk("queue", "--json").json
    assert [row["risk"] for row in rows] == sorted((row["risk"] for row in rows), reverse=True)
    assert rows[0]["lead_label"] is not None
    assert "0 scored" in desk("score").out
    table = desk("queue")
    assert table.out.splitlines()[2].split()[0] == str(rows[0]["id"])
    assert max(len(line) for line in table.out.splitlines()) <= 80
    assert desk("queue", "author:ann", "--json").json[0]["author"] == "Ann"
    assert desk("queue", "order:sideways").status == 2


def test_a_decision_is_made_seen_undone_and_exported(desk, tmp_path):
    assert "Comment 2: approved. Decision 1, signed marta." in desk("decide", 2, "approve").out
    rejected = desk("decide", 1, "reject", "--reason", "insult", "--note", "again", "--moderator", "Oleh", "--json")
    assert (rejected.json[0]["action"], rejected.json[0]["reason_code"]) == ("reject", "insult")
    assert [row["moderator"] for row in desk("history", "--json").json] == ["Oleh", "marta"]
    undone = desk("undo")
    assert "Comment 2: decision 1 undone; it is pending again" in undone.out
    assert desk("undo").status == 1
    assert "decision 2 undone" in desk("undo", 2).out
    table = desk("history").out
    assert [line.split()[0] for line in table.splitlines()[2:]] == ["4", "3", "2", "1"]
    out = tmp_path / "decisions.csv"
    assert "4 decisions written" in desk("export", "decisions", "--out", out).err
    with out.open(encoding="utf-8", newline="") as lines:
        assert [row["action"] for row in csv.DictReader(lines)] == ["approve", "reject", "undo", "undo"]
    lines = desk("export", "decisions", "--format", "jsonl", "--action", "reject", "--moderator", "Oleh").json
    assert [line["seq"] for line in lines] == [2]
    assert desk("audit", "verify", "--json").json[0]["checked"] == 4


def test_what_cannot_be_decided_says_why(desk):
    without = desk("decide", 1, "reject")
    assert (without.status, "a rejection needs a reason" in without.err) == (2, True)
    wrong = desk("decide", 1, "reject", "--reason", "insul")
    assert (wrong.status, "Did you mean insult?" in wrong.err) == (2, True)
    assert desk("decide", 1, "sideways").status == 2
    missing = desk("decide", 99, "approve")
    assert (missing.status, missing.out) == (1, "")
    desk("decide", 1, "approve", "--moderator", "Oleh")
    late = desk("decide", 1, "reject", "--reason", "insult")
    assert (late.status, "already approved by Oleh" in late.err) == (1, True)


def test_comments_are_exported_without_text_unless_asked_for(desk):
    plain, full = desk("export", "comments", "--json"), desk("export", "comments", "--json", "--with-text")
    assert "Lovely game" not in plain.out
    assert "Ann" not in plain.out
    assert "Lovely game" in full.out
    header = desk("export", "comments", "author:ann").out.splitlines()
    assert len(header) == 2


def test_hostile_comments_reach_no_terminal_raw(cli):
    cli("intake", FIXTURES / "hostile.jsonl", "--keep-lines", "--rejects", "r.jsonl")
    for arguments in (("queue", "-n", 500), ("queue", "-n", 500, "--json"), ("decide", 1, "approve"), ("history",)):
        done = cli(*arguments)
        assert done.status == 0
        assert harmful(done.out + done.err) == []
    broken = cli("queue", "\x1b[2J:x")
    assert harmful(broken.err) == []
    assert harmful(cli("decide", 1, "\x1b[2J").err) == []


def test_the_database_is_made_copied_and_checked(desk, tmp_path):
    assert "at this version's shape" in desk("db", "upgrade").out
    assert "is whole; 0 decisions" in desk("db", "check").out
    assert "Copied to" in desk("db", "backup", tmp_path / "copy.sqlite3").out
    assert desk("db", "backup", tmp_path / "copy.sqlite3").status == 3
    assert "3 of 3" in desk("queue", "--database", tmp_path / "copy.sqlite3").err


def test_a_damaged_log_is_a_finding(desk, tmp_path):
    import sqlite3

    desk("decide", 1, "approve")
    file = tmp_path / "home/share/moderator/moderator.sqlite3"
    with sqlite3.connect(file) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE decision SET moderator = 'somebody'")
    raw.close()
    broken = desk("audit", "verify", "--json")
    assert (broken.status, broken.json[0]["bad_seq"]) == (1, 1)
    assert desk("db", "check").status == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--config", "nowhere.toml", "queue"), 2, "nowhere.toml: No such file"),
        (("queue", "--database", "postgresql://u:secret@h/d"), 2, "holds a password"),
        (("queue", "--database", "."), 3, "is a folder, not a database"),
        (("check", "x", "--scorer", "detoxify"), 4, "detoxify"),
        (("check", "x", "--scorer", "embeded"), 2, "Did you mean 'embedded'?"),
        (("intake", "nowhere.jsonl"), 5, "nowhere.jsonl"),
        (("export", "decisions", "--out", "no/such/folder/x.csv"), 5, "x.csv"),
        (("export", "decisions", "--since", "someday"), 2, "--since 'someday'"),
        (("intake",), 2, "WHAT"),
        (("frobnicate",), 2, "frobnicate"),
        (("check", "--jsonl", "text"), 2, "--jsonl reads standard input"),
    ],
)
def test_each_failure_has_its_status_and_a_sentence(cli, arguments, status, said):
    done = cli(*arguments)
    assert (done.status, said in done.err) == (status, True), done.err
    assert "secret" not in done.err
    assert "Traceback" not in done.err


def test_a_defect_is_one_sentence_and_its_place_is_in_the_log(desk, monkeypatch, tmp_path):
    from moderator.services.review import Review

    def fail(*_args, **_options):
        body = "Nobody may read this comment"
        raise ValueError(f"cannot parse {body!r}")

    monkeypatch.setattr(Review, "first_rows", fail)
    done = desk("queue")
    log = tmp_path / "home/share/moderator/moderator.log"
    assert done.status == 70
    assert str(log) in done.err
    assert "ValueError" in done.err
    text = log.read_text(encoding="utf-8")
    assert "test_cli_commands.py" in text
    assert "Nobody" not in done.err + done.out + text


def test_the_configuration_is_shown_checked_and_found(cli, tmp_path):
    (tmp_path / "own.toml").write_text("[review]\nlease_s = 60\n")
    shown = cli("--config", "own.toml", "config", "show", "review", "--json").json
    lease = next(row for row in shown if row["key"] == "review.lease_s")
    assert (lease["value"], lease["origin"]) == (60, "own.toml, line 2")
    assert "review.lease_s" in cli("config", "show").out
    assert cli("config", "show", "revew").status == 2
    assert "can be used" in cli("config", "check", "own.toml").out
    (tmp_path / "bad.toml").write_text("[tui.keys]\napprov = 'x'\n")
    assert cli("config", "check", "bad.toml").status == 2
    (tmp_path / "bad.toml").write_text("[intake.columns]\nbody_text = 'x'\n")
    assert cli("config", "check", "bad.toml").status == 2
    assert "config.toml" in cli("config", "path").out
    assert cli("config", "path", "--json").json[0]["example"].endswith("config.toml")


def test_models_are_listed_with_what_is_missing(cli):
    rows = {row["scorer"]: row for row in cli("models", "list", "--json").json}
    assert rows["blame"]["hash"]
    assert rows["embedded"]["usable"]
    assert rows["detoxify-original"]["usable"] is False
    assert rows["detoxify-original"]["place"].endswith("models/detoxify/original")
    assert "Nothing is ever fetched" in cli("models", "list").err


def test_doctor_says_what_to_do_next(cli, tmp_path):
    well = cli("doctor", "--json")
    assert well.status == 0
    assert {row["name"] for row in well.json} >= {"python", "packages", "terminal", "data directory", "database"}
    (tmp_path / "broken").write_text("no database")
    ill = cli("doctor", "--database", "broken")
    assert ill.status == 1
    assert "✗ database" in ill.out
    bad = cli("--config", "nowhere.toml", "doctor")
    assert (bad.status, "✗ configuration" in bad.out) == (1, True)


def test_doctor_names_an_sqlite_that_cannot_index_words(cli, monkeypatch):
    monkeypatch.setattr(text_index, "SQLITE_TABLE", "CREATE VIRTUAL TABLE comment_text USING fts5_left_out(body)")
    ill = cli("doctor")
    assert ill.status == 1
    assert f"it can't index words: its SQLite {sqlite3.sqlite_version} was built without FTS5" in ill.out
    assert "✗ sqlite" in ill.out
    assert "a PostgreSQL server with --database" in ill.out


def test_check_scores_one_text_and_stores_nothing(cli, tmp_path, monkeypatch):
    monkeypatch.setenv(BLAME_SETTING, "true")
    (answer,) = cli("check", "You are a stupid idiot", "--json").json
    assert answer["route"] in {"review", "priority"}
    assert answer["scores"]["toxicity"] > 0.5
    assert answer["scores"]["collective_blame"] < 0.5
    assert answer["collective_blame"]["grade"] == 0
    assert all(set(span) == {"start", "end", "role", "label"} for span in answer["spans"])
    table = cli("check", "\x1b[2J You are a stupid idiot")
    assert "not scored" in table.out
    assert "Suggestion:" in table.out
    assert harmful(table.out) == []
    assert max(len(line) for line in table.out.splitlines() if "│" in line or "█" in line) <= 80
    piped = cli("check", "--json", stdin="You are a stupid idiot\n")
    assert piped.json == [answer]
    assert not (tmp_path / "home/share/moderator/moderator.sqlite3").exists()


def test_check_answers_each_line_in_order_and_bad_ones_by_number(cli):
    lines = [
        b'{"id": 1, "text": "You are a stupid idiot", "context": {"title": "T", "parent": "P"}}',
        b"not json",
        b'{"id": "b", "text": "Good morning to you all", "lang": "en"}',
        b'{"id": 3}',
        b'{"id": 4, "text": "\xff"}',
        b'{"id": 5, "text": 5}',
        b"[]",
        b'{"id": 6, "text": ""}',
    ]
    done = cli("check", "--jsonl", stdin=b"\n".join(lines))
    assert done.status == 1
    answers = done.json
    assert [answer["id"] for answer in answers] == [1, None, "b", 3, None, 5, None, 6]
    assert [answer.get("line") for answer in answers] == [None, 2, None, 4, 5, 6, 7, None]
    assert answers[4]["error"] == "invalid UTF-8 at byte 20"
    assert set(answers[0]) == {"id", "lang", "scorer", "version", "scores", "route", "spans", "collective_blame"}
    assert len(answers[0]["scores"]) == 8
    assert cli("check", "--jsonl", stdin=lines[0] + b"\n").status == 0


def test_the_version_is_the_packages(cli):
    import tomllib

    project = tomllib.loads((FIXTURES.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cli("--version").out == f"moderator {project['version']}\n"
