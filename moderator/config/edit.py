"""Changing thresholds in a configuration file, its comments and their order kept."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from moderator.domain.policy import Threshold
from moderator.domain.score import Label
from moderator.errors import ConfigError


def with_thresholds(text: str, thresholds: Mapping[Label, Threshold], name: str = "config.toml") -> str:
    """A configuration with other general thresholds; everything else stays as it was, to the blank.

    Args:
        text: The file's content, empty for a new one.
        thresholds: Those to write. A value that stands there already is left alone.
        name: The file, for the message.

    Raises:
        ConfigError: It isn't TOML.
    """
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise ConfigError(f"{name}: not valid TOML", code="config.toml", hint="`moderator config check`.") from error
    for label, threshold in thresholds.items():
        table = _inside(document, ("policy", "thresholds", label.value))
        for key, value in (("review", threshold.review), ("priority", threshold.priority)):
            if table.get(key) != value:
                table[key] = value
    return tomlkit.dumps(document)


def _inside(document: Any, path: tuple[str, ...]) -> Any:
    """The table at a path, made where it isn't there; one above it stays implicit."""
    table = document
    for depth, key in enumerate(path):
        if key not in table:
            table.add(key, tomlkit.table(is_super_table=depth < len(path) - 1))
        table = table[key]
    return table


def difference(before: str, after: str, name: str) -> str:
    """What changes, as a unified diff; empty where nothing does."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (now)", f"{name} (then)", lineterm=""
    )
    return "\n".join(lines)


def replace_file(path: Path, text: str) -> None:
    """Writes a file whole or not at all, with the rights that it had.

    Raises:
        ConfigError: It can't be written.
    """
    target = path.resolve()  # what a link points to is changed, not the link
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", code="config.write") from error
