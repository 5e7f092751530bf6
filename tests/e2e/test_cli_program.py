"""The program as a shell starts it: pipes, signals, and what a newcomer types."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from cli_runs import BLAME_SETTING, Program
from inertness import harmful

pytestmark = pytest.mark.xdist_group("cli_program")  # one demo for the file
DEMO = Path(__file__).parent.parent.parent / "fixtures/demo.jsonl"


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory):
    """A newcomer's home after `moderator demo` without a terminal, and what that printed."""
    program = Program(tmp_path_factory.mktemp("newcomer"))
    return program, program("demo", **{BLAME_SETTING: "true"})


@pytest.fixture
def newcomer(after_demo, program):
    """The same home, for one test alone."""
    shutil.copytree(after_demo[0].path / "home", program.path / "home", dirs_exist_ok=True)
    return program


def test_the_demo_without_a_terminal_prints_the_scored_queue(after_demo):
    program, run = after_demo
    assert run.status == 0, run.err
    comments = DEMO.read_text(encoding="utf-8").splitlines()
    lines = run.out.splitlines()
    assert f"{len(comments)} demo comments" in lines[0]
    assert "scored by embedded" in lines[1]
    assert "thresholds from default" in lines[2]
    rows = lines[6:]
    assert len(rows) == len(comments)
    risks = [float(row.split()[1]) for row in rows]
    assert risks == sorted(risks, reverse=True)
    assert len(set(risks)) > 10
    assert max(len(line) for line in lines) <= 80
    assert harmful(run.out) == []
    assert "moderator history" in run.err
    assert not (program.path / "home/share/moderator/moderator.sqlite3").exists()


def test_after_the_demo_a_newcomer_finds_what_was_decided(newcomer):
    decided = newcomer("decide", 3, "approve", PYTHONIOENCODING="ascii")
    assert decided.status == 0, decided.err
    assert "this is the demo's" in decided.err
    assert newcomer("history", "--json").json[0]["comment_id"] == 3


def test_a_reader_that_leaves_ends_the_export_quietly(newcomer):
    with newcomer.start("export", "comments", "--with-text", "-q") as process:
        assert process.stdout.readline().startswith(b"comment_id")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_check_answers_while_its_input_stays_open(program):
    with program.start("check", "--jsonl", stderr=subprocess.DEVNULL) as process:
        for number in range(2):
            process.stdin.write(b'{"id": %d, "text": "You are a stupid idiot"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_program_and_its_scorer(program, number, status):
    # Where the tests run in the background of a shell, SIGINT is ignored, and a child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with program.start("check", "--jsonl") as process:
        process.stdin.write(b'{"id": 1, "text": "x"}\n')
        process.stdin.flush()
        process.stdout.readline()
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
    assert process.returncode == status
    assert b"Traceback" not in error
    _, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []


def test_usage_errors_are_sentences_and_outside_strings_are_gated(program):
    run = program("queue", "\x1b[2J:x", "--limit", "x\x1b[2J")
    assert run.status == 2
    assert "queue --help" in run.err
    assert harmful(run.err) == []


def test_the_desk_without_a_terminal_says_what_else_there_is(program):
    run = program()
    assert run.status == 2
    assert "moderator queue" in run.err
