"""Taking comments in: what a source gives is checked, gathered into batches, and stored, each batch for itself.

A run that was cut off anywhere is finished by running it again: what is known already is left alone.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from moderator.connectors.base import BadRecord, Source
from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.services.admission import MAX_TEXT_CHARS, problem
from moderator.services.held_again import Noted, take_back
from moderator.services.intake_target import DryRun, Stored, Target
from moderator.services.rejects import RejectsFile
from moderator.storage.comments import BatchOutcome
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

BATCH_SIZE = 5000
"""Comments per transaction: large enough to be fast, small enough that a moderator's decision never waits long."""

_BATCH_CHARS = 4_000_000
_REJECTS_PER_REPORT = 1000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeProgress:
    """How far a run is.

    Attributes:
        bytes_total: `None` where nobody knows, as with a pipe.
        read: Records read, good and bad.
    """

    bytes_read: int
    bytes_total: int | None
    read: int
    added: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSummary:
    """What came of a run. Each record counts once: added, unchanged, revised or rejected.

    Attributes:
        read: Records read; blank lines aren't any.
        added: Comments seen for the first time.
        unchanged: Known already with this text.
        revised: New texts of known comments.
        reopened: Comments whose decision was re-opened by a new text.
        rejected: Records left out.
        reasons: Code of a reason -> how many were left out for it.
        derived_ids: Records without an id, which got one made from their content.
        rejects_path: The file that says which were left out, if any were and a place was given.
        dry_run: Nothing was written; the counts say what would have been.
        held_again: Decided comments that a site holds again. A dry run doesn't look.
    """

    read: int
    added: int
    unchanged: int
    revised: int
    reopened: int
    rejected: int
    reasons: Mapping[str, int]
    derived_ids: int
    bytes_read: int
    elapsed_s: float
    rejects_path: Path | None
    dry_run: bool
    held_again: int = 0


@dataclass(slots=True)
class _Tally:
    added: int = 0
    unchanged: int = 0
    revised: int = 0
    reopened: int = 0
    read: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])

    def add(self, outcome: BatchOutcome) -> None:
        self.added += outcome.added
        self.unchanged += outcome.unchanged
        self.revised += outcome.revised
        self.reopened += outcome.reopened


class Intake:
    """Takes the comments of any source in.

    Args:
        db: Where they go.
        log: The decision log, where a decided comment whose text changed is re-opened.
        max_text_chars: Longest text, in code points.
        batch_size: Comments per transaction.
        clock: Time of intake.
    """

    def __init__(
        self,
        db: Database,
        log: DecisionWriter,
        *,
        max_text_chars: int = MAX_TEXT_CHARS,
        batch_size: int = BATCH_SIZE,
        clock: Clock = system_clock,
    ) -> None:
        self._db = db
        self._log = log
        self._max_text_chars = max_text_chars
        self._batch_size = batch_size
        self._clock = clock

    def run(
        self,
        source: Source,
        *,
        dry_run: bool = False,
        progress: Callable[[IntakeProgress], None] | None = None,
        rejects_path: Path | None = None,
        keep_lines: bool = False,
    ) -> IntakeSummary:
        """Reads a source to its end.

        Args:
            source: What to read.
            dry_run: Count what would be stored, and store nothing.
            progress: Called after each batch, and now and then among bad records.
            rejects_path: File for the records that are left out (`rejects.rejects_path_for` names the usual one).
            keep_lines: Keep their raw text in that file too.

        Raises:
            ConnectorError: The source can't be read on. What came before is stored.
            StorageError: The database failed. Earlier batches are stored.
        """
        start = time.perf_counter()
        target: Target = DryRun(self._db) if dry_run else Stored(self._db, self._log, self._clock)
        with target, RejectsFile(rejects_path, keep_lines=keep_lines) as rejects:
            run = _Run(
                source,
                target,
                rejects,
                progress=progress,
                max_text_chars=self._max_text_chars,
                batch_size=self._batch_size,
            )
            run.drain()
        summary = run.summary(elapsed_s=time.perf_counter() - start, rejects_path=rejects.written, dry_run=dry_run)
        _report_done(source.name, summary)
        return summary

    def run_held(self, source: Source, *, progress: Callable[[IntakeProgress], None] | None = None) -> IntakeSummary:
        """Reads a source that gives nothing but what its site holds now.

        What is held there although a decision had arrived comes back to the queue, too.

        Args:
            source: What to read.
            progress: Called now and then.

        Raises:
            ConnectorError: The source can't be read on. What came before is stored.
            StorageError: The database failed. Earlier batches are stored.
        """
        noted, pulled_at_ms = Noted(source), self._clock()
        summary = self.run(noted, progress=progress)
        ids = noted.remote_ids
        count = take_back(self._db, self._log, source.name, ids, pulled_at_ms=pulled_at_ms, clock=self._clock)
        return replace(summary, held_again=count)


