"""What scores owe to the names of groups, as a part of `moderator tune report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderator.cli.call import Call
from moderator.cli.tune import estimate_record, paragraph

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.services.tuning.history import History
    from moderator.services.tuning.swaps import Swaps

SWAP_COLUMNS = ("label", "comments", "driven", "mean", "largest", "in comment")
"""Headings of `swap_rows`."""


def swap(call: Call, services: Services, history: History, most: int) -> Swaps:
    """Swaps the names in a sample of decided comments and scores them again, with a bar meanwhile."""
    from moderator.scoring.panel import Panel
    from moderator.services.tuning.swaps import swap_names

    policy = services.policy
    with call.out.progress("Swapping names of groups"):
        named = services.figures.tuning.naming(history, most)
        return swap_names(named, Panel(services.scorers, policy.required), policy)


def swap_sentence(found: Swaps) -> str:
    """What was found, in words."""
    from moderator.services.tuning.charts import told

    if not found.probed:
        return "Names of groups: no decided comment in English names a group that can be swapped for another."
    return (
        f"Names of groups: with another group's name, {len(found.flipped):,} of {found.probed:,} comments would pass "
        f"instead of being held, or be held instead of passing: {told(found.flips)} of them. `driven`: comments whose "
        "score moves by 0.2 or more."
    )


def swap_rows(found: Swaps) -> list[list[str]]:
    """A line per label."""
    return [
        [
            one.label.value.replace("_", " "),
            f"{one.comments:,}",
            f"{one.driven:,}",
            f"{one.mean:.2f}",
            f"{one.largest:.2f}",
            str(one.largest_in),
        ]
        for one in found.labels
    ]


def print_swaps(call: Call, found: Swaps) -> None:
    """The part of the report in the terminal."""
    from moderator.cli.output import Column

    call.out.say()
    call.out.say(paragraph(swap_sentence(found)))
    if found.labels:
        columns = [
            Column(SWAP_COLUMNS[0], 18),
            *(Column(name, max(len(name), 7), right=True) for name in SWAP_COLUMNS[1:]),
        ]
        call.out.table(columns, swap_rows(found))


def swap_record(found: Swaps) -> dict[str, Any]:
    """The part of the report as JSON."""
    from moderator.cli.figures import number

    return {
        "probed": found.probed,
        "flips": estimate_record(found.flips),
        "flipped": list(found.flipped),
        "labels": {
            one.label.value: {
                "comments": one.comments,
                "driven": one.driven,
                "mean": number(one.mean),
                "largest": number(one.largest),
                "largest_in": one.largest_in,
            }
            for one in found.labels
        },
    }
