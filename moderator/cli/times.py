"""Times on the command line: what people may type, and what is printed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moderator.errors import ConfigError
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    from moderator.config.settings import Settings


def moment(text: str | None, option: str, settings: Settings, now_ms: int | None = None) -> int | None:
    """Reads a time: ISO 8601, epoch, or words such as "2 days ago".

    Args:
        text: What was typed, `None` where nothing was.
        option: The option it stands behind, for the message.
        settings: They say in which zone a time without one is.
        now_ms: What "2 days ago" counts from, UTC milliseconds; now where absent.

    Returns:
        UTC milliseconds, `None` for `None`.

    Raises:
        ConfigError: It can't be read for sure.
    """
    if text is None:
        return None
    from moderator.connectors.files.dates import DateReader, UnknownDateError
    from moderator.domain.clock import system_clock

    try:
        now = system_clock() if now_ms is None else now_ms
        return DateReader(now, zone=settings.time_zone, day_first=settings.day_first).read(text).ms
    except UnknownDateError as error:
        hint = "For example 2026-11-01, 2026-11-01T12:00Z, or '2 days ago'."
        message = f"{option} {visible_line(text, 40)!r}: {error}"
        raise ConfigError(message, code="config.time", hint=hint) from None


def check_window(since_ms: int | None, until_ms: int | None) -> None:
    """Refuses a window in which nothing can lie.

    Raises:
        ConfigError: It ends before it starts.
    """
    if since_ms is not None and until_ms is not None and until_ms <= since_ms:
        raise ConfigError("--until is no later than --since", code="config.usage")


def iso(at_ms: int) -> str:
    """UTC with milliseconds, for programs: `2026-11-22T10:15:00.000Z`."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minute(at_ms: int) -> str:
    """UTC to the minute, for people: `2026-11-22 10:15`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
