"""What the desk knows of a group's name: whether it was asked, about which comment, and what came back.

It knows no scorer and no widget: `name_answers` asks, the card draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.message import Message

from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.masking import mask, masked
from moderator.tui.messages import Problem
from moderator.tui.views import CardView
from moderator.tui.widgets.status_line import Parts

Said = tuple[tuple[Visible, str], ...]
"""Lines, each with its tone on the card."""

NAME_LIMIT = 40
_NOTHING = literal("")
_ASKING = literal("⇄ asking what other names would score…")


@dataclass(frozen=True, slots=True)
class NameView:
    """What swapping the name of a group does to a comment's scores, ready to draw.

    Attributes:
        revision: The text that was looked at.
        name: The name as the text has it.
        place: Where it is seen in the card's body, `[start, end)` in display characters; empty behind its cut.
        lines: A label and what its score does, each with whether the name drives it.
        driven: Labels that the name drives, in words; empty where there are none.
        nothing: Why there are no lines; empty where there are.
    """

    revision: int
    name: Visible = field(default=_NOTHING, repr=False)
    place: tuple[int, int] = (0, 0)
    lines: tuple[tuple[Visible, bool], ...] = ()
    driven: Visible = _NOTHING
    nothing: Visible = _NOTHING


@dataclass(eq=False, repr=False)
class NameAnswered(Message):
    """What was asked about a name is answered; `number` says which question it was."""

    number: int
    answer: NameView | Problem


class NameQuestion:
    """The last question about a name. It belongs to one revision of one comment: on another it isn't seen."""

    def __init__(self) -> None:
        self._number = 0
        self._about: tuple[int, int] | None = None
        self._answer: NameView | Problem | None = None

    def ask(self, card: CardView) -> int:
        """Asks about a comment, in place of whatever was asked before. Returns the question's number."""
        self._number += 1
        self._about, self._answer = _text_of(card), None
        return self._number

    def drop(self) -> None:
        """Asks nothing any more; an answer that still comes is too late."""
        self._about = self._answer = None

    def is_about(self, card: CardView | None) -> bool:
        """Whether it was asked about what a card shows."""
        return card is not None and self._about == _text_of(card)

    def take(self, number: int, answer: NameView | Problem) -> int | None:
        """An answer. Returns the comment that it is about; `None` where nobody waits for it any more."""
        if self._about is None or number != self._number:
            return None
        comment_id, revision = self._about
        # Where the text was edited meanwhile it's about the new one, which will be on the card in a moment.
        self._about = comment_id, answer.revision if isinstance(answer, NameView) else revision
        self._answer = answer
        return comment_id

    def said(self, card: CardView | None, *, showing: bool) -> Said:
        """What the card says beneath a comment's legend; nothing where nobody asked about it.

        Args:
            card: The comment.
            showing: Whether its masked words are shown.
        """
        if card is None or not self.is_about(card):
            return ()
        answer = self._answer
        if answer is None:
            return ((_ASKING, "muted"),)
        if isinstance(answer, Problem):
            return ((visible_line(f"! {answer.text} {answer.hint}".rstrip()), "problem"),)
        if answer.nothing:
            return ((visible_line(f"⇄ {answer.nothing}"), "muted"),)
        head = visible_line(f"⇄ with another group than “{_name(answer, card, showing=showing)}”")
        return ((head, "author"), *((line, "title" if drives else "muted") for line, drives in answer.lines))


def asking() -> Parts:
    """The status line while a question is under way."""
    return ((f" {_ASKING}", "muted"),)


def answered(answer: NameView | Problem) -> Parts:
    """The same in one line, for who has the card's own lines below the edge of a small terminal."""
    if isinstance(answer, Problem):
        return ((f" ! {answer.text}", "problem"),)
    if answer.nothing:
        return ((f" ⇄ {answer.nothing}", "muted"),)
    if answer.driven:
        return ((" ⇄ the group's name drives ", "text"), (answer.driven, "strong"))
    return ((" ⇄ the group's name hardly matters here", "text"),)


def _text_of(card: CardView) -> tuple[int, int]:
    return card.row.id, card.row.revision


def _name(answer: NameView, card: CardView, *, showing: bool) -> Visible:
    """The name as the card shows it: masked where its words are."""
    start, end = answer.place
    if start == end:
        return answer.name if showing or not card.has_masked else masked(answer.name)
    body = card.body if showing else mask(card.body, card.evidence)
    return visible_line(body[start:end], NAME_LIMIT)
