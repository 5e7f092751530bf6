"""Several scorers asked as one: each speaks for its own labels, and one that fails doesn't take the others along."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.score import Label, ScorerId, ScoreSet, merge_scores
from moderator.errors import ScoringError
from moderator.scoring.base import Scorer, ScoreRequest, ScoringFailure, checked

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a panel says of one text.

    Attributes:
        score_sets: One from each scorer that could judge it, in the panel's order.
        reason: Why the others couldn't, as one sentence for people; `None` where all could.
        failed: Nobody could, or a failure left a required label without a number.
    """

    score_sets: tuple[ScoreSet, ...]
    reason: str | None = None
    failed: bool = False


class Panel:
    """Scorers that judge the same texts.

    The first is the principal: where it can't work, the panel can't. Another that can't work as a whole is left out
    from then on, and its labels stay unscored with the reason, unless the policy requires what the principal doesn't
    give.

    Args:
        scorers: At least one, the principal first. Asked for nothing until the first use.
        required: Labels that must have been judged.
    """

    def __init__(self, scorers: Sequence[Scorer], required: frozenset[Label] = frozenset()) -> None:
        if not scorers:
            raise ValueError("a panel needs a scorer")
        self._scorers = tuple(scorers)
        self._required = required
        self._broken: dict[int, str] = {}

    @property
    def identities(self) -> tuple[tuple[ScorerId, frozenset[Label]], ...]:
        """Who sits on the panel and can work, each with the labels it gives.

        Raises:
            ScoringError: The principal can't be started.
        """
        known: list[tuple[ScorerId, frozenset[Label]]] = []
        for index, scorer in enumerate(self._scorers):
            if index not in self._broken:
                try:
                    known.append((scorer.identity, scorer.labels))
                except ScoringError as error:
                    self._leave_out(index, error)
        return tuple(known)

    def score(self, requests: Sequence[ScoreRequest]) -> list[Verdict]:
        """Scores a batch.

        Returns:
            One verdict per request, in the same order.

        Raises:
            ScoringError: The principal, or one that nobody can stand in for, can't work.
        """
        answers: list[list[ScoreSet | ScoringFailure]] = [self._ask(index, requests) for index in self._indices()]
        return [self._verdict(tuple(each)) for each in zip(*answers, strict=True)]

    def _indices(self) -> range:
        return range(len(self._scorers))

    def _ask(self, index: int, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        if index not in self._broken:
            try:
                return _whole(self._scorers[index], requests)
            except ScoringError as error:
                self._leave_out(index, error)
        return [ScoringFailure(self._broken[index])] * len(requests)

    def _leave_out(self, index: int, error: ScoringError) -> None:
        """Notes why a scorer is asked no more; raises the error again where the panel can't do without it."""
        if index == 0 or not self._required <= self._scorers[0].labels:
            raise error
        self._broken[index] = error.message
        _LOG.warning("a scorer is left out: %s", error.message)

    def _verdict(self, answers: tuple[ScoreSet | ScoringFailure, ...]) -> Verdict:
        sets = tuple(answer for answer in answers if isinstance(answer, ScoreSet))
        failures = [index for index, answer in enumerate(answers) if isinstance(answer, ScoringFailure)]
        if not failures:
            return Verdict(sets)
        reason = "; ".join(answer.reason for answer in answers if isinstance(answer, ScoringFailure))
        scores = merge_scores(sets)
        owed = {label for index in failures if index not in self._broken for label in self._scorers[index].labels}
        unjudged = any(scores.get(label) is None for label in self._required & owed)
        return Verdict(sets, reason, failed=not sets or unjudged or 0 in failures)


def _whole(scorer: Scorer, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
    """A scorer's results, checked one by one.

    Raises:
        ScoringError: There are more or fewer of them than texts.
    """
    results = scorer.score(requests)
    if len(results) != len(requests):
        raise ScoringError(
            f"{scorer.identity} gave {len(results)} results for {len(requests)} texts",
            code="scoring.protocol",
            hint="The scorer doesn't keep its protocol: report it to whoever wrote it.",
        )
    return [checked(result, request) for result, request in zip(results, requests, strict=True)]
