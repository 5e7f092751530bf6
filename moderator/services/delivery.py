"""Delivery: decisions on their way back to the sites they belong to.

At least once, in order per comment, and without a second effect: a decision is claimed in the outbox, sent, and settled
by what the site said. A process that dies in between leaves a claim that runs out, and a sink that finds the comment
already where it should be writes nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from moderator.connectors.base import Answer, Parcel, Sink, Verdict
from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind, Decision
from moderator.errors import ConnectorError, ConnectorUnavailableError, DecisionConflictError, ModeratorError
from moderator.services.delivery_report import DeliverySummary, Pending
from moderator.services.finality import Finality
from moderator.storage import decision_rows, outbox, source_cursors
from moderator.storage.decisions import DecisionWriter, Draft, lock_comment
from moderator.storage.engine import Database
from moderator.storage.outbox import OutboxEntry, State
from moderator.text.visible import visible_line

MAX_ATTEMPTS = 10
"""Tries before a decision counts as dead: with the pauses below that's about half a day."""

CLAIM_S = 120.0
"""How long one process may take over one decision before another one tries. Longer than a sink's requests may take."""

_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 6 * 3600.0
_ERROR_CHARS = 300
_LOG = logging.getLogger(__name__)


class Delivery:
    """Sends what the outbox holds. Call it from one thread at a time; any number of processes may run it.

    Args:
        db: The database.
        log: The decision log, where a comment that somebody else decided comes back to the queue.
        sources: Names of the sources that take decisions back.
        open_sink: Makes the sink of a source; called once for each.
        max_attempts: Tries before a decision is given up.
        claim_s: How long one try may take.
        clock: UTC milliseconds.
        chance: Gives 0..1, for pauses that differ between machines.

    Attributes:
        finality: What the sites won't take back.
    """

    def __init__(
        self,
        db: Database,
        log: DecisionWriter,
        sources: Sequence[str],
        open_sink: Callable[[str], Sink],
        *,
        max_attempts: int = MAX_ATTEMPTS,
        claim_s: float = CLAIM_S,
        clock: Clock = system_clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.sources = tuple(sources)
        self.finality = Finality(db, self.sources, open_sink)
        self._db = db
        self._log = log
        self._open_sink = open_sink
        self._sinks: dict[str, Sink] = {}
        self._max_attempts = max_attempts
        self._claim_ms = round(claim_s * 1000)
        self._clock = clock
        self._chance = chance
        self._paused_until_ms: dict[str, int] = {}

    def run(self, *, should_stop: Callable[[], bool] = lambda: False) -> DeliverySummary:
        """Sends all that may be sent now. A source that fails as a whole is left alone for a while; the others go on.

        Args:
            should_stop: Asked before each decision.

        Raises:
            StorageError: The database failed. A decision that was under way is sent again later.
        """
        done = DeliverySummary()
        for source in self.sources:
            while not should_stop() and self._paused_until_ms.get(source, 0) <= self._clock():
                entry = self._claim(source)
                if entry is None:
                    break
                done = self._deliver(entry, done)
        with self._db.read() as conn:
            waiting = sum(number for (_, state), number in outbox.depths(conn).items() if state is not State.DEAD)
        if done.moved:
            names = ("sent", "stays", "conflicts", "later", "dead")
            _LOG.info("delivered", extra={name: getattr(done, name) for name in names} | {"waiting": waiting})
        return replace(done, waiting=waiting)

    def retry(self) -> int:
        """Gives dead decisions another life, and lets what waits for another try go now.

        Returns:
            How many dead ones there were.

        Raises:
            StorageError: The database failed.
        """
        self._paused_until_ms.clear()
        with self._db.write() as conn:
            return outbox.revive(conn, self.sources, now_ms=self._clock())

    def pending(self, *, limit: int = 1000) -> list[Pending]:
        """What the outbox holds and what was given up, the oldest first. Sends nothing.

        Raises:
            StorageError: The database failed.
        """
        with self._db.read() as conn:
            found = outbox.entries(conn, (State.HELD, State.SENDING, State.DEAD), limit=limit)
            return [
                Pending(
                    decision_rows.one(conn, entry.seq),
                    entry.not_before_ms,
                    entry.attempts,
                    entry.state is State.DEAD,
                    entry.last_error,
                )
                for entry in found
            ]

    def next_due_ms(self) -> int | None:
        """When there may be something to send again, UTC milliseconds; `None` where nothing waits."""
        with self._db.read() as conn:
            return outbox.next_due_ms(conn)

    def close(self) -> None:
        """Ends the sinks' connections."""
        sinks, self._sinks = self._sinks, {}
        for sink in sinks.values():
            close = getattr(sink, "close", None)  # a stranger's sink needn't have one
            if callable(close):
                close()

    def _sink(self, source: str) -> Sink:
        if source not in self._sinks:
            self._sinks[source] = self._open_sink(source)
        return self._sinks[source]

    def _claim(self, source: str) -> OutboxEntry | None:
        now_ms = self._clock()
        with self._db.write() as conn:
            return outbox.claim(conn, source, now_ms=now_ms, until_ms=now_ms + self._claim_ms)

    def _deliver(self, entry: OutboxEntry, done: DeliverySummary) -> DeliverySummary:
        try:
            parcel = self._parcel(entry)
            answer = self._sink(entry.source).send(parcel)
        except ConnectorError as error:
            return self._failed(entry, error, done)
        except ModeratorError:
            raise
        except Exception as error:  # noqa: BLE001  # a stranger's sink may raise anything
            # Its words may quote anything, so they aren't kept.
            _LOG.warning("a sink failed", exc_info=error, extra={"source": entry.source})
            wrapped = ConnectorError(f"the connector failed: {type(error).__name__}", code="connector.defect")
            return self._failed(entry, wrapped, done)
        return self._answered(entry, parcel, answer, done)

    def _parcel(self, entry: OutboxEntry) -> Parcel:
        with self._db.read() as conn:
            decision = decision_rows.one(conn, entry.seq)
            stood = outbox.last_heard(conn, entry.comment_id)
            body = outbox.text_of(conn, entry.comment_id, decision.revision)
        return Parcel(decision=decision, body=body, stood=stood or Status.PENDING)

    def _failed(self, entry: OutboxEntry, error: ConnectorError, done: DeliverySummary) -> DeliverySummary:
        """The site as a whole can't be spoken to: this decision waits, and the others of that site with it."""
        wait_s = error.wait_s if isinstance(error, ConnectorUnavailableError) else None
        pause_ms = _pause_ms(entry.attempts, wait_s, self._chance())
        self._paused_until_ms[entry.source] = self._clock() + pause_ms
        done = replace(done, errors={**done.errors, entry.source: error.message})
        return self._again(entry, error.message, pause_ms, done)

    def _again(self, entry: OutboxEntry, words: str, pause_ms: int, done: DeliverySummary) -> DeliverySummary:
        words, now_ms = visible_line(words, _ERROR_CHARS), self._clock()
        with self._db.write() as conn:
            if entry.attempts + 1 >= self._max_attempts:
                outbox.settle(conn, entry, State.DEAD, now_ms=now_ms, stands_at=None, error=words)
                return replace(done, dead=done.dead + 1)
            outbox.postpone(conn, entry, not_before_ms=now_ms + pause_ms, error=words)
        return replace(done, later=done.later + 1)

    def _answered(self, entry: OutboxEntry, parcel: Parcel, answer: Answer, done: DeliverySummary) -> DeliverySummary:
        if answer.verdict is Verdict.LATER:
            return self._again(entry, answer.detail, _pause_ms(entry.attempts, None, self._chance()), done)
        words = visible_line(answer.detail, _ERROR_CHARS) or None
        state = _STATES[answer.verdict]
        stands_at = outbox.GONE if answer.stands_at is None else answer.stands_at.value
        with self._db.write(durable=state is State.CONFLICT) as conn:
            now_ms = self._clock()
            if state is State.CONFLICT:
                # The comment first, then the log, then the outbox: the order of locks that deciding has too.
                self._give_back(conn, parcel.decision, words, now_ms)
                # Whoever decides again must see the text as it is there now.
                source_cursors.read_from_the_beginning(conn, entry.source)
            known = None if state is State.DEAD else stands_at
            outbox.settle(conn, entry, state, now_ms=now_ms, stands_at=known, error=words)
        if state is State.DEAD:
            done = replace(done, errors={**done.errors, entry.source: words or "refused"})
        return done.with_one_more(state)

    def _give_back(self, conn: Connection, decision: Decision, words: str | None, now_ms: int) -> None:
        """Puts the comment back into the queue, with the reason as a note, unless it's there already."""
        try:
            status, _ = lock_comment(conn, decision.comment_id)
        except DecisionConflictError:
            return  # its text was erased: nobody can decide again
        if status is Status.PENDING:
            return
        draft = Draft(
            comment_id=decision.comment_id,
            action=Action.REOPEN,
            moderator=decision.source,
            actor_kind=ActorKind.SYNC,
            note=words,
        )
        self._log.append(conn, draft, now_ms=now_ms)


def _pause_ms(attempts: int, wait_s: float | None, chance: float) -> int:
    """Twice as long each time, with a fifth of chance either way, and never less than the site asks for."""
    pause_s = min(_FIRST_PAUSE_S * 2.0**attempts, _LONGEST_PAUSE_S) * (0.8 + 0.4 * chance)
    return round(1000 * max(pause_s, wait_s or 0.0))


_STATES = {
    Verdict.TAKEN: State.SENT,
    Verdict.STAYS: State.STAYS,
    Verdict.CONFLICT: State.CONFLICT,
    Verdict.REFUSED: State.DEAD,
}
