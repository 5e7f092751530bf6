"""Asking what a comment's scores owe to the name of a group, in a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderator.services.name_swaps import NameSwap, Unswapped
from moderator.text.visible import Visible, inspect, visible_line
from moderator.tui.name_question import NAME_LIMIT, NameAnswered, NameView
from moderator.tui.views import BODY_LIMIT
from moderator.tui.wording import LABELS

if TYPE_CHECKING:
    from moderator.bootstrap import Services


def answer(services: Services, number: int, comment_id: int) -> NameAnswered:
    """Answers a question about a comment. May take seconds: scorers are started for the first one.

    Args:
        services: What the desk works with.
        number: Which question.
        comment_id: About which comment.

    Raises:
        NotFoundError: No such comment.
        ScoringError: The scorer as a whole can't work.
    """
    return NameAnswered(number, present_swap(services.name_swaps.ask(comment_id)))


def present_swap(swap: NameSwap) -> NameView:
    """What was found, gated."""
    found = swap.found
    if isinstance(found, Unswapped):
        return NameView(swap.revision, nothing=_why_nothing(found, swap.language))
    return NameView(
        swap.revision,
        name=visible_line(found.name, NAME_LIMIT),
        place=inspect(swap.text, limit=BODY_LIMIT).to_display(*found.place),
        lines=tuple(
            (visible_line(f"{LABELS[swing.label]}: {swing.sentence}"), swing.is_driven) for swing in swap.swings
        ),
        driven=visible_line(", ".join(LABELS[swing.label] for swing in swap.swings if swing.is_driven)),
    )


def _why_nothing(why: Unswapped, language: str | None) -> Visible:
    if why is Unswapped.LANGUAGE:
        return visible_line(f"names can be swapped in English alone; this is {visible_line(language or '', 12)}")
    if why is Unswapped.NO_GROUP:
        return visible_line("no group is named here that another could stand for")
    return visible_line("no scorer could judge this text")
