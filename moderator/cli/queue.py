"""`moderator queue`: what waits, without the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

_HELP = "What to show, as after the / key: 'lang:ru', 'label:insult>0.7', 'order:newest'; or the name of a queue."


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator queue 'section:world risk>0.5' --limit 50", panel="Moderate")(queue)


def queue(
    call: Call,
    *,
    filter_line: Annotated[list[str] | None, typer.Argument(metavar="FILTER", help=_HELP)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="How many at most.")] = 20,
) -> None:
    """Prints the queue: who waits, how risky, and why. Decides nothing."""
    from moderator.cli.rows import print_rows
    from moderator.domain.clock import system_clock
    from moderator.domain.filter import parse_filter

    with call.services(of_demo=True) as services:
        order = services.settings.values.review.order
        line = " ".join(filter_line or [])
        query = parse_filter(services.settings.values.review.queues.get(line, line), order)
        rows = services.review.first_rows(query, limit)
        if not rows and not call.out.as_json:
            call.out.say("Nothing in this queue. `moderator intake FILE` takes comments in.")
            return
        print_rows(call.out, rows, system_clock())
        if not call.out.as_json:
            call.out.remark(f"{len(rows):,} of {services.review.count(query):,} shown, order: {query.order}")
