"""Quality of decisions: blind second opinions, golden items, and how far people agree. Nothing here decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderator.domain.clock import Clock, system_clock
from moderator.domain.decision import Action
from moderator.domain.quality import VERDICTS, BlindItem, GoldenAnswer, Pair
from moderator.domain.stats import Rate
from moderator.errors import ConfigError, NotFoundError
from moderator.services.reliability import Estimate, cohen_kappa, krippendorff_alpha
from moderator.storage import quality_rows
from moderator.storage.decisions import lock_comment
from moderator.storage.engine import Database

_GOLDEN_EVERY = 5
"""One in so many items is a golden one, as long as there are any."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How two people agreed on the same texts.

    Attributes:
        agreed: Texts on which both said the same, of all.
        kappa: Cohen's, of first and second opinions.
        alpha: Krippendorff's, whoever said what.
    """

    agreed: Rate
    kappa: Estimate | None
    alpha: Estimate | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Agreement and right answers. What is about too few texts is `None`: it would tell of a person.

    Attributes:
        texts: With two opinions.
        all: Of all of them.
        by_label: By what queued the comment.
        golden: Golden items that were answered rightly.
        smallest_group: From how many texts on anything is said.
    """

    texts: int
    all: Measured | None
    by_label: Mapping[str, Measured | None]
    golden: Rate | None
    smallest_group: int


class Quality:
    """Second opinions.

    Args:
        db: The database; closed by who opened it.
        moderator: Alias of who judges or asks.
        share: Of all approvals and rejections that get a second opinion, 0..1.
        smallest_group: From how many texts on anything is said.
        clock: Gives UTC milliseconds.
    """

    def __init__(
        self, db: Database, moderator: str, *, share: float, smallest_group: int, clock: Clock = system_clock
    ) -> None:
        self._db = db
        self._moderator = moderator
        self._share = share
        self._smallest = smallest_group
        self._clock = clock

    def next_item(self) -> BlindItem | None:
        """What this moderator is to judge next; `None` where nothing is left."""
        with self._db.read() as conn:
            drawn = quality_rows.drawn(conn, self._share, self._moderator)
            golden = quality_rows.golden(conn, self._moderator)
            turn = quality_rows.given(conn, self._moderator) % _GOLDEN_EVERY
        return (golden or drawn) if turn == _GOLDEN_EVERY - 1 else (drawn or golden)

    def judge(self, comment_id: int, action: Action, reason_code: str | None = None) -> None:
        """Takes this moderator's opinion on a text. The comment stays where it is.

        Raises:
            ConfigError: It's neither an approval nor a rejection.
            NotFoundError: That comment isn't one for this moderator to judge.
            StorageError: The database failed. Nothing was written.
        """
        _check(action)
        with self._db.write() as conn:
            lock_comment(conn, comment_id)
            item = quality_rows.drawn(conn, self._share, self._moderator, comment_id)
            item = item or quality_rows.golden(conn, self._moderator, comment_id)
            if item is None:
                raise NotFoundError(
                    f"comment {comment_id} isn't one for you to judge", hint="`moderator quality next` shows which is."
                )
            now_ms = self._clock()
            quality_rows.add_opinion(
                conn, item, moderator=self._moderator, action=action, reason_code=reason_code, now_ms=now_ms
            )

    def settle(self, comment_id: int, action: Action, reason_code: str | None = None) -> None:
        """Makes a comment's current text a golden item, with its right answer.

        Raises:
            ConfigError: It's neither an approval nor a rejection.
            DecisionConflictError: Its text was erased.
            NotFoundError: No such comment.
        """
        _check(action)
        with self._db.write() as conn:
            _, revision = lock_comment(conn, comment_id)
            by, now_ms = self._moderator, self._clock()
            quality_rows.set_golden(
                conn, comment_id, revision, action=action, reason_code=reason_code, by=by, now_ms=now_ms
            )

    def report(self, since_ms: int = 0, *, mine: bool = False) -> QualityReport:
        """How far people agree.

        Args:
            since_ms: Opinions given since then, UTC milliseconds.
            mine: Only about this moderator's own; otherwise about everybody's together, and nobody's alone.

        Raises:
            StorageError: The database failed.
        """
        with self._db.read() as conn:
            pairs = list(quality_rows.pairs(conn, since_ms))
            answers = list(quality_rows.answers(conn, since_ms))
        if mine:
            pairs = [pair for pair in pairs if self._moderator in {pair.first_by, pair.second_by}]
            answers = [answer for answer in answers if answer.moderator == self._moderator]
        by_label: defaultdict[str, list[Pair]] = defaultdict(list)
        for pair in pairs:
            by_label[pair.label].append(pair)
        return QualityReport(
            len(pairs),
            self._measured(pairs, alone=mine),
            {label: self._measured(found, alone=mine) for label, found in sorted(by_label.items())},
            self._golden(answers, alone=mine),
            self._smallest,
        )

    def _measured(self, pairs: Sequence[Pair], *, alone: bool) -> Measured | None:
        # One's own figures can be about oneself alone; others' would name two people as soon as there are but two.
        people = {name for pair in pairs for name in (pair.first_by, pair.second_by)}
        if len(pairs) < self._smallest or (not alone and len(people) < _FEWEST_PEOPLE):
            return None
        first, second = ([VERDICTS.index(said) for said in each] for each in _opinions(pairs))
        texts = list(zip(first, second, strict=True))
        same = sum(one == other for one, other in texts)
        kinds = len(VERDICTS)
        agreed = Rate(same, len(texts))
        return Measured(agreed, cohen_kappa(first, second, kinds), krippendorff_alpha(texts, kinds))

    def _golden(self, answers: Sequence[GoldenAnswer], *, alone: bool) -> Rate | None:
        people = {answer.moderator for answer in answers}
        if len(answers) < self._smallest or (not alone and len(people) < _FEWEST_PEOPLE):
            return None
        return Rate(sum(answer.known is answer.said for answer in answers), len(answers))


_FEWEST_PEOPLE = 3
"""Of fewer people each could work out the others' figures from the sum and their own."""


def _opinions(pairs: Sequence[Pair]) -> tuple[list[Action], list[Action]]:
    return [pair.first for pair in pairs], [pair.second for pair in pairs]


def _check(action: Action) -> None:
    if action not in VERDICTS:
        raise ConfigError("a second opinion is approve or reject", code="config.usage")
