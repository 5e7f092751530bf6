"""Where settings come from, in order, before anything checks them. Standard library only.

flag > `MODERATOR_*` environment > `--config FILE` > `./config.toml` > user config directory > defaults.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from moderator.config.syntax import parsed
from moderator.errors import ConfigError, ConfigFileError

PREFIX = "MODERATOR_"
CONFIG_VARIABLE = "MODERATOR_CONFIG"
"""Names a configuration file, as `--config` does."""

DATABASE_NAME = "moderator.sqlite3"
"""The usual database, in the data directory."""

_TESTS_PREFIX = "MODERATOR_TEST_"
_MAX_CONFIG_BYTES = 1_000_000
_HEADER = re.compile(r"^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")


class LayerKind(StrEnum):
    """What kind of place a value came from, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that gives values.

    Attributes:
        name: What a person would look for: a path, `environment`, `command line`.
        values: Nested, as the file has them. Flags and environment give strings.
        text: The file's text, for line numbers.
    """

    kind: LayerKind
    name: str
    values: dict[str, Any] = field(repr=False)
    text: str = field(default="", repr=False)

    def where(self, path: tuple[str, ...]) -> str:
        """Where this layer gives a value, in words: `config.toml, line 12`, `MODERATOR_LOG__LEVEL`, `--data-dir`."""
        if self.kind is LayerKind.FLAG:
            return "--" + path[-1].replace("_", "-")
        if self.kind is LayerKind.ENVIRONMENT:
            return PREFIX + "__".join(path).upper()
        line = line_of(self.text, path)
        return f"{self.name}, line {line}" if line else self.name


def home_expanded(path: str, key: str) -> Path:
    """A path as written, with `~` as the home directory.

    Args:
        path: As written.
        key: The setting that says so, for the message.

    Raises:
        ConfigError: It names a user who isn't there, or holds a NUL.
    """
    if "\0" in path:
        raise ConfigError(f"{key}: a path can't hold a NUL", code="config.path")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"{key}: {path.split('/', maxsplit=1)[0]} has no home directory", code="config.path"
        ) from None


def default_data_dir() -> Path:
    """The user data directory, where database, log and weights live unless told otherwise."""
    import platformdirs  # noqa: PLC0415  # only some commands ask

    return Path(platformdirs.user_data_dir("moderator", appauthor=False))


def user_config_file() -> Path:
    """The file in the user's configuration directory; it needn't exist."""
    import platformdirs  # noqa: PLC0415  # only some commands ask

    return Path(platformdirs.user_config_dir("moderator", appauthor=False)) / "config.toml"


def config_files(env: Mapping[str, str], path: Path | None) -> list[tuple[Path, bool]]:
    """The files that are looked at, the strongest first, and whether each must exist."""
    named = str(path) if path else env.get(CONFIG_VARIABLE)
    files = [(home_expanded(named, "--config"), True)] if named else []
    return [*files, (Path("config.toml"), False), (user_config_file(), False)]


def read_layers(
    flags: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None, path: Path | None = None
) -> list[Layer]:
    """Reads every place that gives values.

    Args:
        flags: Values from the command line by dotted key; `None` values are left out.
        env: Environment; that of the process where absent.
        path: The file named with `--config`.

    Returns:
        Layers, the strongest first. Defaults aren't among them: the model has those.

    Raises:
        ConfigError: A file that was named and isn't there, can't be read, or isn't TOML.
    """
    environment = os.environ if env is None else env
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    layers = [
        Layer(LayerKind.FLAG, "command line", nest((tuple(key.split(".")), given[key]) for key in given)),
        Layer(LayerKind.ENVIRONMENT, "environment", nest(environment_values(environment))),
    ]
    seen: set[Path] = set()
    for file, must_exist in config_files(environment, path):
        if file.resolve() not in seen and (must_exist or file.is_file()):
            seen.add(file.resolve())
            layers.append(read_file(file))
    return layers


def read_file(file: Path) -> Layer:
    """One configuration file as a layer.

    Raises:
        ConfigFileError: Not there, not readable, too big, not UTF-8, or not TOML.
    """
    try:
        if file.stat().st_size > _MAX_CONFIG_BYTES:
            hint = "Name another file."
            raise ConfigFileError("too big for a configuration", file=str(file), code="config.file", hint=hint)
        content = file.read_bytes()
    except OSError as error:
        hint = "Check the path." if isinstance(error, FileNotFoundError) else "Check the file and its permissions."
        what = error.strerror or "unreadable"
        raise ConfigFileError(what, file=str(file), code="config.file", hint=hint) from error
    text, values = parsed(content, file)
    return Layer(LayerKind.FILE, str(file), values, text)


def environment_values(env: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """`MODERATOR_LOG__LEVEL=debug` as `(("log", "level"), "debug")`, for every such variable."""
    for name, value in env.items():
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE and not name.startswith(_TESTS_PREFIX):
            yield tuple(name.removeprefix(PREFIX).lower().split("__")), value


def nest(pairs: Iterable[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """Dotted paths as one nested dict: `(("log", "level"), "debug")` as `{"log": {"level": "debug"}}`."""
    nested: dict[str, Any] = {}
    for path, value in pairs:
        section: dict[str, Any] = nested
        for part in path[:-1]:
            inner = section.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            section = cast("dict[str, Any]", inner)
        else:
            section[path[-1]] = value
    return nested


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values with stronger ones laid over them; sections are merged, everything else replaced."""
    merged = dict(below)
    for key, value in above.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = overlaid(cast("dict[str, Any]", before), cast("dict[str, Any]", value))
        else:
            merged[key] = value
    return merged


def leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with its path. A list is one value; an empty section is none."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(cast("dict[str, Any]", value), (*path, key))
        else:
            yield (*path, key), value


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line of a TOML text that sets `path`, from 1; the nearest table around it, or `None` where neither is seen.

    A table of a list has its number in the path: `("policy", "lists", "0", "name")`.

    A search by eye, not a parser: `tomllib` keeps no positions, and a wrong guess costs a glance.
    """
    table: tuple[str, ...] = ()
    nearest: int | None = None
    listed = Counter[tuple[str, ...]]()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = key_path(header.group(1))
            if line.lstrip().startswith("[["):
                listed[table] += 1
                table = (*table, str(listed[table] - 1))
            if table[: len(path)] == path:
                return number
            if path[: len(table)] == table:
                nearest = number
        elif "=" in line and not line.lstrip().startswith("#"):
            here = (*table, *key_path(line.split("=", 1)[0]))
            if here == path:
                return number
            if len(here) > len(table) and path[: len(here)] == here:
                nearest = number
    return nearest


def key_path(key: str) -> tuple[str, ...]:
    """The parts of a dotted key; a quoted part may hold dots."""
    return tuple(next(part for part in match if part) for match in _KEY_PART.findall(key) if any(match))


def dotted(path: Iterable[str]) -> str:
    """A path as one dotted key, as TOML writes it: a part that holds more than a-z, 0-9, _ and - is quoted."""
    return ".".join(part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in path)
