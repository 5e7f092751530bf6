"""The desk in a real terminal: ten keys are ten rows, and when the terminal goes, so does the desk, at once."""

import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from cli_runs import Program
from effort import PATIENCE_S
from terminals import seconds_to_end, start_in_terminal

SIZE = (30, 100)
AT_ONCE_S = 2.0
"""The promise is a second; what a machine needs that runs all tests at once is taken off, but for disks."""

ROWS = [
    {
        "id": f"c{at}",
        "text": f"Comment number {at}. You are an idiot, and this is plain text about a bridge.",
        "article": {"url": "https://news.example/bridge", "title": "The bridge is closed", "section": "local"},
        "author": {"name": f"reader {at}"},
        "posted_at": "2026-11-01T10:00:00Z",
    }
    for at in range(14)
]

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def scored_home(tmp_path_factory):
    """A home whose database holds scored comments."""
    program = Program(tmp_path_factory.mktemp("desk"))
    file = program.path / "comments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    assert program("intake", file).status == 0
    assert program("score", "--scorer", "embedded").status == 0
    return program


@pytest.fixture
def program(scored_home, tmp_path):
    shutil.copytree(scored_home.path / "home", tmp_path / "home")
    return Program(tmp_path)


def is_gone(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Desk:
    """The desk in a pseudo-terminal whose other end the test holds."""

    def __init__(self, program):
        self.program = program
        environment = {**program.environment, "TERM": "xterm-256color"}
        self.process, self.terminal = start_in_terminal(program.command(), environment, program.path, SIZE)
        self.pid = self.process.pid
        self.written = b""

    def read(self, seconds=0.05):
        if self.terminal is not None and select.select([self.terminal], [], [], seconds)[0]:
            try:
                self.written += os.read(self.terminal, 1 << 16)
            except OSError:
                time.sleep(0.01)

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"never {what}; last written: {self.written[-600:]!r}"
            self.read()

    def opened(self):
        self.until(lambda: b"Comment number" in self.written and self.leases() == 1, "opened with a lease")
        return self

    def send(self, keys):
        os.write(self.terminal, keys)

    def close_terminal(self):
        os.close(self.terminal)
        self.terminal = None

    def seconds_to_end(self):
        """How long the process still runs, from now; the CPU it burns meanwhile is looked at too."""
        before = sum(psutil.Process(self.pid).cpu_times()[:2])

        def meanwhile():
            self.read(0.005)
            burnt = sum(psutil.Process(self.pid).cpu_times()[:2]) - before
            assert burnt < AT_ONCE_S, "it spins instead of ending"

        return seconds_to_end(self.pid, lambda: self.process.poll() is not None, meanwhile)

    def database(self):
        file = self.program.path / "home/share/moderator/moderator.sqlite3"
        return closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True))

    def leases(self):
        with self.database() as raw:
            return raw.execute("SELECT count(*) FROM lease").fetchone()[0]

    def decisions(self):
        with self.database() as raw:
            return [row[0] for row in raw.execute("SELECT action FROM decision ORDER BY seq")]

    def kill(self):
        self.process.kill()
        self.process.wait()
        if self.terminal is not None:
            self.close_terminal()


@pytest.fixture
def desk(program):
    made = Desk(program)
    yield made
    made.kill()


def test_ten_keys_are_ten_rows_in_the_database(desk):
    desk.opened()
    for number, keys in enumerate([b"a", b"e", b"ri", b"a", b"d", b"rs", b"a", b"a", b"u", b"a"], start=1):
        for key in keys:
            desk.send(bytes([key]))
            desk.read(0.15)
        desk.until(lambda count=number: len(desk.decisions()) == count, f"saved decision {number}")
    desk.send(b"q")
    assert desk.seconds_to_end() < AT_ONCE_S
    assert desk.process.returncode == 0
    actions = ["approve", "escalate", "reject", "approve", "defer", "reject", "approve", "approve", "undo", "approve"]
    assert desk.decisions() == actions
    assert desk.leases() == 0
    assert b"\x1b[?1049l" in desk.written, "the terminal is given back"


def test_a_terminal_that_closes_ends_the_desk_and_frees_its_leases(desk):
    desk.opened().close_terminal()
    assert desk.seconds_to_end() < AT_ONCE_S
    assert desk.process.returncode == 128 + signal.SIGHUP
    assert desk.leases() == 0


