"""`moderator db`: the database's shape, its copies, and whether it is whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError, StorageError

_PANEL = "Prove and repair"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    db = typer.Typer(help="Make, migrate, copy and check the database.", no_args_is_help=True)
    command(db, example="moderator db upgrade")(upgrade)
    command(db, example="moderator db backup desk-copy.sqlite3")(backup)
    command(db, example="moderator db check")(check)
    command(db, example="moderator db vacuum")(vacuum)
    app.add_typer(db, name="db", rich_help_panel=_PANEL)


def upgrade(call: Call) -> None:
    """Makes the database if there's none, or brings an old one to this version's shape, after a copy of the file."""
    from moderator.bootstrap import make_folder
    from moderator.storage.engine import HEAD_REVISION, Database

    make_folder(call.settings)
    with Database.open(call.settings.database_url, upgrade_server=True) as db:
        done = db.migration
        if call.out.as_json:
            before, copy = (done.before, str(done.backup) if done.backup else None) if done else (None, None)
            call.out.emit({"database": db.where, "before": before, "now": HEAD_REVISION, "backup": copy})
        elif done is None:
            call.out.say(f"{db.where} is at this version's shape ({HEAD_REVISION}).")
        else:
            kept = f" The copy from before: {done.backup}" if done.backup else ""
            call.out.say(f"{db.where} was migrated from {done.before} to {done.after}.{kept}")


def backup(
    call: Call,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A new file; one with the date, beside it, where absent.")
    ] = None,
) -> None:
    """Copies the database into one file, while others may be using it."""
    from moderator.storage.copying import copy_sqlite

    settings = call.settings_of_demo()
    source = settings.database_file
    if source is None:
        raise ConfigError("a database server has its own backup", code="config.usage", hint="Use pg_dump.")
    if not source.is_file():
        raise StorageError(f"{source}: there is no database", code="storage.missing", hint="Nothing to copy yet.")
    target = file or source.with_name(f"{source.stem}-{time.strftime('%Y%m%d-%H%M%S')}{source.suffix}")
    copy_sqlite(source, target)
    size = target.stat().st_size
    if call.out.as_json:
        call.out.emit({"database": str(source), "backup": str(target), "bytes": size})
        return
    call.out.say(f"Copied to {target} ({size / 1_000_000:,.1f} MB).")
    call.out.remark(f"Keep the author key with it: {settings.data_dir / 'author.key'}")


def check(call: Call) -> int:
    """Checks that the file is whole, that its tables fit together, and that the decision log's chain holds."""
    from moderator.services.audit import verify as verify_log
    from moderator.storage.integrity import problems

    with call.services(of_demo=True) as services:
        found = problems(services.db)
        report = verify_log(services.db)
        if not report.intact:
            found.append(f"{report.record} {report.bad_seq}: {report.problem}")
        if call.out.as_json:
            call.out.emit({"database": services.db.where, "problems": found, "decisions": report.checked})
        else:
            for sentence in found:
                call.out.say(f"✗ {sentence}")
            if not found:
                call.out.say(f"{services.db.where} is whole; {report.checked:,} decisions, every link holds.")
    return 1 if found else 0


def vacuum(call: Call) -> None:
    """Rewrites the database so that nothing that was deleted can be read from its files. `erase` does it by itself."""
    from moderator.storage.sweeping import sweep

    with call.services() as services:
        with call.out.progress("Rewriting the file"):
            sweep(services.db)
        if call.out.as_json:
            call.out.emit({"database": services.db.where, "swept": True})
        else:
            call.out.say(f"{services.db.where} was rewritten.")
