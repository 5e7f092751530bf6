"""Settings that change while a program runs: what changed, what of it can be taken over, and when to look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from moderator.config.layers import LayerKind, read_file
from moderator.config.lists import list_file
from moderator.config.settings import Settings, build

LIVE = ("policy", "scoring", "export", "retention", "review.undo_window_s", "review.defer_s", "tui.theme")
"""Settings, and tables of them, that an open desk can take over. Keys, reasons and the database stay as they are."""

_UNSET = "not set"

Signature = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs.

    Attributes:
        key: Dotted.
        before, after: Values as JSON; `not set` where there is none.
        where: Where the new value comes from.
    """

    key: str
    before: str
    after: str
    where: str

    @property
    def is_live(self) -> bool:
        """Whether an open desk can take it over."""
        return any(self.key == name or self.key.startswith(f"{name}.") for name in LIVE)


def changes(before: Settings, after: Settings) -> tuple[Change, ...]:
    """What differs between two sets of settings, in the order of the documented file. Secrets aren't among them."""
    old, new = _told(before), _told(after)
    return tuple(
        Change(key, _said(old, key), _said(new, key), after.origin(key) if key in new else LayerKind.DEFAULT.value)
        for key in dict.fromkeys((*new, *old))
        if old.get(key) != new.get(key) or (key in old) != (key in new)
    )


def _told(settings: Settings) -> Mapping[str, object]:
    """Every setting by its key; a word list by its version, which follows its file too."""
    return dict(settings.items()) | {"policy.lists": [str(each) for each in settings.word_lists.lists]}


def _said(values: Mapping[str, object], key: str) -> str:
    return json.dumps(values[key], ensure_ascii=False) if key in values else _UNSET


def reread(settings: Settings) -> Settings:
    """The settings as their files have them now; options and environment stay as they were.

    Raises:
        ConfigError: They can't be used, or a file that was read is gone.
    """
    others = [layer for layer in settings.layers if layer.kind is not LayerKind.FILE]
    files = [read_file(file) for file in settings.looked_at if str(file) in settings.files or file.is_file()]
    return replace(build([*others, *files]), looked_at=settings.looked_at)


class SettingsWatch:
    """Notices when a file of the settings has changed and is at rest. Belongs to one thread."""

    def __init__(self) -> None:
        self._seen: Signature | None = None
        self._moving: Signature | None = None

    def look(self, settings: Settings) -> Settings | None:
        """The settings as the files have them now, once for each change.

        A file that is being written is left alone until two looks find it the same.

        Raises:
            ConfigError: They can't be used.
        """
        lists = [list_file(each.file, settings.layers) for each in settings.values.policy.lists if each.file]
        now = _signature([*settings.looked_at, *lists])
        if now == self._seen or now != self._moving:
            self._moving = now
            return None
        self._seen = now
        return reread(settings)


def _signature(files: Sequence[Path]) -> Signature:
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
