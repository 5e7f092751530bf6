"""What is read beside the work, each from one place: figures, thresholds tried out, how sources stand."""

from __future__ import annotations

from moderator.domain.clock import Clock, system_clock
from moderator.domain.policy import Policy
from moderator.services.source_states import SourceStates
from moderator.services.stats import Stats
from moderator.services.tuning.trial import Tuning
from moderator.storage.engine import Database


class Figures:
    """Readings that may take seconds. Any thread may ask for them; none of them writes.

    Args:
        db: The database; closed by who opened it.
        policy: Thresholds in force.
        clock: Gives UTC milliseconds.

    Attributes:
        stats: How the queue stands and how the work goes.
        tuning: What other thresholds would do.
        source_states: How it stands with where comments come from.
    """

    def __init__(self, db: Database, policy: Policy, clock: Clock = system_clock) -> None:
        self.stats = Stats(db, clock)
        self.tuning = Tuning(db, policy, clock)
        self.source_states = SourceStates(db)
