"""Typed settings, their merge order, and where each value came from.

`load` gives them checked. `unchecked` gives them as written and imports nothing that takes time, so that a moderator
sees the screen before the settings have been checked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderator.config.layers import DATABASE_NAME, config_files, default_data_dir, overlaid, read_layers
from moderator.errors import ConfigFileError

if TYPE_CHECKING:
    from moderator.config.faults import Fault
    from moderator.config.settings import Settings

__all__ = ["DATABASE_NAME", "default_data_dir", "faults_in", "load", "unchecked"]


def load(
    flags: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None, path: Path | None = None
) -> Settings:
    """Reads every layer, checks the values and says where each came from.

    Args:
        flags: Values from the command line by dotted key (`{"data_dir": "/srv/desk"}`).
        env: Environment; that of the process where absent.
        path: The file named with `--config`.

    Returns:
        Settings, frozen.

    Raises:
        ConfigError: An unknown key, a wrong value, an unreadable file, or a secret written as a plain value.
    """
    from moderator.config.settings import build  # noqa: PLC0415  # pydantic takes 0.3 s to import

    environment = os.environ if env is None else env
    files = {file.resolve(): file for file, _ in reversed(config_files(environment, path))}
    settings = build(read_layers(flags, env, path))
    return replace(settings, looked_at=tuple(reversed(files.values())))


def faults_in(
    flags: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None, path: Path | None = None
) -> list[Fault]:
    """Everything that keeps the settings from being used; empty where `load` would give them.

    A file that can't be read or isn't TOML is the only one told of: nothing is known of what it would say.

    Raises:
        ConfigError: The name of a file that can't be one.
    """
    from moderator.config.faults import Place  # noqa: PLC0415  # as below
    from moderator.config.settings import find_faults  # noqa: PLC0415  # pydantic takes 0.3 s to import

    try:
        layers = read_layers(flags, env, path)
    except ConfigFileError as error:
        place = Place(error.where, error.file, error.line)
        return [place.fault("", error.what, hint=error.hint, code=error.code)]
    return find_faults(layers)


def unchecked(
    flags: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None, path: Path | None = None
) -> dict[str, Any]:
    """What the layers say, merged and as written, for the first frame: nothing is checked and defaults are missing.

    Returns:
        Nested values. Those from the environment are strings.

    Raises:
        ConfigError: A file that can't be read or isn't TOML.
    """
    merged: dict[str, Any] = {}
    for layer in reversed(read_layers(flags, env, path)):
        merged = overlaid(merged, layer.values)
    return merged
