"""The must of the whole: the demo in a terminal, ten keys, ten decisions, and other programs find them."""

import json
import re
import sqlite3
import time
from contextlib import closing, contextmanager

import pexpect
import pytest
from cli_runs import BLAME_SETTING, Program
from effort import PATIENCE_S
from pexpect.fdpexpect import fdspawn
from terminals import start_in_terminal

KEYS = ["a", "a", "e", "d", "ri", "a", "rs", "a", "e", "a"]
TITLES = {"i": "insult", "s": "spam"}
ACTIONS = ["approve", "approve", "escalate", "defer", "reject", "approve", "reject", "approve", "escalate", "approve"]


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path)
    program.environment[BLAME_SETTING] = "true"
    return program


@contextmanager
def in_a_terminal(program, *arguments):
    process, ours = start_in_terminal(program.command(*arguments), program.environment, program.path, (30, 100))
    desk = fdspawn(ours, timeout=PATIENCE_S, encoding="utf-8")
    try:
        yield desk
        desk.send("q")
        desk.expect(pexpect.EOF)
        desk.exitstatus = process.wait(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        desk.close()


def wait_for_decisions(program, count):
    file = program.path / "home/share/moderator/demo/moderator.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as raw:
        deadline = time.monotonic() + PATIENCE_S
        while raw.execute("SELECT count(*) FROM decision").fetchone()[0] < count:
            assert time.monotonic() < deadline, f"decision {count} was never written"
            time.sleep(0.02)


def test_ten_keys_are_ten_decisions_that_other_programs_find(program):
    with in_a_terminal(program, "demo") as desk:
        desk.expect("look first")
        for number, keys in enumerate(KEYS, start=1):
            for key in keys:
                if key in TITLES:
                    desk.expect(TITLES[key])
                desk.send(key)
            wait_for_decisions(program, number)
    assert desk.exitstatus == 0
    assert "moderator history" in desk.before
    decisions = program("history", "-n", 50, "--json").json
    assert [decision["action"] for decision in reversed(decisions)] == ACTIONS
    assert len({decision["comment_id"] for decision in decisions}) == len(KEYS)
    assert {decision["reason_code"] for decision in decisions} == {None, "insult", "spam"}
    assert "decision 10 undone" in program("undo").out
    exported = [json.loads(line) for line in program("export", "decisions", "--json").out.splitlines()]
    assert [row["action"] for row in exported] == [*ACTIONS, "undo"]


def test_a_database_that_cannot_be_opened_is_told_after_the_desk_has_closed(program, tmp_path):
    (tmp_path / "broken.sqlite3").write_text("this is no database" * 100)
    with in_a_terminal(program, "--database", "broken.sqlite3") as desk:
        desk.expect("not an SQLite database")
    assert desk.exitstatus == 3
    told = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", desk.before)
    assert "moderator: " in told
    assert "Traceback" not in told
