"""`audit`, `erase`, `retention`, `subject` and `db restore` from the command line."""

import json
import re
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_runs import InProcess

from moderator.cli import erasure
from moderator.domain.clock import system_clock
from moderator.services.erasure import Erasing

ORDER = ("--order", "request 2026-114")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A data directory with three comments, two of them decided, made once."""
    place = tmp_path_factory.mktemp("filled")
    lines = [
        {
            "id": str(at),
            "text": f"Zwiebelturm {at}",
            "author": {"name": "Kunigunde" if at < 3 else "Ann"},
            "article": "https://a.example/",
        }
        for at in (1, 2, 3)
    ]
    (place / "comments.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        runs = InProcess(place, patch)
        assert runs("intake", place / "comments.jsonl", "-q").status == 0
        assert runs("decide", 1, "reject", "--reason", "insult", "--note", "why").status == 0
        assert runs("decide", 3, "approve").status == 0
        runs.close()
    return place / "home/share"


@pytest.fixture
def desk(tmp_path, monkeypatch, filled):
    runs = InProcess(tmp_path, monkeypatch)
    shutil.copytree(filled, tmp_path / "home/share")
    yield runs
    runs.close()


def reference(desk, number):
    rows = desk("export", "comments", "status:all", "--json", "--columns", "comment_id,author_ref").json
    return {row["comment_id"]: row["author_ref"] for row in rows}[number]


def test_a_checkpoint_is_kept_and_held_against_the_log(desk, tmp_path):
    assert desk("audit", "head", "--out", "checkpoint.json").status == 0
    said = json.loads((tmp_path / "checkpoint.json").read_text())
    assert (said["checkpoint_version"], said["sequence"], said["count"]) == (1, 2, 2)
    assert desk("audit", "head").json[0]["hash"] == said["hash"]
    desk("decide", 2, "approve")
    good = desk("audit", "verify", "--against", "checkpoint.json")
    assert (good.status, "All 2 decisions of the checkpoint" in good.out) == (0, True)
    for change, status in (({"hash": "0" * 64}, 1), ({"sequence": 9}, 1), ({"sequence": -1}, 2), ({"hash": 5}, 2)):
        (tmp_path / "other.json").write_text(json.dumps(said | change))
        assert desk("audit", "verify", "--against", "other.json", "--json").status == status, change
    (tmp_path / "other.json").write_text("[]")
    assert desk("audit", "verify", "--against", "other.json").status == 2
    assert desk("audit", "verify", "--against", "nowhere.json").status == 2


def test_a_checkpoint_is_signed(desk, tmp_path):
    made = desk("audit", "key", "new", "desk.key")
    secret = (tmp_path / "desk.key").read_text()
    assert "PRIVATE" in secret
    assert not any(line in made.out + made.err for line in secret.splitlines())
    assert stat.S_IMODE((tmp_path / "desk.key").stat().st_mode) == 0o600
    assert desk("audit", "key", "new", "desk.key").status == 2
    desk("audit", "key", "new", "other.key")
    desk("audit", "head", "--sign", "desk.key", "--out", "signed.json")
    said = json.loads((tmp_path / "signed.json").read_text())
    assert re.fullmatch(r"[0-9a-f]{16}", said["signature"]["key"])
    (tmp_path / "bent.json").write_text(json.dumps(said | {"time": "2020-01-01T00:00:00.000Z"}))
    desk("audit", "head", "--out", "plain.json")
    verify = ("audit", "verify", "--json", "--public-key")
    assert desk(*verify, "desk.key.pub", "--against", "signed.json").json[0]["signed"] is True
    for key, checkpoint in (
        ("other.key.pub", "signed.json"),
        ("desk.key.pub", "bent.json"),
        ("desk.key.pub", "plain.json"),
    ):
        bad = desk(*verify, key, "--against", checkpoint)
        assert (bad.status, bad.json[0]["signed"], bad.json[0]["intact"]) == (1, False, True)
    assert desk(*verify, "desk.key.pub").status == 2
    assert desk(*verify, "desk.key", "--against", "signed.json").status == 2
    (tmp_path / "desk.key").chmod(0o644)
    refused = desk("audit", "head", "--sign", "desk.key")
    assert (refused.status, "others than its owner" in refused.err) == (2, True)


def test_signing_without_its_package_says_what_to_install(desk, monkeypatch):
    monkeypatch.setattr("moderator.services.signing.find_spec", lambda _name: None)
    done = desk("audit", "key", "new", "desk.key")
    assert (done.status, "moderator[signing]" in done.err) == (2, True)
    assert not Path("desk.key").exists()


def test_erasing_says_what_goes_asks_and_proves(desk, tmp_path):
    ref = reference(desk, 1)
    assert desk("export", "comments", "status:all", "--with-text", "--out", "texts.csv").status == 0
    assert desk("db", "backup").status == 0
    dry = desk("erase", "--author", ref, "--dry-run")
    assert "2 comments, 2 texts, 1 notes would go" in dry.out
    assert "texts.csv" in dry.out
    assert re.search(r"moderator-\d{8}-\d{6}\.sqlite3", dry.out)
    assert desk("erase", "--author", ref).status == 2
    unconfirmed = desk("erase", "--author", ref, *ORDER, stdin="2\n")
    assert (unconfirmed.status, "Add --yes" in unconfirmed.err) == (2, True)
    assert desk("erase", *ORDER, "--yes").status == 2
    assert desk("erase", "--author", "Kunigunde", *ORDER, "--yes").status == 2
    assert desk("erase", "--author", "0" * 32, *ORDER, "--yes").status == 1
    (proof,) = desk("erase", "--author", ref, *ORDER, "--yes", "--json").json
    assert (proof["erasure"], proof["comments"], proof["ordered_by"]) == (1, 2, "request 2026-114")
    folder = tmp_path / "home/share/moderator"
    assert b"Zwiebelturm 1" not in b"".join(path.read_bytes() for path in folder.glob("moderator.sqlite3*"))
    assert desk("audit", "verify", "--json").json[0]["erasures"] == 1
    assert [row["comment_id"] for row in desk("export", "comments", "status:all", "--json").json] == [3]
    assert [row["seq"] for row in desk("export", "decisions", "--json", "--with-text").json] == [1, 2]
    assert desk("undo", 1).status == 1


def test_proofs_of_erasure_are_listed(desk):
    assert desk("audit", "erasures").out == "Nothing was erased.\n"
    assert desk("audit", "erasures", "--json").json == []
    ref = reference(desk, 1)
    done = [desk("erase", *what, *ORDER, "--yes", "--json").json[0] for what in (("--comment", 3), ("--author", ref))]
    listed = desk("audit", "erasures", "--json")
    assert listed.json == done
    assert [(each["kind"], each["subject"], each["comments"]) for each in listed.json] == [
        ("comment", "3", 1),
        ("author", ref, 2),
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", listed.json[0]["erased_at"])
    table = desk("audit", "erasures", "--after", 1).out
    assert "request 2026-114" in table
    assert "comment" not in table.splitlines()[-1]
    assert not [word for word in ("Kunigunde", "Ann", "Zwiebelturm", "marta") if word in listed.out + table]
    assert desk("audit", "erasures", "--after", 2).out == "Nothing was erased after 2.\n"


@pytest.mark.parametrize(("typed", "status"), [("1", 0), ("2", 2), ("", 2)])
def test_erasing_is_confirmed_by_the_number_that_goes(desk, monkeypatch, typed, status):
    terminal = SimpleNamespace(
        isatty=lambda: True, readline=lambda: f"{typed}\n", write=lambda _text: 0, flush=lambda: None
    )
    monkeypatch.setattr(erasure, "sys", SimpleNamespace(stdin=terminal, stderr=terminal))
    assert desk("erase", "--comment", 2, *ORDER).status == status
    monkeypatch.undo()


def test_retention_does_nothing_until_it_is_told(desk, tmp_path, monkeypatch):
    assert "sets no days" in desk("retention", "run").err
    (tmp_path / "config.toml").write_text("[retention]\nrejected_days = 1\n")
    assert desk("retention", "run", "--dry-run", "--json").json[0]["comments"] == 0
    later = system_clock() + 2 * 86_400_000
    monkeypatch.setitem(Erasing.__init__.__kwdefaults__, "clock", lambda: later)
    dry = desk("retention", "run", "--dry-run", "--json").json[0]
    assert (dry["subject"], dry["comments"]) == ("rejected 1 days", 1)
    (proof,) = desk("retention", "run", "--json").json
    assert (proof["kind"], proof["comments"]) == ("retention", 1)
    assert desk("retention", "run", "--json").json == []


def test_before_the_first_comment_nothing_is_kept(tmp_path, monkeypatch):
    run = InProcess(tmp_path, monkeypatch)
    ref = "0f" * 16
    for command in (("retention", "run"), ("subject", "export", "--author", ref, "--out", "data.json")):
        done = run(*command)
        assert (done.status, done.out, "nothing is kept of anybody" in done.err) == (0, "", True), command
    assert not (tmp_path / "data.json").exists()
    refused = run("erase", "--author", ref, *ORDER, "--yes")
    assert (refused.status, "no author here has that reference" in refused.err) == (1, True)
    assert not list(tmp_path.rglob("author.key"))
    run.close()


def test_a_person_is_given_their_data(desk, tmp_path):
    ref = reference(desk, 1)
    (data,) = desk("subject", "export", "--author", ref).json
    assert [comment["texts"][0]["text"] for comment in data["comments"]] == ["Zwiebelturm 1", "Zwiebelturm 2"]
    assert "marta" not in json.dumps(data)
    assert desk("subject", "export", "--author", ref, "--out", "data.json", "--with-notes").status == 0
    assert json.loads((tmp_path / "data.json").read_text())["comments"][0]["decisions"][0]["note"] == "why"
    assert "data.json" in desk("erase", "--comment", 1, "--dry-run").out


@pytest.mark.parametrize("place", ["nowhere/x.csv", "a_file/x.csv", "a_folder"])
def test_a_place_that_cannot_be_written_is_named(desk, tmp_path, place):
    (tmp_path / "a_file").touch()
    (tmp_path / "a_folder").mkdir()
    commands = [
        ("export", "decisions", "--out"),
        ("export", "comments", "--format", "html", "--out"),
        ("subject", "export", "--author", reference(desk, 1), "--out"),
        ("stats", "--html"),
        ("audit", "head", "--out"),
        ("db", "backup"),
    ]
    if place == "a_file/x.csv":  # elsewhere the folder is there, or is made
        commands.append(("statements", "export", "--out"))
    for command in commands:
        done = desk(*command, place)
        sentence, hint = done.err.splitlines()
        assert (done.status in {3, 5}, done.out) == (True, ""), command
        assert sentence.startswith(f"moderator: {place}: "), command
        assert "--resume" not in hint, command
    left = {path.name for path in tmp_path.rglob("*") if "partial" in path.name}
    assert left == set()


def test_a_backup_is_proved_and_put_back(desk, tmp_path):
    desk("db", "backup", "copy.sqlite3")
    desk("audit", "head", "--out", "head.json")
    proved = desk("db", "restore", "copy.sqlite3", "--verify", "--against", "head.json")
    assert (proved.status, "3 comments, 2 decisions, every link holds" in proved.out) == (0, True)
    assert desk("db", "restore", "copy.sqlite3").status == 3
    desk("erase", "--comment", 1, *ORDER, "--yes")
    (done,) = desk("db", "restore", "copy.sqlite3", "--replace", "--json").json
    assert (done["restored"], done["erased_again"]) == (True, 1)
    assert Path(done["set_aside"]).exists()
    elsewhere = desk("--data-dir", tmp_path / "drill", "db", "restore", "copy.sqlite3", "--json")
    assert (elsewhere.status, elsewhere.json[0]["set_aside"]) == (0, None)
    assert desk("--data-dir", tmp_path / "drill", "audit", "verify", "--json").json[0]["checked"] == 2
    assert desk("db", "vacuum").status == 0
