"""The entry point that scripts and shells start.

`moderator` alone opens the desk, and what stands between a moderator and the first frame is imports: so this imports
neither Typer nor a command before it knows which one is wanted. And nothing of ours before it's ready for Ctrl-C.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn


def run() -> None:
    """Runs the command line and ends the process with the command's exit status."""
    _open_what_is_closed()
    _survive_odd_terminals()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        status = _dispatch(sys.argv[1:])
    except KeyboardInterrupt as error:  # while what the command needs was being imported
        from moderator.cli.failures import settle

        status = settle(error)
    except SystemExit as left:
        if not isinstance(left.code, int):
            raise
        status = left.code
    _end(status)


def _dispatch(arguments: list[str]) -> int:
    if not arguments and sys.stdin.isatty() and sys.stderr.isatty():
        from moderator.cli.call import Call, Globals, finish
        from moderator.cli.desk import open_desk

        return finish(lambda: open_desk(Call(Globals()), None, ""))
    import typer

    from moderator.cli.failures import settle
    from moderator.cli.tree import build, modules_for

    try:
        ended: object = build(modules_for(arguments))(arguments, standalone_mode=False)
    except typer.Abort:
        ended = settle(KeyboardInterrupt())
    except Exception as error:  # noqa: BLE001  # a command line that can't be understood, or a defect: a sentence each
        ended = settle(error)
    return ended if isinstance(ended, int) else 0


def _end(status: int) -> NoReturn:
    """Ends the process, at once where threads of ours are still at work.

    All of them may be killed at any moment. Python's own end would run its last callbacks beside them, and walk through
    tables that they change: now and then that prints a traceback on the shell of somebody who only left.
    """
    if threading.active_count() > 1:
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except OSError:
            sys.exit(status)  # says what couldn't be written, and changes the status
        logging.shutdown()
        os._exit(status)
    sys.exit(status)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Ends by the ordinary way, so that leases are freed and temporary directories go."""
    raise SystemExit(128 + number)


def _open_what_is_closed() -> None:
    """Puts something in the place of standard streams that whoever started us has closed (`>&-`, some schedulers).

    Otherwise the next file that is opened, perhaps the database, would take their number. Nothing can be read, remarks
    go nowhere, and what is printed fails: a result that nobody gets isn't done.
    """
    for name, mode, access in (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, access)
            setattr(sys, name, open(nothing, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends


def _survive_odd_terminals() -> None:
    # A terminal that can't show a letter gets an escape instead of an error.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
