"""Opening the desk: quickly, and with what can't be opened told on the terminal."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from moderator.cli.call import Call
from moderator.config import DATABASE_NAME, default_data_dir, unchecked
from moderator.errors import ModeratorError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.config.settings import Settings
    from moderator.services.reading import Reading
    from moderator.tui.look import Look


_WELCOMED = "welcomed"
"""Lies in the data directory once somebody has seen the welcome."""


_SITES_STOP_S = 2.0
"""How long leaving waits for the exchange with sites: what is cut off is done again later."""


def open_desk(call: Call, moderator: str | None, queue: str) -> int:
    """Opens the desk on the settings' database, or the demo's for somebody who has no other.

    Returns:
        The exit status.

    Raises:
        ConfigError: There's no terminal, or the filter or a setting can't be used.
        ModeratorError: The database can't be opened.
    """
    call.use(moderator=moderator)
    raw = unchecked(call.all_flags(), path=call.given.config)
    usual = Path(raw.get("data_dir") or default_data_dir()) / DATABASE_NAME
    if not raw.get("database") and not usual.exists():
        # Perhaps only a demo has run. The line that says so must come before the desk takes the screen.
        call.settings_of_demo()
    return show_desk(lambda: call.settings, look_from(raw, queue), _plain_file(raw, usual))


def _plain_file(raw: dict[str, Any], usual: Path) -> Path | None:
    """The database's file, where that's plain to see before the settings are checked."""
    address = str(raw.get("database") or usual).removeprefix("sqlite:///")
    return Path(address) if Path(address).is_absolute() else None


def show_desk(read_settings: Callable[[], Settings], look: Look, file: Path | None = None) -> int:
    """Runs the desk; what can't be opened is told on the terminal after it has closed.

    Args:
        read_settings: Reads and checks the settings. Called in a thread, after the first frame.
        look: What the first frame needs.
        file: The database, if it's known to be this file: its first comments are shown while settings are checked.

    Returns:
        The exit status.

    Raises:
        ModeratorError: The settings or the database can't be used.
    """
    from moderator.tui.app import run

    failed: list[ModeratorError] = []
    opened: list[Services] = []
    stopping: list[Callable[[float], None]] = []

    def connect() -> Services:
        """Called by the desk in a thread, after its first frame."""
        from moderator.bootstrap import open_services

        try:
            services = open_services(read_settings(), background=True)
            opened.append(services)
            _ = services.db
            if services.settings.values.sources:
                from moderator.services.upkeep import Upkeep

                stopping.append(Upkeep(services.sources, services.delivery).start())
        except ModeratorError as error:
            failed.append(error)
            raise
        return services

    def read_ahead() -> AbstractContextManager[Reading]:
        from moderator.bootstrap import open_reading

        return open_reading(file or Path())

    try:
        status = run(connect, look, read_ahead if file else None, follows_settings=True)
    finally:
        for stop in stopping:
            stop(_SITES_STOP_S)
        for services in opened:
            services.close()
    if failed:
        raise failed[0]
    return status


def look_from(raw: dict[str, Any], queue: str = "") -> Look:
    """What the desk needs for its first frame, from settings that nobody has checked yet.

    A wrong value gives the default here and an error when the settings are read, a moment later.

    Args:
        raw: Merged values as written.
        queue: Filter line, or the name of a queue.

    Raises:
        ConfigError: The filter can't be understood.
    """
    from moderator.tui.look import Look

    tui, review = _section(raw, "tui"), _section(raw, "review")
    queues = {str(name): str(line) for name, line in _section(review, "queues").items()}
    queue = queues.get(queue, queue)
    if queue:
        from moderator.domain.filter import parse_filter

        parse_filter(queue)
    given: Any = review.get("reasons")
    tables = cast("list[Any]", given) if isinstance(given, list) else []
    reasons = tuple(
        (str(table.get("code")), str(table.get("key")), str(table.get("title")))
        for table in (_section({"reason": table}, "reason") for table in tables)
        if table
    )
    return Look(
        moderator=str(raw.get("moderator") or _system_user()),
        theme=str(tui.get("theme", "dark")),
        keys={str(action): str(key) for action, key in _section(tui, "keys").items()},
        reasons=reasons,
        queue=queue,
        order=str(review.get("order", "risk")),
        mask=_truth(tui.get("mask", True)),
        mild_every=_count(tui, "mild_every", 0),
        stop_after_min=_count(tui, "stop_after_min", 0),
        welcome=_welcome(raw, _truth(tui.get("welcome", True))),
        lease_s=_count(review, "lease_s", 120),
        queues=queues,
        confirm_above=_count(review, "confirm_above", 20),
        single_keys=_truth(tui.get("single_keys", True)),
    )


def look_of(settings: Settings, home: Path | None = None) -> Look:
    """What the desk needs for its first frame, from settings that were checked.

    Args:
        settings: Those in force.
        home: The data directory that keeps whether the welcome was seen; by default that of the settings.
    """
    from moderator.tui.look import Look

    values = settings.values
    return Look(
        moderator=settings.moderator,
        theme=values.tui.theme,
        keys=values.tui.keys,
        reasons=tuple((reason.code, reason.key, reason.title) for reason in settings.reasons),
        order=values.review.order.value,
        mask=values.tui.mask,
        mild_every=values.tui.mild_every,
        stop_after_min=values.tui.stop_after_min,
        welcome=(home or settings.data_dir) / _WELCOMED if values.tui.welcome else None,
        lease_s=values.review.lease_s,
        queues=values.review.queues,
        confirm_above=values.review.confirm_above,
        single_keys=values.tui.single_keys,
    )


def _welcome(raw: dict[str, Any], wanted: bool) -> Path | None:
    """Where it's noted that the welcome was seen."""
    return Path(raw.get("data_dir") or default_data_dir()) / _WELCOMED if wanted else None


def _truth(given: object) -> bool:
    return str(given).lower() not in {"false", "no", "off", "0"}


def _count(section: dict[str, Any], name: str, usual: int) -> int:
    given = str(section.get(name, ""))
    return int(given) if given.isdigit() else usual


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""  # the settings say what to do about it, when they are read


def _section(values: dict[str, Any], name: str) -> dict[str, Any]:
    section = values.get(name)
    return cast("dict[str, Any]", section) if isinstance(section, dict) else {}
