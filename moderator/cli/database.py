"""`moderator db`: the database's shape, its copies, and whether it is whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

if TYPE_CHECKING:
    from moderator.services.backup import Restored

_PANEL = "Prove and repair"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    db = typer.Typer(help="Make, migrate, copy and check the database.", no_args_is_help=True)
    command(db, example="moderator db upgrade")(upgrade)
    command(db, example="moderator db backup desk-copy.sqlite3")(backup)
    command(db, example="moderator db check")(check)
    command(db, example="moderator db restore desk-copy.sqlite3 --verify")(restore)
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
    """Copies the database into one file, as it is at this moment, while others may be using it.

    From PostgreSQL the file is one of pg_dump. `db restore FILE --verify` proves that it can be restored.
    """
    from moderator.services.backup import back_up, sqlite_file

    settings = call.settings_of_demo()
    source = sqlite_file(settings.database_url)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    if file is None:
        usual = source.with_name(f"{source.stem}-{stamp}{source.suffix}") if source else Path(f"moderator-{stamp}.dump")
    else:
        usual = file.expanduser()
    with call.out.progress("Copying"):
        back_up(settings.database_url, usual)
    size = usual.stat().st_size
    if call.out.as_json:
        call.out.emit({"database": settings.database_label, "backup": str(usual), "bytes": size})
        return
    call.out.say(f"Copied to {usual} ({size / 1_000_000:,.1f} MB).")
    call.out.remark(f"Keep the author key with it: {settings.data_dir / 'author.key'}")
    call.out.remark("It holds every text that is here now: what is erased later stays in it until you delete it.")


def restore(
    call: Call,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` wrote.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Only prove it: restore it elsewhere, read all of it, take that away.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of the database that is there, which is copied aside.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="CHECKPOINT", help="What `audit head` printed at the backup.")
    ] = None,
) -> int:
    """Proves a backup by restoring it elsewhere, and puts it in the database's place unless --verify is given.

    What was erased since the backup was taken is erased once more.
    """
    from moderator._version import __version__
    from moderator.services import backup as backups
    from moderator.services.audit import read_checkpoint

    settings, path = call.settings, file.expanduser()
    checkpoint = read_checkpoint(against.expanduser())[0] if against else None
    address = settings.database_url
    with call.out.progress("Checking") as bar:
        if verify:
            done = backups.Restored(backups.prove(path, address, against=checkpoint, progress=bar))
        else:
            who = settings.moderator
            done = backups.restore(
                path, address, replace=replace, moderator=who, app_version=__version__, against=checkpoint, progress=bar
            )
    _print_restored(call, path, done, verify=verify)
    return 1 if done.report.problems else 0


def _print_restored(call: Call, path: Path, done: Restored, *, verify: bool) -> None:
    report = done.report
    if call.out.as_json:
        call.out.emit(
            {
                "backup": str(path),
                "restored": not verify,
                "problems": list(report.problems),
                "comments": report.comments,
                "decisions": report.decisions,
                "erased_since": report.erased_since,
                "erased_again": done.erased_again,
                "set_aside": str(done.set_aside) if done.set_aside else None,
            }
        )
        return
    for sentence in report.problems:
        call.out.say(f"✗ {sentence}")
    if not report.problems:
        what = f"{report.comments:,} comments, {report.decisions:,} decisions, every link holds"
        call.out.say(f"{path} can be restored: {what}." if verify else f"{path} was restored: {what}.")
    if done.set_aside:
        call.out.say(f"What was there before is in {done.set_aside}.")
    if verify and report.erased_since:
        call.out.say(f"{report.erased_since:,} comments in it were erased since; restoring erases them once more.")
    if done.erased_again:
        call.out.say(f"{done.erased_again:,} comments in it had been erased since: they were erased once more.")


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
