"""The tables of this room: layouts, widgets and words of pages, which are data and stand in data files."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TypeVar

import msgspec

T = TypeVar("T")


def read_table(name: str, kind: type[T]) -> T:
    """A table, checked.

    Args:
        name: Of the file, without suffix.
        kind: What it holds.
    """
    content = resources.files("moderator.connectors.pages").joinpath(f"data/{name}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(content), kind)
