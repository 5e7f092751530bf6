"""What is wrong with a configuration, one thing at a time, with its place and what would do instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderator.config.layers import Layer, LayerKind, line_of
from moderator.errors import ConfigError

_MAX_REPORTED = 5


class Severity(StrEnum):
    """Whether a configuration can be used with a fault in it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can't be used, or that can and is most likely not meant.

    Attributes:
        key: The setting, dotted; empty where a whole file is meant.
        message: What is wrong, as a clause that names the key.
        where: Its place in words: `config.toml, line 12`, `MODERATOR_LOG__LEVEL`; empty for a default.
        file: The file, where it stands in one.
        line: Its line from 1, where that is known.
        hint: What to do about it, as a sentence.
        code: As in `ModeratorError.code`.
    """

    key: str
    message: str
    where: str = ""
    file: str | None = None
    line: int | None = None
    hint: str | None = None
    code: str = "config.value"
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting stands; attributes as in `Fault`."""

    where: str = ""
    file: str | None = None
    line: int | None = None

    def fault(
        self,
        key: str,
        message: str,
        *,
        hint: str | None,
        code: str = "config.value",
        severity: Severity = Severity.ERROR,
    ) -> Fault:
        """What is wrong here; arguments as in `Fault`."""
        where, file, line = self.where, self.file, self.line
        return Fault(
            key=key, message=message, where=where, file=file, line=line, hint=hint, code=code, severity=severity
        )


def place_of(layer: Layer | None, path: tuple[str, ...]) -> Place:
    """Where a layer gives a value; nowhere in particular for a default."""
    if layer is None:
        return Place("defaults")
    if layer.kind is not LayerKind.FILE:
        return Place(layer.where(path))
    return Place(layer.where(path), layer.name, line_of(layer.text, path))


def as_error(faults: Sequence[Fault]) -> ConfigError:
    """The faults as one error: the first few in full, the others counted."""
    lines = [str(fault) for fault in faults[:_MAX_REPORTED]]
    hints = [fault.hint for fault in faults if fault.hint]
    if len(faults) > 1:
        lines = [
            f"{line} ({fault.hint})" if fault.hint and fault.hint != hints[-1] else line
            for line, fault in zip(lines, faults, strict=False)
        ]
    if len(faults) > len(lines):
        lines.append(f"and {len(faults) - len(lines)} more")
    return ConfigError("\n".join(lines), code=faults[0].code, hint=hints[-1] if hints else None)
