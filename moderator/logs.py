"""The program's own log: JSON lines in the data directory, with ids and counts, never a comment's text or a name.

Use the standard library's loggers: `logging.getLogger(__name__).info("intake done", extra={"added": 3})`. What may
pass is decided here, not at each call: a field is a number, a truth value, `None`, or a short string that went through
the gate. Of a foreign exception only its kind and its place in the code are kept: its words may quote a reader.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from moderator.errors import ModeratorError
from moderator.text.visible import visible_line

_ROOT = "moderator"
_MAX_BYTES = 1_000_000
_KEPT_FILES = 3
_MAX_FIELD_CHARS = 200
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Words of these say what the machine did, and name a file at most.
_HARMLESS_WORDS = (ModeratorError, OSError, ImportError, AttributeError, NameError)


class LinesHandler(RotatingFileHandler):
    """Writes JSON lines and starts a new file after a megabyte; three old ones are kept.

    The file is made with the first line. A line that can't be written (a full disk) is counted in `lost` and nothing
    is printed: the screen may belong to the desk.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", delay=True)
        self.lost = 0
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line, making the folder first."""
        if self.stream is None:  # pyright: ignore[reportUnnecessaryComparison]  # it is, until the file is open
            try:
                Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
            except OSError:
                self.lost += 1
                return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  # the base class's name
        """Counts a line that couldn't be written."""
        self.lost += 1


class LineFormatter(logging.Formatter):
    """One record as one line of JSON: `at`, `level`, `from`, `event`, its fields, and the place of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line: dict[str, Any] = {
            "at": at,
            "level": record.levelname.lower(),
            "from": record.name.removeprefix(f"{_ROOT}."),
            "pid": record.process,
            "event": _harmless(record.getMessage()),
        }
        for key, value in vars(record).items():
            if key not in _STANDARD:
                line[key] = _harmless(value)
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def describe(error: BaseException) -> list[dict[str, Any]]:
    """An exception and those it came from, the latest first: kind, place in the code, words where they are harmless.

    Local variables are never looked at.
    """
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__, limit=-30)
        entry: dict[str, Any] = {
            "kind": type(current).__qualname__,
            "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if isinstance(current, _HARMLESS_WORDS):
            entry["words"] = _harmless(str(current))
        chain.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def configure(file: Path, level: str = "info") -> LinesHandler:
    """Sends the program's own log to a file, in place of where it went before.

    Args:
        file: Made, with its folder, when the first line is written.
        level: `debug`, `info`, `warning` or `error`.

    Returns:
        The handler, which counts what it couldn't write.
    """
    logger = logging.getLogger(_ROOT)
    for old in [handler for handler in logger.handlers if isinstance(handler, LinesHandler)]:
        logger.removeHandler(old)
        old.close()
    handler = LinesHandler(file)
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    # A library's own handlers on the root logger would print on the desk's screen.
    logger.propagate = False
    return handler


def log_file() -> Path | None:
    """Where the log goes now; `None` before `configure`."""
    for handler in logging.getLogger(_ROOT).handlers:
        if isinstance(handler, LinesHandler):
            return Path(handler.baseFilename)
    return None


def _harmless(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return visible_line(value if isinstance(value, str) else type(value).__name__, _MAX_FIELD_CHARS)
