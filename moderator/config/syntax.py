"""A configuration file's bytes as values, and what keeps them from being some, in words with their line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from moderator.errors import ConfigFileError

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_DECIMAL_COMMA = re.compile(r"=\s*[+-]?\d+,\d")
_BARE_WORD = re.compile(r"=\s*([^\W\d]\w*)")
_NOTHING = re.compile(r"=\s*(?:#.*)?$")
_EXAMPLE = "Compare it with the example that `moderator config path` names."


def parsed(content: bytes, file: Path) -> tuple[str, dict[str, Any]]:
    """A file's text and its values. A mark of the byte order, as editors on Windows leave it, is no part of either.

    Raises:
        ConfigFileError: It isn't UTF-8, or isn't TOML.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        wide = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
        hint = "It is UTF-16: save it as UTF-8." if wide else "Save it as UTF-8."
        raise ConfigFileError("not UTF-8", file=str(file), line=line, code="config.encoding", hint=hint) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explained(str(error), text, file) from error


def _explained(said: str, text: str, file: Path) -> ConfigFileError:
    """A message of tomllib as a place and a sentence, with a hint from what stands there."""
    lines = text.splitlines() or [""]
    place = _PLACE.search(said)
    line = min(int(place.group(1)), len(lines)) if place and place.group(1) else len(lines)
    what, hint = _PLACE.sub("", said), _EXAMPLE
    there = lines[line - 1]
    if what.startswith(("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate")):
        what, hint = f"{_quoted(there)} was set before", "A key or a table stands once in a file: put them together."
    elif _DECIMAL_COMMA.search(there):
        hint = "A number takes a point: 0.5."
    elif _NOTHING.search(there):
        what, hint = f"{_quoted(there)} has no value", "Write one, or take the line out."
    elif (word := _BARE_WORD.search(there)) is not None:
        is_truth = word.group(1).lower() in {"true", "false"}
        hint = "true and false are written small." if is_truth else 'Text stands in quotes, as in level = "debug".'
    return ConfigFileError(f"not valid TOML: {what}", file=str(file), line=line, code="config.syntax", hint=hint)


def _quoted(line: str) -> str:
    """What a line sets, without its value: that may be a secret."""
    return line.split("=", 1)[0].split("#", 1)[0].strip() or "the line"
