"""`moderator eval` and `moderator train blame`, as they are typed."""

import json
import re
from pathlib import Path

import pytest
from cli_runs import BLAME_SETTING, InProcess
from inertness import harmful

HOSTILE = "\x1b[2J\u202eclass"
TEXTS = [
    {"text": "You stupid disgusting idiot, I hate you", "toxicity": 1, "functionality": "rude", "threat": 0},
    {"text": "Shut up, you moron", "toxicity": 1, "functionality": "rude"},
    {"text": "What a lovely garden, thank you", "toxicity": 0, "functionality": HOSTILE, "difficulty": "easy"},
    {"text": "The bridge is closed until Monday", "toxicity": 0, "functionality": HOSTILE},
]
BLAME = [
    ("All bakers are guilty of this war", 1, "F01", "profession", "p1"),
    ("The bakers who burned the mill are guilty of this war", 0, "F21", "profession", "p1"),
    ("Every Norwegian is complicit, there are no innocent ones", 1, "F05", "nation", "p2"),
    ("Not every Norwegian is complicit", 0, "F25", "nation", "p2"),
]


@pytest.fixture
def cli(tmp_path, monkeypatch):
    runs = InProcess(tmp_path, monkeypatch)
    yield runs
    runs.close()


def write(folder, rows, *more):
    path = folder / "gold.jsonl"
    path.write_text("\n".join([*(json.dumps(row) for row in rows), *more]), encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path):
    return write(tmp_path, TEXTS, "no json")


@pytest.fixture
def blame(tmp_path):
    names = ("text", "label", "functionality", "group_type", "pair_id")
    return write(tmp_path, [dict(zip(names, row, strict=True)) for row in BLAME], '{"text": "a", "label": 2}')


def test_labels_are_measured_and_a_bad_line_is_told(cli, gold):
    run = cli("eval", gold, "--scorer", "embedded", "--json", "--min", "toxicity.auc=0.9", "--min", "f1=0.9")
    assert run.status == 0
    assert "line 5: broken JSON at character 1; skipped" in run.err
    (found,) = run.json
    assert (found["texts"], found["skipped"], found["unmet"]) == (4, 1, [])
    toxicity = found["labels"]["toxicity"]
    assert (toxicity["known"], toxicity["positives"], toxicity["auc"], toxicity["f1"]) == (4, 2, 1.0, 1.0)
    assert found["labels"]["threat"]["auc"] is found["labels"]["threat"]["f1"] is None
    assert found["functionality"]["toxicity"]["rude"] == {"texts": 2, "accuracy": 1.0}
    assert found["difficulty"]["toxicity"] == {"easy": {"texts": 1, "accuracy": 1.0}}
    assert found["texts_per_s"] > 0


def test_people_read_tables_in_which_nothing_acts_on_the_terminal(cli, gold):
    run = cli("eval", gold, "--scorer", "embedded", "--min", "threat.auc=0.5", "--min", "functionality=0.5")
    assert run.status == 1
    assert "4 texts, 1 lines skipped" in run.out
    assert "Not reached: threat.auc can't be measured on this set" in run.out
    assert "functionality is" not in run.out
    assert "toxicity, by functionality" in run.out
    assert "threat, by difficulty" not in run.out
    assert not harmful(run.out + run.err)


