"""What one comment's scores owe to the name of a group, for somebody who has it before them and wonders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from moderator.domain.comment import Card
from moderator.domain.policy import Policy
from moderator.domain.score import Label
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.identity_swap import LANGUAGES, Probe, Swing, mentions, probe
from moderator.scoring.panel import Panel
from moderator.services.reading import Reading


class Unswapped(Enum):
    """Why there's nothing to say of a name."""

    LANGUAGE = auto()
    """In this language a name can't be swapped without touching the words around it."""
    NO_GROUP = auto()
    """The text names no group whose name could be swapped."""
    UNSCORED = auto()
    """No scorer could judge it."""


@dataclass(frozen=True, slots=True)
class NameSwap:
    """What was found when the name of the group in a comment was swapped for others.

    Attributes:
        revision: The text that was looked at.
        text: Raw.
        language: ISO 639-1 as the source or a scorer has it, `None` where neither knows.
        found: The probe, or why there is none.
        flagged: Labels that reached their threshold with the scores that the comment has.
    """

    comment_id: int
    revision: int
    text: str = field(repr=False)
    language: str | None
    found: Probe | Unswapped
    flagged: frozenset[Label] = frozenset()

    @property
    def swings(self) -> tuple[Swing, ...]:
        """What bears on the decision: the flagged labels, the widest swing first; the widest alone where none is."""
        if isinstance(self.found, Unswapped):
            return ()
        all_of_them = self.found.swings
        return tuple(swing for swing in all_of_them if swing.label in self.flagged) or all_of_them[:1]


class NameSwaps:
    """Swaps the name of a group for others and has all wordings scored at once.

    Args:
        reading: Has the comments.
        scorers: The principal first. Asked nothing where there's no name to swap.
        policy: Labels that must be judged.
    """

    def __init__(self, reading: Reading, scorers: Sequence[Scorer], policy: Policy) -> None:
        self._reading = reading
        self._panel = Panel(scorers, policy.required)

    def ask(self, comment_id: int) -> NameSwap:
        """Probes a comment's current text, whole, with what it stands under and answers.

        Raises:
            NotFoundError: No such comment.
            ScoringError: The scorer as a whole can't work.
        """
        card = self._reading.card(comment_id)
        language = _language(card)
        flagged = frozenset(trigger.label for trigger in self._reading.routing(card).triggers)
        return NameSwap(comment_id, card.revision, card.body, language, self._found(card, language), flagged)

    def _found(self, card: Card, language: str | None) -> Probe | Unswapped:
        if language not in LANGUAGES:
            return Unswapped.LANGUAGE
        if not mentions(card.body):
            return Unswapped.NO_GROUP
        parent = None if card.parent is None else card.parent.body
        request = ScoreRequest(card.body, language, card.row.article_title or None, parent)
        (found,) = probe([request], self._panel)
        return Unswapped.UNSCORED if found is None or not found.swings else found


def _language(card: Card) -> str | None:
    return card.row.language or next((one.language for one in reversed(card.score_sets)), None)
