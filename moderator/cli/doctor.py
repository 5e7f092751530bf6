"""`moderator doctor`: whether this machine can do the work, and what to do where it can't."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ModeratorError

if TYPE_CHECKING:
    from moderator.bootstrap import Services

_PYTHON = (3, 11)
_PACKAGES = ("textual", "sqlmodel", "sqlalchemy", "pydantic_settings", "alembic", "msgspec", "numpy", "py3langid")
_LEAST_COLUMNS, _LEAST_LINES = 80, 24
_LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What, in a word or two.
        good: Whether it will do.
        said: What was found, as a sentence.
        next_step: What to do about it; empty where it will do.
    """

    name: str
    good: bool
    said: str
    next_step: str = ""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator doctor", panel="Set up")(doctor)


def doctor(call: Call) -> int:
    """Looks at Python, packages, terminal, disk, database and scorer, and says what to do where one won't do.

    Ends with 1 where something won't do.
    """
    findings: list[Finding] = []
    for finding in _look(call):
        findings.append(finding)
        if call.out.as_json:
            call.out.emit(
                {"name": finding.name, "good": finding.good, "said": finding.said, "next_step": finding.next_step}
            )
            continue
        call.out.say(f"{'✓' if finding.good else '✗'} {finding.name}: {finding.said}")
        if finding.next_step:
            call.out.say(f"  {finding.next_step}")
    return 0 if all(finding.good for finding in findings) else 1


def _look(call: Call) -> Iterator[Finding]:
    yield _python()
    yield _packages()
    yield _terminal()
    yield _encoding()
    try:
        settings = call.settings
    except ModeratorError as error:
        yield Finding("configuration", False, error.message, error.hint or "")
        return
    yield Finding("configuration", True, f"{', '.join(settings.files) or 'defaults alone'} can be used.")
    yield _data_dir(settings.data_dir)
    with call.services() as services:
        yield _database(services)
        yield _scorer(services)


def _python() -> Finding:
    said = (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}."
    )
    good = sys.version_info >= _PYTHON
    return Finding("python", good, said, "" if good else "Install Python 3.11 or newer.")


def _packages() -> Finding:
    missing = [name for name in _PACKAGES if util.find_spec(name) is None]
    if missing:
        return Finding("packages", False, f"{', '.join(missing)} can't be found.", "Install moderator anew with pip.")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("textual", "SQLAlchemy"))
    torch = "with torch" if util.find_spec("torch") else "without torch, so Detoxify can't run"
    return Finding("packages", True, f"all there ({versions}; {torch}).")


def _terminal() -> Finding:
    if not sys.stdout.isatty():
        return Finding("terminal", True, "standard output is none, so its size can't be told.")
    size = shutil.get_terminal_size()
    colours = {"truecolor": "16 million", "24bit": "16 million"}.get(os.environ.get("COLORTERM", ""), "")
    colours = colours or ("256" if "256" in os.environ.get("TERM", "") else "few")
    said = f"{size.columns} x {size.lines}, {colours} colours ({os.environ.get('TERM') or 'TERM is not set'})."
    good = size.columns >= _LEAST_COLUMNS and size.lines >= _LEAST_LINES
    return Finding("terminal", good, said, "" if good else f"Make it {_LEAST_COLUMNS} x {_LEAST_LINES} or larger.")


def _encoding() -> Finding:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower()
    good = encoding.replace("-", "") == "utf8"
    step = "" if good else "Set LANG to a UTF-8 locale such as C.UTF-8: other letters are shown as escapes."
    return Finding("encoding", good, f"{encoding}.", step)


def _data_dir(place: Path) -> Finding:
    step = "Name another one with --data-dir."
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("data directory", False, f"{place} can't be written: {error.strerror}.", step)
    free = shutil.disk_usage(place).free
    said = f"{place} can be written, {free / 1_000_000_000:,.1f} GB are free."
    good = free >= _LEAST_FREE_BYTES
    return Finding("data directory", good, said, "" if good else f"Free some space, or: {step}")


def _database(services: Services) -> Finding:
    try:
        db = services.db
        counts = services.review.status_counts()
    except ModeratorError as error:
        return Finding("database", False, error.message, error.hint or "")
    return Finding("database", True, f"{db.where} opens and holds {sum(counts.values()):,} comments.")


def _scorer(services: Services) -> Finding:
    try:
        identity = services.scorer.identity
    except ModeratorError as error:
        return Finding("scorer", False, error.message, error.hint or "")
    return Finding("scorer", True, f"{identity} starts in a process of its own.")
