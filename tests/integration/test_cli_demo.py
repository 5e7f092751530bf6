"""The demo's data: found by a newcomer, reset by the next demo, and never mixed with anybody's own."""

import fcntl
import json
import shutil
import stat
from pathlib import Path

import pytest
from cli_runs import InProcess

pytestmark = pytest.mark.xdist_group("cli_demo")  # one demo for the file
COMMENTS = (Path(__file__).parent.parent.parent / "fixtures/demo.jsonl").read_text(encoding="utf-8").splitlines()
MINE = json.dumps({"id": 1, "text": "Mine", "article": {"url": "https://news.example/a"}})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home in which a demo ran, made once."""
    place = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        runs = InProcess(place, patch)
        assert len(runs("demo", "--json").json) == len(COMMENTS)
        runs.close()
    return place / "home"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    runs = InProcess(tmp_path, monkeypatch)
    yield runs
    runs.close()


@pytest.fixture
def newcomer(cli, home, tmp_path):
    shutil.copytree(home, tmp_path / "home", dirs_exist_ok=True)
    return cli


def test_a_newcomer_undoes_and_exports_what_was_decided_and_the_next_demo_starts_anew(newcomer):
    decided = newcomer("decide", 3, "approve")
    assert "this is the demo's" in decided.err
    assert [row["seq"] for row in newcomer("history", "--json").json] == [1]
    assert "decision 1 undone" in newcomer("undo").out
    assert len(newcomer("export", "decisions", "--json").json) == 2
    assert len(newcomer("demo", "--json").json) == len(COMMENTS)
    assert newcomer("history", "--json").json == []


def test_a_database_of_ones_own_is_never_mixed_with_the_demos(newcomer, tmp_path):
    assert newcomer("intake", "-", "-f", "jsonl", stdin=MINE).status == 0
    own = newcomer("queue", "--json", "-q")
    assert ([row["excerpt"] for row in own.json], own.err) == (["Mine"], "")
    place = tmp_path / "home/share/moderator"
    assert f"--data-dir {place / 'demo'} history" in newcomer("demo").err
    assert [row["excerpt"] for row in newcomer("queue", "--json").json] == ["Mine"]
    assert len(newcomer("queue", "--data-dir", place / "demo", "-n", 500, "--json").json) == len(COMMENTS)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_a_demo_touches_no_database_that_is_configured(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("MODERATOR_DATABASE", str(tmp_path / "precious.sqlite3"))
    assert cli("demo", "--json").status == 0
    assert not (tmp_path / "precious.sqlite3").exists()
    named = cli("queue")
    assert "Nothing in this queue" in named.out
    assert "demo" not in named.err


def test_a_demo_beside_a_running_one_takes_a_place_of_its_own(newcomer, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    newcomer("decide", 3, "approve")
    with (tmp_path / "home/share/moderator/demo.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        beside = newcomer("demo", "--json")
    assert beside.status == 0
    assert "gone" in beside.err
    assert list(tmp_path.glob("moderator-demo-*")) == []
    assert [row["seq"] for row in newcomer("history", "--json").json] == [1]


def test_a_directory_that_no_demo_made_is_left_alone(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    precious = tmp_path / "home/share/moderator/demo"
    precious.mkdir(parents=True)
    (precious / "thesis.txt").write_text("ten years")
    assert cli("demo", "--json").status == 0
    assert [entry.name for entry in precious.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_demo_leaves_nothing_behind_where_it_may_not_keep_anything(cli, tmp_path, monkeypatch, ended_by):
    from moderator.services.scoring import ScoringService

    def interrupt(*_args, **_options):
        assert len(list(tmp_path.glob("moderator-demo-*"))) == 1
        raise ended_by(143)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(ScoringService, "run", interrupt)
    (tmp_path / "home/share").write_text("a file where the data directory would be")
    assert cli("demo", "--json").status == (130 if ended_by is KeyboardInterrupt else 143)
    assert list(tmp_path.glob("moderator-demo-*")) == []
