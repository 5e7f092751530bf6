"""Scoring what waits: texts go to a scorer a batch at a time, and come back as scores and a place in the queue.

Each batch commits for itself, and what is left is read off the comments: so a run may be killed at any moment, and the
next one scores nothing twice and forgets nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind
from moderator.domain.policy import Policy, Route
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.panel import Panel
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database
from moderator.storage.routes import reroute, untouched
from moderator.storage.scores import Routed, SaveOutcome, Scored, Unscored, save
from moderator.storage.scoring_work import Waiting, outdated, outdated_count, waiting, waiting_count

AUTO_APPROVE = "auto-approve"
"""Who the log names where the operator's rule approved a comment."""

_LOG = logging.getLogger(__name__)
_FIRST_BATCH, _LARGEST_BATCH = 16, 256
_QUICK_S, _SLOW_S = 0.4, 2.0
_REROUTE_PAGE = 500
_STALE_BATCHES = 5

Progress = Callable[[int, int, float], None]
"""Called after each batch with: texts done, texts in all (it may grow), texts per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringSummary:
    """What came of a run.

    Attributes:
        scored: Comments that have new scores.
        failed: Comments marked as failed, with the reason.
        skipped: Results that were thrown away: the text changed meanwhile, or another process was quicker.
        approved: Comments that the operator's auto-approve rule approved; among `scored`.
        elapsed_s: Duration in seconds.
    """

    scored: int = 0
    failed: int = 0
    skipped: int = 0
    approved: int = 0
    elapsed_s: float = 0.0


class ScoringService:
    """Scores stored comments and puts them in their place.

    Args:
        db: Where they are.
        scorers: Who scores, the principal first: where that can't work, nothing is scored; another's labels just
            stay unscored. Asked only when something waits.
        policy: Thresholds in force.
        decisions: Writes the decisions of the auto-approve rule; needed only where `policy.auto_approve` is on.
        clock: Time of scoring.
    """

    def __init__(
        self,
        db: Database,
        scorers: Sequence[Scorer],
        policy: Policy,
        *,
        decisions: DecisionWriter | None = None,
        clock: Clock = system_clock,
    ) -> None:
        if policy.auto_approve and decisions is None:
            raise ValueError("auto-approve needs somebody to write its decisions")
        self._db = db
        self._panel = Panel(scorers, policy.required)
        self._scorers = tuple(scorers)
        self._policy = policy
        self._decisions = replace(decisions, policy=policy) if decisions else None
        self._clock = clock

    def run(
        self,
        *,
        limit: int | None = None,
        rescore: bool = False,
        first_ids: Iterable[int] | Callable[[], Iterable[int]] = (),
        progress: Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> ScoringSummary:
        """Scores what waits until nothing does.

        Args:
            limit: Most texts to score; `None` is all.
            rescore: Afterwards score undecided comments again that another scorer spoke of last, or that failed.
            first_ids: Comments to score first, such as those on the screen; a function is asked before each batch.
            progress: Called after each batch.
            should_stop: Asked before each batch; true ends the run, with what was done saved.

        Returns:
            Counts.

        Raises:
            ScoringError: The scorer as a whole can't work. What was scored before is saved.
            StorageError: The database failed.
        """
        run = _Run(limit, progress, should_stop or (lambda: False))
        with self._db.read() as conn:
            run.total = waiting_count(conn) + (outdated_count(conn, self._panel.identities) if rescore else 0)
        urgent = first_ids if callable(first_ids) else lambda: first_ids
        self._score_waiting(run, urgent)
        if rescore:
            self._score_outdated(run)
        summary = run.summary()
        if run.done:
            _LOG.info(
                "scored %d comments in %.1f s, %d failed, %d skipped, %d approved by rule",
                summary.scored,
                summary.elapsed_s,
                summary.failed,
                summary.skipped,
                summary.approved,
            )
        return summary

    def reroute(self, policy: Policy, *, should_stop: Callable[[], bool] | None = None) -> int:
        """Takes a policy into force and puts every undecided, scored comment in its place under it.

        Nothing is scored and nothing is decided, not by the auto-approve rule either.

        Args:
            policy: The new thresholds; later runs use them too.
            should_stop: Asked before each page. What was done is saved; calling again does the rest.

        Returns:
            How many comments moved.

        Raises:
            StorageError: The database failed.
        """
        if policy.auto_approve and self._decisions is None:
            raise ValueError("auto-approve needs somebody to write its decisions")
        self._policy = policy
        self._panel = Panel(self._scorers, policy.required)
        self._decisions = replace(self._decisions, policy=policy) if self._decisions else None
        after: int | None = 0
        moved = 0
        while after is not None and not (should_stop and should_stop()):
            with self._db.write() as conn:
                after, changed = reroute(conn, policy, after, _REROUTE_PAGE)
            moved += changed
        return moved

    def _score_waiting(self, run: _Run, urgent: Callable[[], Iterable[int]]) -> None:
        fruitless = 0
        while run.goes_on() and fruitless < _STALE_BATCHES:
            with self._db.read() as conn:
                batch = waiting(conn, run.next_size(), urgent())
            if not batch:
                return
            # A text that is edited faster than it's scored would keep this loop alive for ever.
            fruitless = fruitless + 1 if self._score_batch(run, batch) == len(batch) else 0

    def _score_outdated(self, run: _Run) -> None:
        after_id = 0
        while run.goes_on():
            with self._db.read() as conn:
                batch = outdated(conn, self._panel.identities, run.next_size(), after_id)
            if not batch:
                return
            after_id = batch[-1].comment_id
            # What failed a moment ago in this run fails again.
            again = [text for text in batch if text.comment_id not in run.failed_ids]
            if again:
                self._score_batch(run, again)

    def _score_batch(self, run: _Run, batch: Sequence[Waiting]) -> int:
        """Scores and saves a batch.

        Returns:
            How many results came too late to count.
        """
        begun = time.monotonic()
        requests = [ScoreRequest(text.body, text.language, text.title or None, text.parent_body) for text in batch]
        outcomes: list[Scored | Unscored] = []
        for text, verdict in zip(batch, self._panel.score(requests), strict=True):
            if verdict.failed:
                reason = verdict.reason or "no scorer could judge it"
                outcomes.append(Unscored(text.comment_id, text.revision, reason, verdict.score_sets))
            else:
                outcomes.append(Scored(text.comment_id, text.revision, verdict.score_sets, verdict.reason))
        # What is scored can be scored again after a power cut; a decision can't be made again.
        with self._db.write(durable=self._policy.auto_approve) as conn:
            now_ms = self._clock()
            saved = save(conn, outcomes, self._policy, now_ms)
            approved = self._approve(conn, saved.scored, now_ms)
        run.count(outcomes, saved, approved, time.monotonic() - begun)
        return saved.stale

    def _approve(self, conn: Connection, routed: Sequence[Routed], now_ms: int) -> int:
        """Applies the operator's auto-approve rule, if it's on, to comments that no person had to do with."""
        if not self._policy.auto_approve or self._decisions is None:
            return 0
        harmless = [
            each.comment_id
            for each in routed
            if each.status is Status.PENDING and each.routing.route is Route.APPROVE and not each.routing.unjudged
        ]
        free = untouched(conn, harmless, now_ms) if harmless else set[int]()
        for comment_id in sorted(free):
            draft = Draft(
                comment_id=comment_id, action=Action.APPROVE, moderator=AUTO_APPROVE, actor_kind=ActorKind.RULE
            )
            self._decisions.append(conn, draft, now_ms=now_ms)
        return len(free)


class _Run:
    """Counts of one run, and how large its next batch is."""

    def __init__(self, limit: int | None, progress: Progress | None, should_stop: Callable[[], bool]) -> None:
        self.total = 0
        self.done = 0
        self.failed_ids: set[int] = set()
        self._limit = limit
        self._progress = progress
        self._should_stop = should_stop
        self._size = _FIRST_BATCH
        self._scored = self._skipped = self._approved = 0
        self._begun = time.monotonic()

    def goes_on(self) -> bool:
        return (self._limit is None or self.done < self._limit) and not self._should_stop()

    def next_size(self) -> int:
        """About a second's work: a kill loses little, what comes on the screen is soon first, commits cost little."""
        return self._size if self._limit is None else min(self._size, self._limit - self.done)

    def count(self, outcomes: Sequence[Scored | Unscored], saved: SaveOutcome, approved: int, took_s: float) -> None:
        self.done += len(outcomes)
        self._scored += len(saved.scored)
        self._skipped += saved.stale
        self._approved += approved
        self.failed_ids.update(each.comment_id for each in outcomes if isinstance(each, Unscored))
        if took_s < _QUICK_S:
            self._size = min(self._size * 2, _LARGEST_BATCH)
        elif took_s > _SLOW_S:
            self._size = max(self._size // 2, 1)
        if self._progress:
            total = self.total if self._limit is None else min(self.total, self._limit)
            elapsed = max(time.monotonic() - self._begun, 1e-6)
            self._progress(self.done, max(total, self.done), self.done / elapsed)

    def summary(self) -> ScoringSummary:
        return ScoringSummary(
            scored=self._scored,
            failed=self.done - self._scored - self._skipped,
            skipped=self._skipped,
            approved=self._approved,
            elapsed_s=time.monotonic() - self._begun,
        )
