"""The tutorial in docs/tuning.md does what it says: every command of it, in order."""

import re
import shlex
from pathlib import Path

import pytest
from cli_runs import InProcess

PAGE = Path(__file__).parents[2] / "docs/tuning.md"
FENCE = re.compile(r"^```(console|toml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LOOP = re.compile(r"for id in (?P<ids>[\d ]+); do (?P<command>.+); done")


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = InProcess(tmp_path, monkeypatch)
    yield runs
    runs.close()


def tutorial():
    text = PAGE.read_text(encoding="utf-8").partition("## From the demo")[2].partition("\n## ")[0]
    return [(match[1], match[2]) for match in FENCE.finditer(text)]


def decide_all(ids, command):
    """Decides as the loop would, on the demo that the commands use: sixty starts of the program take too long here."""
    from moderator.bootstrap import open_services
    from moderator.cli.call import Call, Globals
    from moderator.domain.decision import Action, Intent

    words = shlex.split(command)
    assert words[:3] == ["moderator", "decide", "$id"]
    reason = words[words.index("--reason") + 1] if "--reason" in words else None
    with open_services(Call(Globals(quiet=True)).settings_of_demo()) as services:
        intents = [
            Intent(comment_id=int(one), revision=1, action=Action(words[3]), reason_code=reason) for one in ids.split()
        ]
        for intent in intents:
            services.review.decide(intent)


def test_the_tutorial_goes_from_the_demo_to_a_tuned_configuration(cli, tmp_path):
    said = []
    for kind, block in tutorial():
        if kind == "toml":
            (tmp_path / block.split()[1]).write_text(block)
            continue
        for line in block.splitlines():
            command = line.removeprefix("$ ")
            loop = LOOP.fullmatch(command)
            if loop:
                decide_all(loop["ids"], loop["command"])
                continue
            run = cli(*shlex.split(command)[1:])
            assert run.status == 0, (command, run.out, run.err)
            said.append(run.out)
    text = "\n".join(said)
    assert "CAREFUL: Only" in text
    assert "newly held" in text
    written = (tmp_path / "config.toml").read_text()
    assert "[policy.thresholds.toxicity]" in written
    # What was decided on a demo is only reported on, and the demo stays the only database there is.
    learned = cli("train", "adapt", "--scorer", "embedded", "--fewest-seconds", "0")
    assert "Learned from" in learned.out
    assert "Nothing was put in force." in learned.out
    assert cli("tune", "report").status == 0
