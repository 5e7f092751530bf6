"""`moderator quality`: blind second opinions, and how far people agree."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.cli.review import ModeratorOption

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.services.quality import Measured, Quality
    from moderator.services.reliability import Estimate

_PANEL = "Moderate"


class Opinion(StrEnum):
    """What a second opinion can say."""

    APPROVE = "approve"
    REJECT = "reject"


ReasonOption = Annotated[str | None, typer.Option("--reason", "-r", metavar="CODE", help="Why it would be rejected.")]
NumberArgument = Annotated[int, typer.Argument(metavar="ID", min=1, help="The comment's number.")]
ActionArgument = Annotated[Opinion, typer.Argument(metavar="ACTION", help="approve or reject.")]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Second opinions, and how far people agree.", no_args_is_help=True)
    command(group, name="next", example="moderator quality next --moderator olena")(next_)
    command(group, example="moderator quality judge 12 reject --reason insult")(judge)
    command(group, example="moderator quality golden 12 approve")(golden)
    command(group, example="moderator quality report --since '90 days ago'")(report)
    app.add_typer(group, name="quality", rich_help_panel=_PANEL)


def next_(call: Call, *, moderator: ModeratorOption = None) -> int:
    """Shows the next text to judge: what it says and where, and nothing of what others made of it."""
    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        item = _quality(services).next_item()
    if item is None:
        call.out.remark("Nothing is left for you to judge. [quality] double_share says how much is drawn.")
        return 1
    about = {"id": item.comment_id, "title": item.article_title, "section": item.section, "language": item.language}
    if call.out.as_json:
        call.out.emit({**about, "text": item.body})
    else:
        where = " · ".join(part for part in (item.article_title, item.section, item.language) if part)
        call.out.say(f"Comment {item.comment_id}  {where}\n\n{item.body}\n")
        call.out.remark(f"moderator quality judge {item.comment_id} approve|reject")
    return 0


def judge(
    call: Call,
    *,
    comment: NumberArgument,
    action: ActionArgument,
    reason: ReasonOption = None,
    moderator: ModeratorOption = None,
) -> None:
    """Says what you would have decided. The comment stays where it is, and nobody is told."""
    from moderator.domain.decision import Action

    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        _quality(services).judge(comment, Action(action.value), _reason(services, reason))
    call.out.remark("Noted.")


def golden(
    call: Call,
    *,
    comment: NumberArgument,
    action: ActionArgument,
    reason: ReasonOption = None,
    moderator: ModeratorOption = None,
) -> None:
    """Settles the right answer for a comment, which is then put among what others judge."""
    from moderator.domain.decision import Action

    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        _quality(services).settle(comment, Action(action.value), _reason(services, reason))
    call.out.remark(f"Comment {comment} is a golden item now: {action.value}.")


def report(
    call: Call,
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only about your own decisions and opinions.")] = False,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Opinions from then on: '90 days ago'.")] = None,
    moderator: ModeratorOption = None,
) -> None:
    """Prints how far people agree: all together and by label, or, with --mine, you with the others. Names nobody."""
    from moderator.cli.times import moment

    call.use(moderator=moderator)
    with call.services(of_demo=True) as services:
        since_ms = moment(since, "--since", services.settings) or 0
        found = _quality(services).report(since_ms, mine=mine)
    if call.out.as_json:
        from dataclasses import asdict

        call.out.emit(asdict(found))
        return
    few = f"too few to say without telling of a person (fewer than {found.smallest_group} texts, or 3 people)"
    call.out.say(f"{found.texts:,} texts with two opinions")
    call.out.say(f"all: {few if found.all is None else _words(found.all)}")
    for label, measured in found.by_label.items():
        call.out.say(f"{label}: {few if measured is None else _words(measured)}")
    right = found.golden
    call.out.say(f"golden items: {few if right is None else f'{right.count:,} of {right.of:,} answered rightly'}")


def _reason(services: Services, code: str | None) -> str | None:
    from moderator.cli.decisions import known_reason

    return None if code is None else known_reason(code, services.settings.reasons)


def _words(measured: Measured) -> str:
    same = measured.agreed
    return (
        f"{same.count:,} of {same.of:,} the same, kappa {_interval(measured.kappa)}, alpha {_interval(measured.alpha)}"
    )


def _interval(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _quality(services: Services) -> Quality:
    from moderator.services.quality import Quality

    given: Any = services.settings.values.quality
    share, smallest = given.double_share, given.smallest_group
    return Quality(services.db, services.settings.moderator, share=share, smallest_group=smallest)
