"""What is printed: gated, as wide as the terminal, JSON in ASCII; and errors as sentences with a status."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from inertness import harmful

from moderator.cli import failures, main
from moderator.cli.call import Globals, finish
from moderator.cli.output import Column, Output
from moderator.cli.times import iso, minute, moment
from moderator.config import load
from moderator.errors import ConfigError, ConnectorError, ScoringError, StorageError

HOSTILE = "\x1b[2J\x1b]0;title\x07 \x9b31m a\u202eb\u200b[/] [bold]x[/bold] \r\n\tend"


def assert_inert(text):
    assert harmful(text) == []


def test_nothing_leaves_ungated(capsys):
    out = Output()
    out.say(HOSTILE)
    out.remark(HOSTILE)
    out.table([Column("a", 10), Column(HOSTILE)], [[HOSTILE, HOSTILE]])
    printed = capsys.readouterr()
    assert_inert(printed.out)
    assert_inert(printed.err)
    assert "[bold]x[/bold]" in printed.out


def test_json_is_ascii_and_says_the_same(capsys):
    Output(as_json=True).emit({"text": HOSTILE, "word": "Привет", "half": "\ud800"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert_inert(printed)
    assert json.loads(printed) == {"text": HOSTILE, "word": "Привет", "half": "\ud800"}


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_table_fits_the_terminal(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [["1", "short", "日本語のコメント" * 40], ["22", "x" * 50, "y" * 500], ["333", "[/]", HOSTILE]]
    Output().table([Column("id", 4, right=True), Column("name", 12), Column("text")], rows)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    from rich.cells import cell_len

    assert max(cell_len(line) for line in lines) <= width
    assert "…" in lines[2]


def test_quiet_and_pipes_get_no_progress_and_no_remarks(capsys):
    for out in (Output(), Output(quiet=True)):
        with out.progress("Working", 10) as report:
            report(5, 10)
    Output(quiet=True).remark("unwanted")
    assert capsys.readouterr() == ("", "")


def test_progress_shows_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Output().progress("Working", 10) as report:
        report(5, 10, "Still\x1b working")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Still" in printed.err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ConfigError("bad key", hint="Mend it."), 2, "moderator: bad key\nMend it.\n"),
        (StorageError("disk is full"), 3, "moderator: disk is full\n"),
        (ScoringError("no weights"), 4, "moderator: no weights\n"),
        (ConnectorError("no file \x1b[2J"), 5, None),
        (KeyboardInterrupt(), 130, "moderator: interrupted\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 3, None),
        (ValueError("a reader wrote this"), 70, None),
    ],
)
def test_each_error_has_its_status_and_a_sentence(capsys, error, status, said):
    assert failures.settle(error) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said is None or printed.err == said
    assert_inert(printed.err)
    assert "reader" not in printed.err
    assert "Traceback" not in printed.err


def test_what_ends_the_interpreter_passes_through():
    with pytest.raises(GeneratorExit):
        failures.settle(GeneratorExit())


def test_what_is_printed_where_the_output_is_closed_is_not_done(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    main._open_what_is_closed()
    sys.stderr.close()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with sys.stdin, sys.stdout:
        assert sys.stdin.read() == ""
        assert finish(lambda: Output().say("a result")) == 3
        assert finish(lambda: Output().remark("a remark")) == 0
        told = sys.stderr.getvalue()
    assert told.startswith("moderator: standard output is closed\n")


def test_an_interruption_while_the_command_is_imported_is_no_traceback(capsys, monkeypatch):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_dispatch", interrupted)
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)
    ended = []
    monkeypatch.setattr(main, "_end", ended.append)
    main.run()
    assert (ended, capsys.readouterr().err) == ([130], "moderator: interrupted\n")


_LEAVES_A_THREAD = """
import sys, threading, time, weakref
from moderator.cli import main

class Thing: ...

kept = [Thing() for _ in range(50_000)]
for thing in kept:
    weakref.finalize(thing, int)

def churn():
    while True:
        weakref.finalize(Thing(), int)

def dispatch(_arguments):
    threading.Thread(target=churn, daemon=True).start()
    time.sleep(0.05)
    print("a result")
    if sys.argv[1] == "raises":
        raise SystemExit(3)
    return 3

sys.setswitchinterval(1e-4)
main._dispatch = dispatch
main.run()
"""
"""What SQLAlchemy does in a thread of the desk, made so frequent that it always meets the walk at the process' end."""


@pytest.mark.parametrize("how", ["returns", "raises"])
def test_a_thread_still_at_work_does_not_print_at_the_end(how):
    ended = subprocess.run([sys.executable, "-c", _LEAVES_A_THREAD, how], capture_output=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"a result\n", b"")


def test_options_after_the_command_beat_those_before_it():
    before = Globals(Path("a.toml"), Path("/data"), None, as_json=False, quiet=True)
    after = Globals(Path("b.toml"), None, "db.sqlite3", as_json=True, quiet=False)
    assert before.overlaid(after) == Globals(Path("b.toml"), Path("/data"), "db.sqlite3", as_json=True, quiet=True)


def test_times_are_read_as_people_write_them_and_printed_in_utc(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(env={"MODERATOR_INTAKE__TIME_ZONE": "Europe/Berlin"})
    assert moment(None, "--since", settings) is None
    at = moment("2026-07-01T12:00", "--since", settings)
    assert at is not None
    assert iso(at) == "2026-07-01T10:00:00.000Z"
    assert minute(at) == "2026-07-01 10:00"
    with pytest.raises(ConfigError, match="--until '03/04/2026'") as caught:
        moment("03/04/2026", "--until", settings)
    assert caught.value.exit_status == 2
