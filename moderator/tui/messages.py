"""What travels between widgets, screens and the backend. Values only: never a widget, never the app.

Messages are compared and printed by nobody, and what they hold may be people's words: so neither is made for them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent, Outcome, Refusal
from moderator.domain.queue import QueueQuery
from moderator.errors import ModeratorError
from moderator.text.visible import Visible, visible_line
from moderator.tui.views import CardView, RowView

_FOLDERS = re.compile(r"^(?:/[^/:\n]+)*/(?=[^/:\n]+: )")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that didn't work, in words for the person at the desk.

    Attributes:
        text: What happened.
        hint: What to do about it; empty where nobody knows.
        exit_status: What the process would end with if it's fatal.
        expected: Whether it is one of our own errors, or a defect.
    """

    text: Visible
    hint: Visible
    exit_status: int = 1
    expected: bool = True


def describe(error: Exception, doing: str, *, folders: bool = False) -> Problem:
    """Puts an error into words. The text of a foreign exception stays out: it may quote a comment.

    Args:
        error: What was raised.
        doing: What was being tried, to follow "while".
        folders: Whether it matters in which folder a file is; on one line its name alone leaves room for the hint.
    """
    if isinstance(error, ModeratorError):
        message = error.message if folders else _FOLDERS.sub("", error.message)
        return Problem(_sentence(message), visible_line(error.hint or ""), error.exit_status)
    what = visible_line(f"Something unexpected went wrong while {doing} ({type(error).__name__}).")
    return Problem(what, visible_line("Nothing you decided is lost; the log file has the details."), expected=False)


def _sentence(message: str) -> Visible:
    """An error's message as a sentence, so that a hint can follow it."""
    return visible_line(message if message.endswith((".", "!", "?", "…")) else f"{message}.")


# From the backend ----------------------------------------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class Connected(Message):
    """The database is open."""


@dataclass(eq=False, repr=False)
class ConnectFailed(Message):
    """The database can't be opened: there's no desk without it."""

    problem: Problem


@dataclass(eq=False, repr=False)
class FirstPage(Message):
    """The top of a queue, with the card of its first comment: what somebody can start to read."""

    query: QueueQuery
    rows: tuple[RowView, ...]
    card: CardView | None


@dataclass(eq=False, repr=False)
class ListLoaded(Message):
    """All ids of a queue, in its order."""

    query: QueueQuery
    ids: array[int]
    took_s: float


@dataclass(eq=False, repr=False)
class RowsLoaded(Message):
    """Some rows, as they stand now."""

    rows: tuple[RowView, ...]


@dataclass(eq=False, repr=False)
class CardLoaded(Message):
    """One comment with everything around it."""

    card: CardView


@dataclass(eq=False, repr=False)
class ReadFailed(Message):
    """A list, rows or a card couldn't be read."""

    problem: Problem
    comment_id: int | None = None


@dataclass(eq=False, repr=False)
class DecisionSaved(Message):
    """A decision is durable."""

    outcome: Outcome


@dataclass(eq=False, repr=False)
class DecisionFailed(Message):
    """A decision was refused or couldn't be written: its comment comes back."""

    intent: Intent
    problem: Problem


@dataclass(eq=False, repr=False)
class Undone(Message):
    """A decision was taken back; `None` where there was none to take back."""

    outcome: Outcome | None
    row: RowView | None


@dataclass(eq=False, repr=False)
class UndoFailed(Message):
    """The last decision can't be taken back; `refusal` says which one stays, where somebody built on it."""

    problem: Problem
    refusal: Refusal | None = None


@dataclass(eq=False, repr=False)
class LeaseAnswered(Message):
    """Whether a comment is ours to decide now; `holder` has it where it isn't."""

    comment_id: int
    holder: Visible | None


@dataclass(eq=False, repr=False)
class QueueChanged(Message):
    """Somebody else wrote to the database; how many comments stand where now."""

    counts: Mapping[Status, int]


@dataclass(eq=False, repr=False)
class CountsLoaded(Message):
    """How many comments stand where."""

    counts: Mapping[Status, int]


@dataclass(eq=False, repr=False)
class FinalityLoaded(Message):
    """What sites won't take back: source -> action -> half a sentence about the site."""

    warnings: Mapping[Visible, Mapping[Action, Visible]]


# From the scoring in the background ----------------------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class ScoringMoved(Message):
    """Waiting comments were scored: how many in this run, how many are left, how many couldn't be."""

    done: int
    left: int
    failed: int


@dataclass(eq=False, repr=False)
class ScoringFailed(Message):
    """The scorer as a whole doesn't work; the queue goes on without it."""

    problem: Problem


# From widgets --------------------------------------------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class RowPicked(Message):
    """A row was clicked."""

    index: int


@dataclass(eq=False, repr=False)
class ChoicePicked(Message):
    """An answer was clicked; `key` would have given it."""

    key: str


@dataclass(eq=False, repr=False)
class HintPicked(Message):
    """One of the keys on the bottom line was clicked, by its place in it."""

    at: int


@dataclass(eq=False, repr=False)
class RowsWanted(Message):
    """Rows are on screen that nobody has read yet, from `first` to `last`, both included."""

    first: int
    last: int


@dataclass(eq=False, repr=False)
class ModeWanted(Message):
    """Another of the desk's modes is asked for, `review` or `history`."""

    mode: str


@dataclass(eq=False, repr=False)
class LeaveWanted(Message):
    """The desk is to be closed, and the process to end with this status."""

    status: int = 0


@dataclass(eq=False, repr=False)
class PaletteWanted(Message):
    """Everything by name is asked for."""


@dataclass(eq=False, repr=False)
class SittingWanted(Message):
    """This person's own session is asked for."""


@dataclass(eq=False, repr=False)
class HelpWanted(Message):
    """The list of keys is asked for."""


@dataclass(eq=False, repr=False)
class LineEntered(Message):
    """A line was typed and accepted."""

    text: str
