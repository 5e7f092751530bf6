"""`moderator demo`: the whole way of a comment on comments that come with the program."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.check import ScorerOption
from moderator.cli.frame import command

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.cli.demo_home import DemoHome
    from moderator.config.settings import Settings
    from moderator.domain.comment import Status

_MOST_ROWS = 1000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator demo", panel="Moderate")(demo)


def demo(
    call: Call,
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Print the scored queue instead of opening it.")] = False,
    scorer: ScorerOption = None,
) -> int:
    """Takes the demo's comments in, scores them and opens the desk; without a terminal it prints the scored queue.

    The demo has a directory of its own, made anew each time, and touches no other database. What you decide there
    stays until the next demo: `moderator history`, `undo` and `export decisions` find it.
    """
    from moderator.cli.demo_home import demo_home, settings_in

    terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    headless = headless or call.out.as_json or not terminal
    # Quick and there on every machine, whatever weights lie on the disk, unless somebody asked for another.
    usual = call.settings
    call.use(scoring__scorer=scorer or ("embedded" if usual.values.scoring.scorer == "auto" else None))
    with demo_home(usual.data_dir) as home:
        settings = settings_in(home.path, usual, call.all_flags(), call.given.config)
        if headless:
            _print_queue(call, settings)
            status = 0
        else:
            status = _open_desk(call, settings, usual.data_dir)
        _say_where(call, usual, settings, home)
    return status


def _fill(call: Call, services: Services) -> None:
    """Takes the demo's comments in. Their times count from now, so that they are as fresh as a news page's."""
    from moderator.cli.shipped import shipped_file
    from moderator.connectors.files import FileOptions, open_file
    from moderator.domain.clock import system_clock

    options = FileOptions(now_ms=system_clock(), source="demo")
    with call.out.progress("Taking the demo's comments in") as report:
        services.intake.run(
            open_file(str(shipped_file("demo.jsonl")), options),
            progress=lambda at: report(at.bytes_read, at.bytes_total),
        )


def _print_queue(call: Call, settings: Settings) -> None:
    from moderator.bootstrap import open_services
    from moderator.cli.rows import print_rows
    from moderator.domain.clock import system_clock
    from moderator.domain.queue import QueueQuery

    with open_services(settings) as services:
        _fill(call, services)
        with call.out.progress("Scoring") as report:
            services.scoring.run(progress=lambda done, total, _rate: report(done, total))
        if not call.out.as_json:
            call.out.say(_header(services, services.review.status_counts()))
        print_rows(call.out, services.review.first_rows(QueueQuery(), _MOST_ROWS), system_clock())


def _header(services: Services, counts: Mapping[Status, int]) -> str:
    from moderator.domain.comment import Status
    from moderator.domain.policy import Route
    from moderator.domain.queue import QueueQuery

    settings = services.settings
    rows = services.review.first_rows(QueueQuery(), _MOST_ROWS)
    routes = ", ".join(f"{sum(row.route == route for row in rows)} {route}" for route in reversed(Route))
    return (
        f"{sum(counts.values())} demo comments, {counts.get(Status.PENDING, 0)} wait: {routes}\n"
        f"scored by {services.scorer.identity}\n"
        f"thresholds from {', '.join(settings.places('policy'))} (hash {settings.config_hash})\n"
    )


def _open_desk(call: Call, settings: Settings, home: Path) -> int:
    """Opens the desk on the demo's comments, the worst of them scored before the first one is shown."""
    from moderator.bootstrap import open_services
    from moderator.cli.desk import look_of, show_desk

    with open_services(settings) as services:
        _fill(call, services)
        with call.out.progress("Scoring") as report:
            services.scoring.run(progress=lambda done, total, _rate: report(done, total))
    return show_desk(lambda: settings, look_of(settings, home))


def _say_where(call: Call, usual: Settings, settings: Settings, home: DemoHome) -> None:
    if not home.kept:
        call.out.remark("Another demo was running, or the data directory can't be written: this one's data are gone.")
        return
    own = usual.values.database or (usual.database_file is not None and usual.database_file.exists())
    prefix = f"moderator --data-dir {settings.data_dir}" if own else "moderator"
    call.out.remark(f"What you decided stays until the next demo: {prefix} history, undo, export decisions")
