"""`moderator review`: opens the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.desk import open_desk
from moderator.cli.frame import command

ModeratorOption = Annotated[
    str | None, typer.Option("--moderator", metavar="NAME", help="Who decides, as it stands in the log.")
]
QueueOption = Annotated[
    str,
    typer.Option(
        "--queue",
        metavar="FILTER",
        help="What to show first, as after the / key: 'lang:ru risk>0.5'; or a queue.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator review --queue 'section:world'", panel="Moderate")(review)


def review(
    call: Call,
    *,
    moderator: ModeratorOption = None,
    queue: QueueOption = "",
    serve: Annotated[bool, typer.Option("--serve", help="Open it in a browser on this machine instead.")] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where --serve listens.")] = 8733,
) -> int:
    """Opens the desk: the queue, one comment at a time, one key per decision. `moderator` alone does the same."""
    if serve:
        from moderator.cli.serving import serve_desk

        return serve_desk(call, moderator, queue, port)
    return open_desk(call, moderator, queue)
