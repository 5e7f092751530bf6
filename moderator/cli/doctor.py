"""`moderator doctor`: whether this machine can do the work, and what to do where it can't."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from moderator.cli.call import Call
from moderator.cli.doctor_terminal import Finding, look_at_terminal
from moderator.cli.frame import command
from moderator.errors import ModeratorError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.config.settings import Settings

_PYTHON = (3, 11)
_PACKAGES = (
    "textual",
    "sqlmodel",
    "sqlalchemy",
    "pydantic_settings",
    "alembic",
    "msgspec",
    "numpy",
    "py3langid",
    "onnxruntime",
    "tokenizers",
)
_LEAST_FREE_BYTES = 500_000_000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator doctor", panel="Set up")(doctor)


def doctor(call: Call) -> int:
    """Looks at Python, packages, terminal, disk, SQLite, database and scorer, and says what to do where one won't do.

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
    yield from look_at_terminal()
    try:
        settings = call.settings
    except ModeratorError as error:
        yield Finding("configuration", False, error.message, error.hint or "")
        return
    yield Finding("configuration", True, f"{', '.join(settings.files) or 'defaults alone'} can be used.")
    yield _keys(settings)
    yield _data_dir(settings.data_dir)
    if settings.database_file is not None:
        yield _sqlite()
    with call.services() as services:
        yield _database(services)
        yield _scorer(services)
    yield _browser()


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


def _keys(settings: Settings) -> Finding:
    from moderator.tui.keys import resolve
    from moderator.tui.themes import THEMES

    problem = resolve(settings.tui.keys).problem
    if problem:
        return Finding("desk", False, problem, "Mend [tui.keys] in your configuration; `docs/keys.md` lists the names.")
    return Finding("desk", True, f"its keys fit together; themes: {', '.join(theme.name for theme in THEMES)}.")


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


def _sqlite() -> Finding:
    from moderator.storage.text_index import check_sqlite

    try:
        check_sqlite()
    except ModeratorError as error:
        return Finding("sqlite", False, error.message, error.hint or "")
    return Finding("sqlite", True, f"{sqlite3.sqlite_version}, and it can index words.")


def _database(services: Services) -> Finding:
    try:
        db = services.db
        counts = services.review.status_counts()
        # Takes the lock that a decision takes, and gives it back: another program may hold it.
        with db.write():
            pass
    except ModeratorError as error:
        return Finding("database", False, error.message, error.hint or "")
    total = sum(counts.values())
    step = "" if total else "`moderator intake FILE` takes comments in; `moderator demo` shows it all on made-up ones."
    return Finding("database", True, f"{db.where} opens, can be written, and holds {total:,} comments.", step)


def _scorer(services: Services) -> Finding:
    try:
        identity = services.scorer.identity
    except ModeratorError as error:
        return Finding("scorer", False, error.message, error.hint or "")
    said = f"{identity} starts in a process of its own."
    wanted = services.settings.values.scoring.scorer
    if wanted == "auto" and not identity.name.startswith("detoxify"):
        said += f" Detoxify's weights aren't in {services.settings.models_dir}."
        return Finding("scorer", True, said, "`moderator models fetch` gets them, if you want Detoxify to speak.")
    return Finding("scorer", True, said)


def _browser() -> Finding:
    if util.find_spec("textual_serve") is None:
        step = "If you want it: pip install 'moderator[serve]'"
        return Finding("browser", True, "`review --serve` isn't installed; the desk needs no browser.", step)
    return Finding("browser", True, "`moderator review --serve` can show the desk in one.")
