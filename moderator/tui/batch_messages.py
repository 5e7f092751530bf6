"""Messages about many comments at once: acts, copies, bands of scores. Values only, as in `messages`."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from moderator.domain.comment import Copies
from moderator.domain.decision import Batch
from moderator.domain.queue import QueueQuery, Scored
from moderator.domain.score import Label
from moderator.tui.views import RowView


@dataclass(eq=False, repr=False)
class ManyDecided(Message):
    """A part of one act on many comments is durable; `left` are still on their way."""

    batch: Batch
    left: int


@dataclass(eq=False, repr=False)
class ManyUndone(Message):
    """A part of one act on many comments was taken back; `left` are still on their way."""

    batch: Batch
    rows: tuple[RowView, ...]
    left: int


@dataclass(eq=False, repr=False)
class CopiesLoaded(Message):
    """What says nearly the same as a comment."""

    comment_id: int
    copies: Copies


@dataclass(eq=False, repr=False)
class BandLoaded(Message):
    """A label's score of every comment in a queue."""

    query: QueueQuery
    label: Label
    scored: Scored


@dataclass(eq=False, repr=False)
class SampleLoaded(Message):
    """Some comments picked at random out of a band."""

    rows: tuple[RowView, ...]


@dataclass(eq=False, repr=False)
class ScorePicked(Message):
    """A place on a histogram was clicked: a score 0..1."""

    score: float
