"""One run of one command: its global options, its settings and services, and how it ends. Knows nothing of Typer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderator.cli.failures import settle
from moderator.cli.output import Output

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Globals:
    """The global options as given."""

    config: Path | None = None
    data_dir: Path | None = None
    database: str | None = None
    as_json: bool = False
    quiet: bool = False

    def overlaid(self, above: Globals) -> Globals:
        """These options with those that stand after the command laid over them."""
        return Globals(
            above.config or self.config,
            above.data_dir or self.data_dir,
            above.database or self.database,
            above.as_json or self.as_json,
            above.quiet or self.quiet,
        )


@dataclass(slots=True)
class Call:
    """One run of one command.

    Attributes:
        given: The global options.
        flags: Settings that the command's own options set, by dotted key.
        out: How to print.
    """

    given: Globals
    flags: dict[str, Any] = field(default_factory=dict[str, Any])
    out: Output = field(init=False)
    _settings: Settings | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.out = Output(as_json=self.given.as_json, quiet=self.given.quiet)

    def all_flags(self) -> dict[str, Any]:
        """Settings that the command line sets, by dotted key."""
        data_dir = str(self.given.data_dir) if self.given.data_dir else None
        return {"data_dir": data_dir, "database": self.given.database, **self.flags}

    @property
    def settings(self) -> Settings:
        """The settings in force, read and checked at first use; from then on the log is open.

        Raises:
            ConfigError: They can't be used.
        """
        if self._settings is None:
            from moderator import logs
            from moderator.config import load

            self._settings = load(self.all_flags(), path=self.given.config)
            logs.configure(self._settings.log_file, self._settings.values.log.level)
        return self._settings

    def use(self, **flags: Any) -> None:
        """Adds settings that the command's own options set (`review__order="newest"`); `None` changes nothing."""
        self.flags |= {key.replace("__", "."): value for key, value in flags.items() if value is not None}
        self._settings = None

    @contextmanager
    def services(self, *, of_demo: bool = False) -> Generator[Services]:
        """The services, closed at the end of the block.

        Args:
            of_demo: Where there's no database of one's own yet but one of a demo, take that, and say so.

        Raises:
            ModeratorError: They can't be opened.
        """
        from moderator.bootstrap import open_services

        with open_services(self.settings_of_demo() if of_demo else self.settings) as services:
            yield services

    def settings_of_demo(self) -> Settings:
        """The settings, or, for somebody who has only ever seen the demo, the demo's."""
        from moderator.cli.demo_home import demo_settings

        settings = self.settings
        demo = demo_settings(settings, self.all_flags(), self.given.config)
        if demo is None:
            return settings
        self.out.remark(f"No database of your own yet: this is the demo's, in {demo.data_dir}.")
        self._settings = demo
        return demo


def finish(work: Callable[[], int | None]) -> int:
    """Runs a command to its end, whatever that is.

    Returns:
        Its exit status. Only what ends the interpreter on purpose passes through.
    """
    try:
        status = work() or 0
        # A reader that left is noticed here and not when the interpreter ends, where nobody can catch it.
        sys.stdout.flush()
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # the last one that can turn it into a sentence
        return settle(error)
    return status