def test_decisions_still_on_their_way_are_written_when_the_terminal_goes(desk):
    desk.opened()
    with sqlite3.connect(desk.program.path / "home/share/moderator/moderator.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        shown = len(desk.written)
        desk.send(b"aa")
        desk.until(lambda: desk.written.count("saving…".encode(), shown) >= 2, "taken the keys")
        desk.close_terminal()
        time.sleep(0.05)
        other.execute("ROLLBACK")
    assert desk.seconds_to_end() < AT_ONCE_S
    assert desk.decisions() == ["approve", "approve"]
    assert desk.leases() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_desk_and_gives_the_terminal_back(desk, number):
    desk.opened()
    os.kill(desk.pid, number)
    assert desk.seconds_to_end() < AT_ONCE_S
    assert desk.process.returncode == 128 + number
    assert desk.leases() == 0
    assert b"\x1b[?1049l" in desk.written
    assert b"Traceback" not in desk.written


def test_a_terminal_that_nobody_reads_does_not_keep_the_desk_alive(desk):
    desk.opened()
    time.sleep(0.3)
    for _ in range(40):
        # Nothing of what this draws is read: the desk's output thread stands still in the end.
        desk.send(b"jjjkkk")
    terminal, desk.terminal = desk.terminal, None
    try:
        os.kill(desk.pid, signal.SIGTERM)
        assert desk.seconds_to_end() < AT_ONCE_S
        assert desk.leases() == 0
    finally:
        desk.terminal = terminal


def test_when_whoever_holds_the_terminal_is_killed_the_desk_ends(program, tmp_path):
    script = tmp_path / "holder.py"
    script.write_text(
        "import os, pty, sys, time\n"
        "pid, terminal = pty.fork()\n"
        "if pid == 0:\n"
        "    os.execv(sys.executable, [sys.executable, '-m', 'moderator'])\n"
        "print(pid, flush=True)\n"
        "while True:\n"
        "    try: os.read(terminal, 65536)\n"
        "    except OSError: time.sleep(0.1)\n"
    )
    environment = {**program.environment, "TERM": "xterm-256color"}
    holder = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment, cwd=program.path)
    desk = psutil.Process(int(holder.stdout.readline()))
    file = program.path / "home/share/moderator/moderator.sqlite3"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as raw:
            end = time.monotonic() + PATIENCE_S
            while not raw.execute("SELECT count(*) FROM lease").fetchone()[0]:
                assert time.monotonic() < end, "never leased"
                time.sleep(0.05)
            holder.kill()
            holder.wait()
            assert seconds_to_end(desk.pid, lambda: is_gone(desk)) < AT_ONCE_S, "it outlived its terminal"
            assert raw.execute("SELECT count(*) FROM lease").fetchone()[0] == 0
    finally:
        holder.stdout.close()
        if not is_gone(desk):
            desk.kill()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux isn't installed here")
def test_a_tmux_session_that_is_killed_takes_the_desk_with_it(program, tmp_path):
    tmux = ["tmux", "-L", f"desk-{os.getpid()}", "-f", "/dev/null"]
    environment = {**program.environment, "TMUX_TMPDIR": str(tmp_path)}
    command = [*tmux, "new-session", "-d", "-x", "100", "-y", "30", sys.executable, "-m", "moderator"]
    subprocess.run(command, check=True, env=environment, cwd=program.path)
    file = program.path / "home/share/moderator/moderator.sqlite3"
    try:
        asked = subprocess.run(
            [*tmux, "display", "-p", "#{pane_pid}"], check=True, env=environment, capture_output=True
        )
        desk = psutil.Process(int(asked.stdout))
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as raw:
            end = time.monotonic() + PATIENCE_S
            while not raw.execute("SELECT count(*) FROM lease").fetchone()[0]:
                assert time.monotonic() < end, "never leased"
                time.sleep(0.05)
            subprocess.run([*tmux, "kill-session"], check=True, env=environment)
            assert seconds_to_end(desk.pid, lambda: is_gone(desk)) < AT_ONCE_S, "it outlived its session"
            assert raw.execute("SELECT count(*) FROM lease").fetchone()[0] == 0
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, env=environment, capture_output=True)


def test_a_scorer_that_is_killed_leaves_the_desk_working(desk):
    desk.opened()
    file = desk.program.path / "more.jsonl"
    file.write_text("".join(json.dumps({**row, "id": f"more{row['id']}"}) + "\n" for row in ROWS), encoding="utf-8")
    assert desk.program("intake", file).status == 0

    def scorer():
        return [one for one in psutil.Process(desk.pid).children(recursive=True) if "worker" in " ".join(one.cmdline())]

    desk.until(scorer, "started the scorer")
    for one in scorer():
        one.kill()
    desk.send(b"a")
    desk.until(lambda: desk.decisions() == ["approve"], "decided")

    def waiting():
        with desk.database() as raw:
            return raw.execute("SELECT count(*) FROM comment WHERE scoring = 'waiting'").fetchone()[0]

    desk.until(lambda: waiting() == 0, "scored the rest with a new scorer")
    children = psutil.Process(desk.pid).children(recursive=True)
    desk.send(b"q")
    assert desk.seconds_to_end() < AT_ONCE_S
    _, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []


def test_without_a_terminal_there_is_a_sentence_and_no_desk(program):
    run = program("review")
    assert run.status == 2
    assert "needs a terminal" in run.err
