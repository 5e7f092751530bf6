"""From an exception to what the terminal says and what the process ends with. No traceback reaches a terminal."""

from __future__ import annotations

import errno
import logging
import os
import sys
from typing import Protocol, runtime_checkable

from moderator.errors import ModeratorError
from moderator.text.visible import visible

INTERRUPTED = 130
"""As a shell reports a process that Ctrl-C ended (128 + SIGINT)."""

PIPE_CLOSED = 141
"""As a shell reports a process whose reader left (128 + SIGPIPE): `moderator export ... | head`."""

DEFECT = 70
"""Something unexpected: a mistake of ours, not of the reader's. `EX_SOFTWARE` of sysexits."""

_STORAGE = 3
_log = logging.getLogger(__name__)


@runtime_checkable
class UsageFailure(Protocol):
    """What Typer raises when a command line can't be understood, whichever module it keeps its exceptions in."""

    exit_code: int

    def format_message(self) -> str:
        """What is wrong, in words."""
        ...


def settle(error: BaseException) -> int:
    """Says what went wrong, on standard error.

    Returns:
        The exit status.

    Raises:
        BaseException: The error itself, where it's none that a command can end with.
    """
    if isinstance(error, KeyboardInterrupt):
        _complain("interrupted")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        close_stdout_quietly()
        return PIPE_CLOSED
    if isinstance(error, ModeratorError):
        _log.info("ended", extra={"code": error.code, "status": error.exit_status})
        _complain(error.message, error.hint)
        return error.exit_status
    if isinstance(error, UsageFailure):
        message = error.format_message()
        if message:  # a group named without a command has printed its help instead
            _complain(message, f"Try `{_command_path(error)} --help`.")
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        _log.warning("system error", exc_info=error)
        _complain(*_system_error(error))
        return _STORAGE
    if isinstance(error, Exception):
        _log.error("unexpected", exc_info=error)
        _complain(*_defect(error))
        return DEFECT
    raise error


def close_stdout_quietly() -> None:
    """Sends what is still to be printed nowhere: the interpreter would complain of the closed pipe when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _system_error(error: OSError) -> tuple[str, str]:
    if error.errno == errno.EBADF:
        close_stdout_quietly()
        return "standard output is closed", "Send it to a file, to another program, or to /dev/null."
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{where}{error.strerror}", "Check the path, its permissions and the space on the disk."


def _defect(error: Exception) -> tuple[str, str]:
    # The words of a foreign exception may quote a comment: its kind and the log have to do.
    from moderator import logs

    sentence = f"something unexpected went wrong ({type(error).__name__})"
    file = logs.log_file()
    if file is None:
        return sentence, "Nothing decided is lost. Please report it with what you did."
    return f"{sentence}; the details are in {file}", "Nothing decided is lost. Please report it with that log."


def _complain(message: str, hint: str | None = None) -> None:
    lines = [f"moderator: {message}"] + ([hint] if hint else [])
    print(visible("\n".join(lines)), file=sys.stderr)  # noqa: T201  # errors go to the terminal


def _command_path(error: object) -> str:
    return str(getattr(getattr(error, "ctx", None), "command_path", "moderator"))
