"""`moderator tune lists`: what each entry of the word lists was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import PastOptions, SinceOption, UntilOption, estimate_record, load_history, paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderator.services.tuning.lists import Worth

_NARROW = 24


def lists(
    call: Call,
    *,
    name: Annotated[list[str], typer.Option("--list", metavar="NAME", help="Only this list; may be repeated.")] = [],  # noqa: B006  # Typer reads it, nobody writes it
    since: SinceOption = None,
    until: UntilOption = None,
) -> int:
    """Shows for each entry of the word lists how many scored comments hold it, and how many of them were rejected.

    Texts are searched anew with the lists as they are now: a new entry is measured before it has ever fired. `alone` is
    how many comments reach no threshold and are held for lists only. Ends with 1 where there are no lists.
    """
    from moderator.errors import ConfigError

    with call.services(of_demo=True) as services:
        known = {each.name: each for each in services.policy.lists.lists}
        if not known:
            call.out.remark("There are no word lists: [[policy.lists]] in config.toml makes one.")
            return 1
        unknown = next((each for each in name if each not in known), None)
        if unknown is not None:
            hint = f"Use one of: {', '.join(known)}."
            raise ConfigError(f"--list: there is no list {unknown!r}", code="config.usage", hint=hint)
        history = load_history(call, services, PastOptions(since=since, until=until))
        with call.out.progress("Searching texts"):
            found = services.figures.tuning.lists(history)
    found = tuple(one for one in found if not name or one.word_list.name in name)
    if call.out.as_json:
        call.out.emit(_record(found, len(history)))
    else:
        _print(call, found, len(history))
    return 0


def _print(call: Call, found: Sequence[Worth], comments: int) -> None:
    from moderator.cli.output import Column
    from moderator.services.tuning.charts import told
    from moderator.text.visible import visible_line

    out = call.out
    for word_list in dict.fromkeys(one.word_list for one in found):
        entries = [one for one in found if one.word_list == word_list]
        fired = sorted((one for one in entries if one.fired), key=lambda one: (-one.fired, one.entry))
        languages = f", for {', '.join(sorted(word_list.languages))}" if word_list.languages else ""
        does = "looked at first" if word_list.first else "looked at"
        out.say(f"{word_list}: {len(word_list.words):,} entries{languages}; what holds one is {does}")
        if fired:
            columns = [
                Column("entry", None),
                *(Column(head, 8, right=True) for head in ("fired", "alone", "decided", "rejected")),
                Column("precision", 19, right=True),
            ]
            counts = [(one, (one.fired, one.alone, one.decided, one.rejected)) for one in fired]
            out.table(
                columns,
                [
                    [visible_line(one.entry, _NARROW), *(f"{count:,}" for count in each), told(one.precision)]
                    for one, each in counts
                ],
            )
        silent = [visible_line(one.entry, _NARROW) for one in entries if not one.fired]
        if silent:
            out.say(paragraph(f"Never fired in {comments:,} comments: {', '.join(silent)}"))
        out.say()


def _record(found: Sequence[Worth], comments: int) -> dict[str, Any]:
    return {
        "comments": comments,
        "entries": [
            {
                "list": one.word_list.name,
                "version": one.word_list.version,
                "entry": one.entry,
                "fired": one.fired,
                "alone": one.alone,
                "decided": one.decided,
                "rejected": one.rejected,
                "precision": estimate_record(one.precision),
            }
            for one in found
        ],
    }
