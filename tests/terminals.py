"""The program in a real terminal: a pseudo-terminal, and a screen that shows what it draws."""

import time
from io import BytesIO

import pexpect
import pyte

WIDTH, HEIGHT = 110, 40


class Terminal:
    """The program in a pty, a screen that shows what it draws, and every byte that it wrote."""

    def __init__(self, program, *arguments):
        self.raw = BytesIO()
        command, *rest = program.command(*arguments)
        environment = {**program.environment, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environment.pop("COLUMNS", None)
        self.child = pexpect.spawn(
            command, rest, env=environment, cwd=str(program.path), dimensions=(HEIGHT, WIDTH), timeout=60
        )
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

    def wait_for(self, words, limit_s=60.0):
        """Waits until the screen shows words, or no longer shows what follows a "!"."""
        end = time.monotonic() + limit_s
        while words.startswith("!") == (words.removeprefix("!") in self.shown):
            assert time.monotonic() < end, f"never saw {words!r} on:\n{self.shown}"
            self.read()

    def press(self, keys):
        self.child.send(keys)
        self.read()

    def leave(self, key="\x11"):
        """Asks for the end, waits for it, and takes in all that comes before it."""
        self.child.send(key)
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus

    @property
    def written(self):
        """What was written, as text. Fails where it isn't UTF-8."""
        return self.raw.getvalue().decode("utf-8")
