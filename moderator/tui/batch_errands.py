"""Errands about many comments at once: deciding on all that are marked, taking an act back, finding copies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.domain.decision import Batch, Intent, Refusal
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.text.visible import visible_line
from moderator.tui.backend import Rank
from moderator.tui.batch_messages import BandLoaded, CopiesLoaded, ManyDecided, ManyUndone, SampleLoaded
from moderator.tui.messages import Problem, UndoFailed, Undone
from moderator.tui.posting import Posting, present_rows

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services

_CHUNK = 100
"""Decisions in one transaction: a colleague's decision waits for no more than these."""


class BatchErrands(Posting):
    """The backend as acts on many comments use it."""

    def decide_many(self, intents: Sequence[Intent]) -> None:
        """Writes the decisions of one act, a transaction for each hundred; the desk hears of each."""
        for start in range(0, len(intents), _CHUNK):
            self._decide_chunk(intents[start : start + _CHUNK], len(intents) - start - _CHUNK)

    def _decide_chunk(self, intents: Sequence[Intent], left: int) -> None:
        def decide(services: Services) -> Message:
            batch = self._write(services, lambda: services.review.decide_many(intents))
            return ManyDecided(batch, max(left, 0))

        def failed(problem: Problem) -> Message:
            return ManyDecided(Batch((), tuple(Refusal(one.comment_id, problem.text) for one in intents)), max(left, 0))

        self._change(decide, "saving decisions", failed)

    def undo_latest(self, skip: Collection[int] = ()) -> None:
        """Takes back this moderator's latest act: one decision, or all that were taken together.

        Args:
            skip: Decisions that turned out to stay.
        """

        def take_back(services: Services) -> Message | None:
            seqs = services.review.undoable(skip)
            if not seqs:
                return Undone(None, None)
            for start in range(_CHUNK, len(seqs), _CHUNK):
                self._undo_chunk(seqs[start : start + _CHUNK], len(seqs) - start - _CHUNK, len(seqs))
            return self._take_back(services, seqs[:_CHUNK], len(seqs) - _CHUNK, len(seqs))

        self._change(take_back, "undoing a decision", UndoFailed)

    def _undo_chunk(self, seqs: Sequence[int], left: int, total: int) -> None:
        self._change(lambda services: self._take_back(services, seqs, left, total), "undoing decisions", UndoFailed)

    def _take_back(self, services: Services, seqs: Sequence[int], left: int, total: int) -> Message:
        review = services.review
        batch = self._write(services, lambda: review.undo_many(seqs))
        rows = present_rows(services, review.rows([outcome.decision.comment_id for outcome in batch.outcomes]))
        if total > 1:
            return ManyUndone(batch, rows, max(left, 0))
        if batch.refused:
            refusal = batch.refused[0]
            hint = visible_line("Another undo goes on to the decision before it.")
            return UndoFailed(Problem(visible_line(refusal.why), hint), refusal)
        return Undone(batch.outcomes[0], rows[0] if rows else None)

    # Reading -----------------------------------------------------------------------------------------------------

    def read_copies(self, comment_id: int) -> None:
        """Looks for comments that say nearly the same, when nothing more urgent is left."""

        def look(services: Services) -> Message:
            return CopiesLoaded(comment_id, services.review.copies(comment_id))

        self._backend.submit(look, self._reply_to, rank=Rank.POLL, doing="looking for copies", key="copies")

    def read_band(self, query: QueueQuery, label: Label) -> None:
        """Reads a label's score of every comment in a queue."""
        self._read(
            lambda services: BandLoaded(query, label, services.review.scored(query, label)),
            Rank.CARD,
            "reading scores",
            key="band",
        )

    def read_sample(self, ids: Sequence[int]) -> None:
        """Reads the rows of a sample."""
        wanted = list(ids)
        self._read(
            lambda services: SampleLoaded(present_rows(services, services.review.rows(wanted))),
            Rank.CARD,
            "reading a sample",
            key="sample",
        )
