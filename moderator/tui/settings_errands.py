"""Reading changed settings and taking them into force, in the backend's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.errors import ConfigError
from moderator.text.visible import Visible, visible_line
from moderator.tui.messages import Problem

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services
    from moderator.config.watch import Change, SettingsWatch

_MOST_LINES = 5
_REROUTING = ("policy.", "scoring.")


@dataclass(eq=False, repr=False)
class SettingsTaken(Message):
    """Changed settings are in force.

    Attributes:
        lines: What changed, a setting each; the first few.
        summary: The same in one line.
        theme: The theme wanted now.
        reroutes: Whether what waits gets another place by them.
    """

    lines: tuple[Visible, ...]
    summary: Visible
    theme: str
    reroutes: bool


@dataclass(eq=False, repr=False)
class SettingsRefused(Message):
    """Changed settings can't be used, or not while the desk is open. Nothing of them is in force."""

    problem: Problem


class SettingsFollower:
    """Follows the files of the settings. Used in the backend's thread only."""

    def __init__(self) -> None:
        self._watch: SettingsWatch | None = None

    def look(self, services: Services) -> SettingsTaken | None:
        """Takes changed settings into force, whole.

        Returns:
            What changed; `None` where nothing did.

        Raises:
            ConfigError: They can't be used, or something in them can't change while the desk is open. Nothing of them
                is in force.
        """
        if self._watch is None:
            from moderator.config.watch import SettingsWatch  # noqa: PLC0415  # the first frame must not wait for it

            self._watch = SettingsWatch()
        return _take(services, self._watch)


def _take(services: Services, watch: SettingsWatch) -> SettingsTaken | None:
    from moderator.config.watch import changes  # noqa: PLC0415  # the first frame must not wait for it

    new = watch.look(services.settings)
    found = changes(services.settings, new) if new is not None else ()
    if new is None or not found:
        return None
    fixed = [change.key for change in found if not change.is_live]
    if fixed:
        raise ConfigError(
            f"{', '.join(fixed)} can't change while the desk is open.",
            code="config.fixed",
            hint="Nothing of the change was taken over, the rest of it neither: leave and start again.",
        )
    services.adopt(new)
    lines = tuple(visible_line(_line(change)) for change in found)
    more = (visible_line(f"and {len(lines) - _MOST_LINES} more"),) if len(lines) > _MOST_LINES else ()
    return SettingsTaken(
        (*lines[:_MOST_LINES], *more),
        visible_line(_summary(found)),
        new.values.tui.theme,
        any(change.key.startswith(_REROUTING) for change in found),
    )


def _line(change: Change) -> str:
    return f"{change.key}: {change.before} → {change.after}"


def _summary(found: Sequence[Change]) -> str:
    count = "A setting has" if len(found) == 1 else f"{len(found)} settings have"
    return f"{count} changed and {'is' if len(found) == 1 else 'are'} in force: {_line(found[0])}"
