"""The command `moderator`: its groups, and the entry point that scripts and shells start.

Importing this imports neither the desk nor the database nor a scorer: `moderator --help` answers at once.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from moderator._version import __version__
from moderator.cli import (
    check,
    config,
    database,
    decisions,
    demo,
    doctor,
    export,
    intake,
    models,
    queue,
    review,
    score,
)
from moderator.cli.failures import settle
from moderator.cli.frame import (
    Call,
    ConfigOption,
    DatabaseOption,
    DataDirOption,
    Globals,
    JsonOption,
    QuietOption,
    finish,
)

app = typer.Typer(
    name="moderator",
    help="A desk in the terminal for the people who decide which comments are published.",
    epilog="Example: moderator demo",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        print(f"moderator {__version__}")  # noqa: T201  # our own words
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    *,
    moderator: review.ModeratorOption = None,
    queue: review.QueueOption = "",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    version: Annotated[  # noqa: ARG001  # its callback prints and leaves
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Opens the desk when no command is named: `moderator` is `moderator review`."""
    ctx.obj = Globals(config, data_dir, database, as_json, quiet)
    if ctx.invoked_subcommand is None:
        raise typer.Exit(finish(lambda: review.open_desk(Call(ctx.obj), moderator, queue)))


for module in (review, demo, intake, score, check, queue, decisions, export, models, config, database, doctor):
    module.register(app)


def run() -> None:
    """Runs the command line and ends the process with the command's exit status."""
    _survive_odd_terminals()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        ended: object = app(standalone_mode=False)
    except typer.Abort:
        ended = settle(KeyboardInterrupt())
    except Exception as error:  # noqa: BLE001  # a command line that can't be understood, or a defect: a sentence each
        ended = settle(error)
    sys.exit(ended if isinstance(ended, int) else 0)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Ends by the ordinary way, so that leases are freed and temporary directories go."""
    raise SystemExit(128 + number)


def _survive_odd_terminals() -> None:
    # A terminal that can't show a letter gets an escape instead of an error.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
