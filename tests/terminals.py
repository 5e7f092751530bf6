"""The program in a real terminal: a pseudo-terminal, and a screen that shows what it draws."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from io import BytesIO
from pathlib import Path

import pexpect
import pyte
from effort import PATIENCE_S
from pexpect.fdpexpect import fdspawn

WIDTH, HEIGHT = 110, 40
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def _waited_for_a_core(pid):
    """Seconds for which a process's threads were ready and didn't run; 0 where the system doesn't tell."""
    waited_ns = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            waited_ns += int(task.read_text(encoding="ascii").split()[1])
    return waited_ns / 1e9


def seconds_to_end(pid, ended, meanwhile=lambda: time.sleep(0.01)):
    """How long a process still runs, from now, but for what it and we wait while others use the cores."""
    begun, before, lost = time.monotonic(), _waited_for_a_core(pid) + _waited_for_a_core("self"), 0.0
    while time.monotonic() - begun < PATIENCE_S:
        if ended():
            return time.monotonic() - begun - lost
        lost = max(lost, _waited_for_a_core(pid) + _waited_for_a_core("self") - before)
        meanwhile()
    raise AssertionError("it never ended")


def start_in_terminal(command, environment, path, size):
    """Starts a program that has a pseudo-terminal of `size` lines and columns. Returns its process and our end.

    `pty.fork` runs Python between fork and exec. In a worker that has threads (a scorer's, PyTorch's) the child may
    then wait for ever for a lock that no thread of it holds; `subprocess` does that stretch in C.
    """
    ours, its = pty.openpty()
    try:
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *command],
            stdin=its,
            stdout=its,
            stderr=its,
            env={name: value for name, value in environment.items() if name != "COLUMNS"},
            cwd=path,
            start_new_session=True,
        )
    finally:
        os.close(its)
    return process, ours


class Terminal:
    """The program in a pty, a screen that shows what it draws, and every byte that it wrote."""

    def __init__(self, program, *arguments):
        self.raw = BytesIO()
        environment = {**program.environment, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        self.process, ours = start_in_terminal(program.command(*arguments), environment, program.path, (HEIGHT, WIDTH))
        self.child = fdspawn(ours, timeout=PATIENCE_S)
        self.child.delaybeforesend = None
        self.child.logfile_read = self.raw
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self.screen)

    @property
    def shown(self):
        # pyte's own `display` gives up where half of a wide letter was drawn over.
        return "\n".join(
            "".join(line[at].data for at in range(WIDTH)) for line in map(self.screen.buffer.get, range(HEIGHT)) if line
        )

    def read(self, quiet_s=0.06, limit_s=10.0):
        """Takes in what comes until nothing has come for a while."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                self._stream.feed(self.child.read_nonblocking(1 << 16, timeout=quiet_s))
            except (pexpect.TIMEOUT, pexpect.EOF):
                return

    def wait_for(self, words, limit_s=PATIENCE_S):
        """Waits until the screen shows words, or no longer shows what follows a "!"."""
        end = time.monotonic() + limit_s
        while words.startswith("!") == (words.removeprefix("!") in self.shown):
            assert time.monotonic() < end, f"never saw {words!r} on:\n{self.shown}"
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.shown}"
            self.read()

    def press(self, keys):
        self.child.send(keys)
        self.read()

    def leave(self, key="\x11"):
        """Asks for the end, waits for it, and takes in all that comes before it. Returns the exit status."""
        self.child.send(key)
        self.child.expect(pexpect.EOF)
        return self.process.wait(timeout=PATIENCE_S)

    def close(self):
        """Ends the program, if it still runs."""
        self.process.kill()
        self.process.wait()
        self.child.close()

    @property
    def written(self):
        """What was written, as text. Fails where it isn't UTF-8."""
        return self.raw.getvalue().decode("utf-8")
