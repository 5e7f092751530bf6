"""Real comment systems on loopback, started once for a run by scripts that live beside the checkout."""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from services import Service, ServiceError

SERVICES = Path(__file__).parents[2] / "shared" / "services"


def start(name, prefix, ready):
    """One system, up until `down`; skips the test where it can't be had."""
    if not (SERVICES / f"{name}.sh").exists():
        pytest.skip(f"no {name}.sh in ../shared/services, which starts a real one")
    if not ready():
        pytest.skip(f"{name} isn't installed here: ../shared/services/{name}.sh install")
    try:
        return Service(SERVICES, name, prefix)
    except ServiceError as error:
        pytest.skip(f"{name} can't start here: {error}")


def wordpress_is_here():
    return shutil.which("php") is not None and Path("/usr/share/wordpress").is_dir()


def isso_is_here():
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (home / "moderation-tests" / "isso-venv" / "bin" / "isso").exists()
