"""The desk on a million comments, measured from outside: in a pseudo-terminal, on the real command.

Start: process start to the first frame, and to the first comment that can be read, beside a bare Textual hello-world
in the same rounds, by the wall clock and in CPU seconds (which a busy machine distorts less).
Keys: from the key sent to the first byte back, over moves, marks and 200 real decisions: approvals, rejections with a
reason, repeats, deferrals, and undos between them. The decisions are counted in the database at the end.

    python benchmarks/desk.py                      1,000,000 comments, made in a temporary directory
    python benchmarks/desk.py --database FILE      made before by benchmarks/synthetic.py; decisions are written to it
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import re
import select
import signal
import sqlite3
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from synthetic import fill_database

MOST_FRAME, MOST_COMMENT = 1.5, 3.0
MOST_MEDIAN_MS, MOST_P95_MS = 10.0, 30.0

_SIZE = (40, 140)
_PATIENCE_S = 120.0
_QUIET_S = 0.03
_SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b.")
_HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("hello world")

Hello().run()
"""
_PATTERN = tuple("jarsjk.avdjrittaua  e")
"""What a hand does, over and over: eight decisions that stand and one that is taken back."""

_DECIDING = {"a": 1, "s": 1, "i": 1, ".": 1, "d": 1, "e": 1, "u": 1}


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.begun = time.perf_counter()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)  # noqa: S606 - our own program
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
        self._written = b""

    def read(self, timeout_s: float) -> bytes:
        """What comes within a time; empty where nothing does."""
        if not select.select([self._end], [], [], timeout_s)[0]:
            return b""
        fresh = os.read(self._end, 1 << 16)
        self._written += fresh
        return fresh

    def wait_for(self, words: str) -> tuple[float, float]:
        """Seconds since the start, by the wall clock and of the process's CPU, until words are drawn."""
        end = time.perf_counter() + _PATIENCE_S
        while time.perf_counter() < end:
            self.read(0.2)
            if words.encode() in _SEQUENCE.sub(b"", self._written):
                return time.perf_counter() - self.begun, self._cpu_s()
        raise SystemExit(f"never drawn: {words!r}")

    def wait_for_next(self, words: str) -> None:
        """Waits until words are drawn anew."""
        end = time.perf_counter() + _PATIENCE_S
        seen = len(self._written) - 200
        while words.encode() not in self._written[seen:] and time.perf_counter() < end:
            self.read(0.2)

    def settle(self) -> None:
        """Reads until nothing has come for a moment."""
        while self.read(_QUIET_S):
            pass

    def press(self, key: str) -> float:
        """Milliseconds from a key to the first byte back."""
        begun = time.perf_counter()
        os.write(self._end, key.encode())
        if not self.read(5.0):
            raise SystemExit(f"no answer to {key!r}")
        return (time.perf_counter() - begun) * 1000

    def kill(self) -> None:
        """Ends the program, whatever it's doing."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._end)

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Round:
    """One round of starts: wall and CPU seconds each."""

    hello: tuple[float, float]
    frame: tuple[float, float]
    comment: tuple[float, float]


def start_round(desk: Callable[[], Terminal], environment: dict[str, str], first_words: str) -> Round:
    """Starts hello-world and the desk once each."""
    hello = Terminal([sys.executable, "-c", _HELLO], environment)
    said = hello.wait_for("hello world")
    hello.kill()
    terminal = desk()
    frame = terminal.wait_for("approve")
    comment = terminal.wait_for(first_words)
    terminal.kill()
    return Round(said, frame, comment)


def press_keys(terminal: Terminal, decisions: int, seed: int) -> dict[str, list[float]]:
    """Presses keys at a person's pace until so many decided something, and gives the milliseconds per key."""
    pace = random.Random(seed)
    answers: dict[str, list[float]] = {}
    decided = 0
    for at in count():
        if decided >= decisions:
            break
        key = _PATTERN[at % len(_PATTERN)]
        decided += _DECIDING.get(key, 0)
        answers.setdefault(key, []).append(terminal.press(key))
        if key == "u":
            terminal.wait_for_next("undone")  # until then the desk takes no decision
        terminal.settle()
        time.sleep(pace.uniform(0.05, 0.25))
        terminal.settle()
    return answers


