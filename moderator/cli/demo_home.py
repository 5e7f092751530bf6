"""Where the demo keeps its data: `demo` in the data directory, made anew at each start.

It stays when the demo ends, so that `moderator history`, `undo` and `export` find what was decided. Somebody who has no
database of their own yet is served from it without naming it. While a demo runs there already, or where the directory
can't be written, a demo takes a temporary directory instead and removes it at its end.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderator.config.settings import Settings

_FOLDER = "demo"
_MARK = ".moderator-demo"
"""Lies in every directory that a demo made: nothing without it is ever removed."""


@dataclass(frozen=True, slots=True)
class DemoHome:
    """A demo's directory, empty. `kept` says whether it is still there afterwards."""

    path: Path
    kept: bool


def demo_settings(settings: Settings, flags: Mapping[str, Any], config: Path | None) -> Settings | None:
    """The settings of the last demo, where that is all there is.

    Args:
        settings: Those in force.
        flags: What the command line sets, by dotted key.
        config: The file named with `--config`.

    Returns:
        `None` where a database is configured or exists, or no demo has run.
    """
    file = settings.database_file
    home = settings.data_dir / _FOLDER
    if settings.values.database or file is None or file.exists() or not (home / file.name).exists():
        return None
    return settings_in(home, settings, flags, config)


def settings_in(home: Path, settings: Settings, flags: Mapping[str, Any], config: Path | None) -> Settings:
    """The same settings with the data in a demo's directory, and in no other database."""
    from moderator.config import load

    own = {
        "data_dir": str(home),
        "database": "",
        "scoring.models_dir": str(settings.models_dir),
        "log.file": str(settings.log_file),
    }
    return load({**flags, **own}, path=config)


@contextmanager
def demo_home(data_dir: Path) -> Generator[DemoHome]:
    """An empty directory for one demo.

    Args:
        data_dir: The data directory in force.
    """
    lock = _lock(data_dir)
    home = data_dir / _FOLDER
    try:
        if lock is not None and _reset(home):
            yield DemoHome(home, kept=True)
        else:
            with tempfile.TemporaryDirectory(prefix="moderator-demo-", ignore_cleanup_errors=True) as temporary:
                yield DemoHome(Path(temporary), kept=False)
    finally:
        if lock is not None:
            os.close(lock)


def _lock(data_dir: Path) -> int | None:
    """A lock that the system frees when this process ends, however it ends; `None` where another demo holds it."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data_dir / f"{_FOLDER}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _reset(home: Path) -> bool:
    """Empties a demo's directory. Refuses one that no demo made."""
    try:
        if home.exists():
            if not (home / _MARK).is_file():
                return False
            shutil.rmtree(home)
        home.mkdir(mode=0o700)
        (home / _MARK).touch()
    except OSError:
        return False
    return True
