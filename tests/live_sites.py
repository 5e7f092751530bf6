"""Real comment systems on loopback, started once for a run by scripts that live beside the checkout."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SERVICES = Path(__file__).parent.parent.parent / "shared" / "services"


class LiveSite:
    """One system, up until `down`."""

    def __init__(self, script, prefix, ready):
        if not (SERVICES / f"{script}.sh").exists():
            pytest.skip(f"no {script}.sh in ../shared/services, which starts a real one")
        if not ready():
            pytest.skip(f"{script} isn't installed here: ../shared/services/{script}.sh install")
        self._script = SERVICES / f"{script}.sh"
        self._folder = Path(tempfile.mkdtemp(prefix="site-"))
        self._env = {**os.environ, f"{prefix}_DIR": str(self._folder / "data")}
        self.facts = self.run("up")

    def run(self, *arguments):
        """A command of the script; its JSON."""
        done = subprocess.run(
            [self._script, *arguments], env=self._env, capture_output=True, text=True, timeout=90, check=False
        )
        if done.returncode and arguments[0] == "up":
            pytest.skip(f"{self._script.name} can't start here: {done.stderr[-200:]}")
        assert done.returncode == 0, f"{self._script.name} {arguments[0]}: {done.stderr[-2000:]}"
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    def down(self):
        """Stops it and removes its folder."""
        subprocess.run([self._script, "down"], env=self._env, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)


def wordpress_is_here():
    return shutil.which("php") is not None and Path("/usr/share/wordpress").is_dir()


def isso_is_here():
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (home / "moderation-tests" / "isso-venv" / "bin" / "isso").exists()
