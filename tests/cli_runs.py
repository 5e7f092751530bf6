"""How tests run the command line: in this process where that is enough, else as the program it is."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from moderator import logs

BLAME_SETTING = "MODERATOR_SCORING__COLLECTIVE_BLAME"
"""Off in the environment that tests give: who is about collective blame turns it on."""


@dataclass
class Run:
    """What a run left: exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        """Standard output as one JSON value per line."""
        return [json.loads(line) for line in self.out.splitlines()]


def home_environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's own user is found."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODERATOR_", "XDG_"))}
    return kept | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LOGNAME": "marta",
        "COLUMNS": "80",
        "TERM": "xterm-256color",
        # It would take the first key of every test that opens the desk.
        "MODERATOR_TUI__WELCOME": "false",
        # Each process would load two encoders; what they say is tested where it's about them.
        "MODERATOR_SCORING__SCORER": "embedded",
        # And start a second process, for the other scorer.
        BLAME_SETTING: "false",
    }


class InProcess:
    """Calls the command line in this process: quick, and defects can be planted."""

    def __init__(self, tmp_path: Path, monkeypatch) -> None:
        self.path = tmp_path
        for name, value in home_environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("MODERATOR_TEST_POSTGRES", raising=False)
        monkeypatch.chdir(tmp_path)

    def __call__(self, *arguments: object, stdin: str | bytes | None = None) -> Run:
        from moderator.cli.tree import build, modules_for

        words = [str(argument) for argument in arguments]
        result = CliRunner().invoke(build(modules_for(words)), words, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Run(result.exit_code, result.stdout, result.stderr)

    def close(self) -> None:
        """Takes the log's handler off again: other tests watch the same loggers."""
        logger = logging.getLogger("moderator")
        for handler in [handler for handler in logger.handlers if isinstance(handler, logs.LinesHandler)]:
            logger.removeHandler(handler)
            handler.close()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


class Program:
    """Starts the program as a shell would."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path
        self.environment = home_environment(tmp_path)

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "moderator", *map(str, arguments)]

    def start(self, *arguments: object, **options) -> subprocess.Popen:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options = pipes | {"cwd": self.path, "env": self.environment} | options
        return subprocess.Popen(self.command(*arguments), **options)

    def __call__(self, *arguments: object, stdin: bytes = b"", **environment: str) -> Run:
        with self.start(*arguments, env=self.environment | environment) as process:
            out, err = process.communicate(stdin, timeout=60)
        return Run(process.returncode, out.decode(), err.decode())
