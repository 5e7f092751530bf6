"""Every error that `moderator` raises on purpose, as one tree.

An error says what went wrong, where, and what to do next. The command line prints it as two lines and
ends with the exit status of its class, so that scripts can tell a bad configuration from a full disk.
"""

from __future__ import annotations

from typing import ClassVar


class ModeratorError(Exception):
    """Base of the tree.

    Attributes:
        code: A short, stable, machine-readable name (`config.unknown_key`).
        hint: What the reader can do about it, as one sentence, or `None`.
        exit_status: What the process ends with when nothing handles the error.
    """

    exit_status: ClassVar[int] = 1
    family: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.family
        self.hint = hint


class ConfigError(ModeratorError):
    """The configuration, or a value on the command line, can't be used."""

    exit_status = 2
    family = "config"


class ConfigFileError(ConfigError):
    """A configuration file that can't be read as one.

    Attributes:
        what: Why, as a clause.
        where: Its place in words.
        file: Its path.
        line: Where, from 1; `None` where the whole file is meant.
    """

    def __init__(self, what: str, *, file: str, line: int | None = None, code: str, hint: str) -> None:
        where = f"{file}, line {line}" if line else file
        super().__init__(f"{where}: {what}", code=code, hint=hint)
        self.what, self.where = what, where
        self.file, self.line = file, line


class FilterError(ConfigError):
    """A filter line that isn't understood.

    Attributes:
        what: What isn't understood, as a clause.
        example: How it's meant.
        at: Where the part begins that isn't understood, in characters from 0.
        end: Where it ends.
    """

    def __init__(self, what: str, example: str, at: int = 0, end: int = 0) -> None:
        place = f" (from character {at + 1})" if at else ""
        super().__init__(f"Filter: {what}{place}.", code="config.filter", hint=f"For example: {example}")
        self.what, self.example = what, example
        self.at, self.end = at, end


class PolicyError(ConfigError):
    """Thresholds that contradict each other or lie outside 0..1."""

    family = "policy"


class PluginError(ConfigError):
    """An entry point that can't be loaded, or doesn't keep its protocol."""

    family = "plugin"


class StorageError(ModeratorError):
    """The database can't be opened, read or written."""

    exit_status = 3
    family = "storage"


class ScoringError(ModeratorError):
    """A scorer can't be loaded or failed as a whole. A single bad text isn't this: it is a `ScoringFailure`."""

    exit_status = 4
    family = "scoring"


class ConnectorError(ModeratorError):
    """A source or sink can't be read or written."""

    exit_status = 5
    family = "connector"


class ConnectorUnavailableError(ConnectorError):
    """The system can't be reached or is busy just now: the same call may work later.

    Attributes:
        wait_s: How long it asks to be left alone, in seconds, or `None` where it doesn't say.
    """

    def __init__(
        self, message: str, *, code: str | None = None, hint: str | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.wait_s = wait_s


class DecisionConflictError(ModeratorError):
    """Somebody else decided first, holds the comment, or the text changed since it was shown.

    The queue's row comes back with `message`, so the sentence is written for a moderator.
    """

    family = "conflict"


class NotFoundError(ModeratorError):
    """A comment or decision with that number doesn't exist."""

    family = "not_found"
