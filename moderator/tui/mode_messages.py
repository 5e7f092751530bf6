"""What travels between the modes beside the review and who reads for them. Values only, as in `messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.domain.decision import Decision
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.source_state import SourceState
from moderator.domain.stats import StatsReport
from moderator.tui.decision_views import DecisionView
from moderator.tui.views import RowView

if TYPE_CHECKING:  # brings the database with it
    from moderator.services.tuning.trial import Trial


@dataclass(eq=False, repr=False)
class StatsLoaded(Message):
    """The figures of a window.

    Attributes:
        window: Its name.
        at_ms: When they were found, UTC milliseconds.
    """

    window: str
    report: StatsReport
    at_ms: int


@dataclass(eq=False, repr=False)
class TrialLoaded(Message):
    """The scores of everything that waits and was decided, for trying out thresholds.

    Attributes:
        at_ms: When they were loaded, UTC milliseconds.
    """

    trial: Trial
    at_ms: int


@dataclass(eq=False, repr=False)
class HistoryFound(Message):
    """Decisions, newest first, with the rows of the comments they are about.

    Attributes:
        wanted: What was asked for.
        before_seq: They are older than this one; `None` for the newest.
    """

    wanted: DecisionFilter
    before_seq: int | None
    decisions: tuple[Decision, ...]
    rows: Mapping[int, RowView]


@dataclass(eq=False, repr=False)
class DecisionLoaded(Message):
    """One decision with the texts of its comment."""

    view: DecisionView


@dataclass(eq=False, repr=False)
class SourcesLoaded(Message):
    """How it stands with every source."""

    sources: tuple[SourceState, ...]