def first_words(database: Path) -> tuple[str, int]:
    """The first words of the riskiest comment, and how many comments wait."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
        body = conn.execute(
            "SELECT body FROM comment JOIN revision ON comment_id = comment.id AND number = revision"
            " WHERE status = 'pending' ORDER BY risk DESC, comment.id LIMIT 1"
        ).fetchone()[0]
        waiting = conn.execute("SELECT count(*) FROM comment WHERE status = 'pending'").fetchone()[0]
    return " ".join(body.split()[:3]), waiting


def rows_of_log(database: Path, expected: int) -> int:
    """How many decisions of this run are in the log, once all that were sent off are."""
    end = time.perf_counter() + _PATIENCE_S
    while True:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
            written = conn.execute("SELECT count(*) FROM decision WHERE moderator = 'bench'").fetchone()[0]
        if written >= expected or time.perf_counter() > end:
            return written
        time.sleep(0.1)


def report_starts(rounds: list[Round]) -> bool:
    """Prints the starts and says whether they kept their bounds by the wall clock."""
    kept = True
    for at, name in ((0, "wall"), (1, "CPU")):
        hello = statistics.median(one.hello[at] for one in rounds)
        for what, bound in (("frame", MOST_FRAME), ("comment", MOST_COMMENT)):
            taken = [getattr(one, what)[at] for one in rounds]
            ratio = statistics.median(value / one.hello[at] for value, one in zip(taken, rounds, strict=True))
            print(
                f"{name:>4}: first {what:<8} {statistics.median(taken):6.3f} s, hello-world {hello:6.3f} s,"
                f" ratio {ratio:5.2f} (at most {bound})"
            )
            kept &= ratio <= bound or at == 1
    return kept


def report_keys(answers: dict[str, list[float]]) -> bool:
    """Prints the keys and says whether they kept their bounds."""
    every = sorted(value for values in answers.values() for value in values)
    for key, values in [*answers.items(), ("all", every)]:
        p95 = statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        print(
            f" key {key!r:>5}: {len(values):4} pressed, median {statistics.median(values):5.1f} ms, p95 {p95:5.1f} ms,"
            f" worst {max(values):6.1f} ms"
        )
    return statistics.median(every) <= MOST_MEDIAN_MS and statistics.quantiles(every, n=20)[-1] <= MOST_P95_MS


def main() -> int:
    """Measures and prints. Ends with 1 where a bound wasn't kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--database", type=Path, help="a database that synthetic.py made")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--decisions", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = given.database
        if database is None:
            database = Path(folder) / "desk.sqlite3"
            print(f"making {given.comments:,} comments ...", file=sys.stderr)
            fill_database(database, given.comments)
        words, waiting = first_words(database)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODERATOR_", "XDG_"))}
        environment = kept | {
            "MODERATOR_TUI__WELCOME": "false",
            "HOME": folder,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "MODERATOR_DATABASE": f"sqlite:///{database.resolve()}",
            "MODERATOR_MODERATOR": "bench",
        }

        def desk() -> Terminal:
            return Terminal([sys.executable, "-m", "moderator"], environment)

        start_round(desk, environment, words)  # fills the file cache for both
        starts_kept = report_starts([start_round(desk, environment, words) for _ in range(given.rounds)])
        terminal = desk()
        terminal.wait_for(f"1 of {waiting:,}")
        terminal.settle()
        keys_kept = report_keys(press_keys(terminal, given.decisions, seed=1))
        written = rows_of_log(database, given.decisions)
        terminal.kill()
    print(f"{written} of {given.decisions} decisions by keys are in the log")
    print(f"{waiting:,} comments wait in this database; bounds {'kept' if starts_kept and keys_kept else 'NOT kept'}")
    return 0 if starts_kept and keys_kept else 1


if __name__ == "__main__":
    sys.exit(main())
