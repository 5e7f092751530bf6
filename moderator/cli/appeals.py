"""`moderator appeal`: authors' complaints about rejections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.cli.review import ModeratorOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderator.bootstrap import Services
    from moderator.cli.output import Output
    from moderator.domain.appeal import Appeal
    from moderator.services.appeals import Appeals

_PANEL = "Moderate"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Authors' appeals against rejections.", no_args_is_help=True)
    command(group, example="moderator appeal add 12 --text 'I quoted the mayor.'")(add)
    command(group, name="list", example="moderator appeal list --all")(list_)
    app.add_typer(group, name="appeal", rich_help_panel=_PANEL)


def add(
    call: Call,
    *,
    comment: Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the rejected comment.")],
    text: Annotated[str, typer.Option("--text", metavar="WORDS", help="What the author says.")],
    moderator: ModeratorOption = None,
) -> None:
    """Enters an appeal: the comment waits again, for another person than the one who rejected it."""
    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        appeal = _appeals(services).add(comment, text)
    if call.out.as_json:
        call.out.emit(_record(appeal))
    else:
        call.out.say(
            f"Appeal {appeal.id} against decision {appeal.decision_seq}: comment {comment} waits again, "
            f"for somebody else than {appeal.moderator}."
        )


def list_(
    call: Call,
    *,
    settled: Annotated[bool, typer.Option("--all", help="Those that were decided on, too.")] = False,
) -> None:
    """Prints the appeals that wait for a decision, the oldest first. `moderator decide` decides on their comments."""
    with call.services(of_demo=True) as services:
        appeals = _appeals(services).listed(settled=settled)
    if call.out.as_json:
        for appeal in appeals:
            call.out.emit(_record(appeal))
    elif appeals:
        _print(call.out, appeals)
    else:
        call.out.say("No appeals." if settled else "No appeal waits.")


def _print(out: Output, appeals: Sequence[Appeal]) -> None:
    from moderator.cli.output import Column
    from moderator.cli.times import minute

    columns = [
        Column("id", 5, right=True),
        Column("comment", 8, right=True),
        Column("since (UTC)", 16),
        Column("against", 8, right=True),
        Column("reason", 16),
        Column("outcome", 10),
        Column("what the author says"),
    ]
    out.table(
        columns,
        [
            [
                str(each.id),
                str(each.comment_id),
                minute(each.received_at_ms),
                str(each.decision_seq),
                each.reason_code or "",
                each.outcome or "open",
                each.text,
            ]
            for each in appeals
        ],
    )


def _appeals(services: Services) -> Appeals:
    from moderator._version import __version__
    from moderator.services.appeals import Appeals
    from moderator.storage.decisions import DecisionWriter

    settings = services.settings
    key, reasons = settings.author_key(), settings.reasons
    # No source hears of an appeal: only of what is decided on it.
    writer = DecisionWriter(policy=services.policy, app_version=__version__, author_key=key, reasons=reasons)
    return Appeals(services.db, writer, settings.moderator)


def _record(appeal: Appeal) -> dict[str, Any]:
    from dataclasses import asdict

    from moderator.cli.times import iso

    values = asdict(appeal)
    for name in ("received_at", "rejected_at"):
        values[name] = iso(values.pop(f"{name}_ms"))
    return values