def _report_done(source: str, summary: IntakeSummary) -> None:
    names = ("added", "unchanged", "revised", "reopened", "rejected", "dry_run")
    _LOG.info("intake done", extra={"source": source} | {name: getattr(summary, name) for name in names})


class _Run:
    """One run over one source."""

    def __init__(
        self,
        source: Source,
        target: Target,
        rejects: RejectsFile,
        *,
        progress: Callable[[IntakeProgress], None] | None,
        max_text_chars: int,
        batch_size: int,
    ) -> None:
        self.tally = _Tally()
        self._source = source
        self._target = target
        self._rejects = rejects
        self._progress = progress
        self._max_text_chars = max_text_chars
        self._batch_size = batch_size
        self._batch: list[IncomingComment] = []

    def drain(self) -> None:
        """Reads to the end."""
        tally, limit, size = self.tally, self._max_text_chars, 0
        try:
            for record in self._source.records():
                tally.read += 1
                if isinstance(record, BadRecord):
                    self._reject(record)
                    continue
                found = problem(record, limit)
                if found:
                    self._reject(self._bad(*found))
                    continue
                self._batch.append(record)
                size += len(record.body)
                if len(self._batch) >= self._batch_size or size >= _BATCH_CHARS:
                    self._flush()
                    size = 0
        except ConnectorError:
            self._flush()
            raise
        self._flush()
        tally.add(self._target.finish())
        self._report()

    def summary(self, *, elapsed_s: float, rejects_path: Path | None, dry_run: bool) -> IntakeSummary:
        """What came of it."""
        tally, position = self.tally, self._source.position
        return IntakeSummary(
            read=tally.read,
            added=tally.added,
            unchanged=tally.unchanged,
            revised=tally.revised,
            reopened=tally.reopened,
            rejected=tally.reasons.total(),
            reasons=dict(tally.reasons.most_common()),
            derived_ids=position.derived_ids,
            bytes_read=position.bytes_read,
            elapsed_s=elapsed_s,
            rejects_path=rejects_path,
            dry_run=dry_run,
        )

    def _flush(self) -> None:
        if self._batch:
            self.tally.add(self._target.take(self._batch))
            self._batch = []
            self._report()

    def _bad(self, code: str, reason: str) -> BadRecord:
        at = self._source.position
        return BadRecord(at.where, at.line, reason, code, at.raw)

    def _reject(self, bad: BadRecord) -> None:
        self.tally.reasons[bad.code] += 1
        self._rejects.add(bad)
        if self.tally.reasons.total() % _REJECTS_PER_REPORT == 0:
            self._report()

    def _report(self) -> None:
        if self._progress is None:
            return
        at = self._source.position
        self._progress(
            IntakeProgress(
                bytes_read=at.bytes_read,
                bytes_total=at.bytes_total,
                read=self.tally.read,
                added=self.tally.added,
                rejected=self.tally.reasons.total(),
            )
        )
