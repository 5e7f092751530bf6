"""How good decisions are: second opinions that nobody influenced, and answers that are known. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderator.domain.decision import Action

VERDICTS = (Action.APPROVE, Action.REJECT)
"""What a second opinion can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindItem:
    """A text to be judged, with nothing of what others made of it.

    Attributes:
        decision_seq: The decision that was drawn; `None` for a golden item. Not for the eyes of who judges.
    """

    comment_id: int
    revision: int
    decision_seq: int | None
    body: str = field(repr=False)
    article_title: str
    section: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A settled comment that may be put among those that wait, to be judged blindly.

    Attributes:
        decision_seq: The decision that was drawn; `None` for a golden item.
    """

    comment_id: int
    revision: int
    decision_seq: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two opinions on one text.

    Attributes:
        label: What queued the comment, as in the figures.
    """

    label: str
    first_by: str
    first: Action
    second_by: str
    second: Action


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """What somebody said of a text whose answer is known."""

    moderator: str
    known: Action
    said: Action