def test_labels_that_the_scorer_does_not_give_are_shown_as_unscored(cli, tmp_path):
    path = write(tmp_path, [{"text": "thank you", "sexual_explicit": 0}])
    (found,) = cli("eval", path, "--scorer", "embedded", "--json").json
    assert found["unscored"] == {"sexual_explicit": 1}
    assert found["labels"] == {}
    assert "sexual explicit" in cli("eval", path, "--scorer", "embedded").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--min", "nope=1"], "no measure called 'nope'"),
        (["--min", "auc"], "not a number"),
        (["--min", "auc=nan"], "not a number"),
        (["--blame", "--min", "toxicity.auc=1"], "no measure called"),
        (["--blame", "--scorer", "embedded"], "--scorer names another one"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_read(cli, tmp_path, arguments, words):
    run = cli("eval", tmp_path / "none.jsonl", *arguments)
    assert run.status == 2
    assert words in run.err


def test_a_missing_file_has_its_own_status(cli, tmp_path):
    assert cli("eval", tmp_path / "none.jsonl").status == 5


def test_blame_is_measured_in_depth(cli, blame):
    run = cli("eval", "--blame", blame, "--json", "--min", "f1=0.9", "--min", "pair_accuracy=1")
    assert run.status == 0
    assert "line 5: label is outside 0..1; skipped" in run.err
    (found,) = run.json
    assert (found["texts"], found["skipped"], found["pairs"], found["pair_accuracy"]) == (4, 1, 2, 1.0)
    assert (found["overall"]["f1"], found["auc"]) == (1.0, 1.0)
    assert set(found["functionality"]) == {"F01", "F05", "F21", "F25"}
    assert set(found["group_types"]) == {"nation", "profession"}
    assert found["languages"]["en"]["texts"] == 4


def test_blame_for_people_and_a_minimum_that_is_not_reached(cli, blame):
    run = cli("eval", "--blame", blame, "--min", "span_f1=0.9")
    assert run.status == 1
    assert "both sides of a pair right (2 pairs)" in run.out
    assert "Not reached: span_f1 is 0.0000, wanted at least 0.9." in run.out


def test_check_says_what_unmasking_added(cli):
    table = cli("check", "--scorer", "embedded", "you are such an 1d10t").out
    assert "unmasked" in table
    assert re.search(r"insult .* \+0\.\d\d", table)
    assert "unmasked" not in cli("check", "--scorer", "embedded", "you are such an idiot").out


def test_check_shows_what_was_considered(cli, monkeypatch):
    monkeypatch.setenv(BLAME_SETTING, "true")
    text = "Not every Norwegian is complicit"
    (found,) = cli("check", "--jsonl", "--scorer", "embedded", stdin=json.dumps({"id": 1, "text": text})).json
    assert "speaks against blame: found" in found["collective_blame"]["exclusions"]
    assert "considered: speaks against blame: found; " in cli("check", "--scorer", "embedded", text).out


def test_blame_is_trained_into_a_folder(cli, tmp_path, monkeypatch):
    from moderator.scoring.blame.training import hunch, phrasebook, trainer

    monkeypatch.setattr(hunch, "read_phrasebook", lambda language: list(phrasebook.read_phrasebook(language))[::10])

    few = trainer.train_blame
    monkeypatch.setattr("moderator.scoring.blame.training.train_blame", lambda *given: few(*given, count=300))
    runs = [cli("train", "blame", "--out", tmp_path / name, "--json") for name in ("one", "two")]
    assert [run.status for run in runs] == [0, 0]
    assert 0 < runs[0].json[0]["examples"] <= 300
    written = [Path(run.json[0]["weights"]).read_bytes() for run in runs]
    assert written[0] == written[1] != b""
    (tmp_path / "file").write_text("")
    refused = cli("train", "blame", "--out", tmp_path / "file")
    assert (refused.status, "File exists" in refused.err) == (4, True)


def test_groups_mistakes_and_upper_bounds(cli, tmp_path):
    rows = [{"body": one["text"], "tox": one["toxicity"], "who": "ab"[at % 2]} for at, one in enumerate(TEXTS)]
    rows.append({"body": "What a lovely idiotic garden", "tox": 0, "who": "a"})
    path = write(tmp_path, rows)
    named = (
        "--field",
        "text=body",
        "--field",
        "toxicity=tox",
        "--by",
        "who",
        "--scorer",
        "embedded",
        "--mistakes",
        "2",
    )
    (found,) = cli("eval", path, *named, "--json").json
    groups = found["groups"]["toxicity"]["who"]["groups"]
    assert {name: one["texts"] for name, one in groups.items()} == {"a": 3, "b": 2}
    assert all(mistake["line"] == 5 for mistake in found["mistakes"]["toxicity"])
    assert sum(one["texts"] for one in found["reliability"]["toxicity"]) == 5
    run = cli("eval", path, *named, "--max", "calibration_error=0.0001")
    assert run.status == 1
    assert "Exceeded: calibration_error is" in run.out
    assert "toxicity, by who" in run.out
    assert "lovely" not in run.out
    assert cli("eval", path, "--field", "nope=body").status == 2
    assert cli("eval", path, "--max", "auc=1").status == 2
