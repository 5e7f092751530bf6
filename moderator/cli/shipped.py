"""Files that come with the program: beside the code in a wheel, at their own place in a checkout."""

from __future__ import annotations

from pathlib import Path

import moderator
from moderator.errors import ConfigError

_IN_CHECKOUT = {"demo.jsonl": "fixtures/demo.jsonl", "config.toml": "config.toml"}


def shipped_file(name: str) -> Path:
    """A file that comes with the program: `demo.jsonl` or `config.toml`.

    Raises:
        ConfigError: The installation lacks it.
    """
    package = Path(moderator.__file__).parent
    for place in (package / "data" / name, package.parent / _IN_CHECKOUT[name]):
        if place.is_file():
            return place
    raise ConfigError(f"{name} is missing from this installation", code="config.install", hint="Reinstall moderator.")
