"""Real comment systems on loopback, started by scripts whose folder the caller names, for benchmarks and tests.

Such a script knows `up` (prints the site's address and logins as JSON), `seed`, `php` where it's WordPress, and `down`;
it keeps one line per process (`name pid start`) in `pids` of its data folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_MOST_S = 90


class ServiceError(Exception):
    """A script that ended with a failure; its words."""


class Service:
    """One system, up until `down`.

    Args:
        scripts: The scripts' folder.
        name: Which: `wordpress` or `isso`.
        prefix: Of the environment variables that the script reads: `WP` or `ISSO`.
    """

    def __init__(self, scripts: Path, name: str, prefix: str) -> None:
        self.script = scripts / f"{name}.sh"
        # Short on purpose: it holds unix sockets.
        self._folder = Path(tempfile.mkdtemp(prefix="site-"))
        self._folder.chmod(0o711)
        self.data = self._folder / "data"
        self._env = {**os.environ, f"{prefix}_DIR": str(self.data)}
        self.facts: dict[str, Any] = self.run("up")

    def run(self, *arguments: str) -> Any:
        """A command of the script; its JSON, or what it printed."""
        done = subprocess.run(
            [self.script, *arguments], env=self._env, capture_output=True, text=True, timeout=_MOST_S, check=False
        )
        if done.returncode:
            raise ServiceError(f"{self.script.name} {arguments[0]}: {done.stderr[-2000:]}")
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    def php(self, code: str) -> Any:
        """Runs code in WordPress, its functions loaded."""
        file = self._folder / "script.php"
        file.write_text(f"<?php require 'wp-load.php'; global $wpdb;\n{code}")
        return self.run("php", str(file))

    def kill(self, process: str) -> None:
        """Ends one process of it at once, as a fault of the machine would; `run("up")` starts it again."""
        for line in (self.data / "pids").read_text().splitlines():
            name, pid, _ = line.split()
            if name == process:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(int(pid), signal.SIGKILL)

    def down(self) -> None:
        """Stops it and removes its folder."""
        subprocess.run([self.script, "down"], env=self._env, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)
