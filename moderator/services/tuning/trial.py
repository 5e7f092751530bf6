"""What other thresholds would make of the queue and of the past: an answer for every comment in the time of a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from moderator.domain.clock import Clock, system_clock
from moderator.domain.policy import Policy, Route, Threshold
from moderator.domain.score import Label
from moderator.scoring.blame.mentions import mentions
from moderator.services.tuning.drift import Drift, compare
from moderator.services.tuning.history import EVERYTHING, History, Wanted, load_history
from moderator.services.tuning.lists import Worth, with_lists, worth
from moderator.services.tuning.replay import Replay
from moderator.services.tuning.swaps import Named, naming
from moderator.services.tuning.whatif import Missed, missed_rejects
from moderator.storage.engine import Database
from moderator.storage.history_rows import texts
from moderator.storage.score_matrix import ScoredComments, waiting_scores


class Trial:
    """Everything that waits and everything that was decided, ready to be routed. Belongs to one thread at a time.

    Args:
        waiting: What waits.
        policy: What is in force: its sections, required labels and audit stay as they are.
        history: The past; without one, nothing is said of it.

    Attributes:
        total: How many comments wait.
    """

    def __init__(self, waiting: ScoredComments, policy: Policy, history: History | None = None) -> None:
        self.policy = policy
        self.history = history
        self.total = len(waiting)
        self._waiting = Replay(waiting)
        self._past = None if history is None or not history.decided.any() else Replay(history.comments)

    def counts(self, thresholds: Mapping[Label, Threshold]) -> dict[Route, int]:
        """How many waiting comments each route would have with these general thresholds."""
        return self._waiting.counts(replace(self.policy, thresholds=thresholds))

    def reached(self, label: Label, threshold: Threshold) -> tuple[int, int]:
        """How many waiting comments reach a label's thresholds, whatever the others say: `review`, and `priority`."""
        return self._waiting.reached(label, replace(self.policy, thresholds={label: threshold}))

    def missed(self, thresholds: Mapping[Label, Threshold]) -> Missed | None:
        """What of the past's rejects these thresholds would have let through; `None` where nothing was decided."""
        if self._past is None or self.history is None:
            return None
        wanted = replace(self.policy, thresholds=thresholds)
        return missed_rejects(self.history, self._past, self.policy, wanted)


class Tuning:
    """Loads what thresholds are tried out on.

    Args:
        db: The database; closed by who opened it.
        policy: What is in force.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, policy: Policy, clock: Clock = system_clock) -> None:
        self._db = db
        self._policy = policy
        self._clock = clock

    def trial(self) -> Trial:
        """Everything that waits now and all that was decided, in memory: some 80 bytes a comment.

        Raises:
            StorageError: The database failed.
        """
        with self._db.read() as conn:
            waiting = with_lists(conn, waiting_scores(conn, self._clock()), self._policy.lists)
        return Trial(waiting, self._policy, self.history())

    def history(self, wanted: Wanted = EVERYTHING) -> History:
        """What was scored and what people decided, with the word lists in force; see `load_history`."""
        return self.searched(load_history(self._db, wanted), self._policy)

    def searched(self, history: History, policy: Policy) -> History:
        """The past with what a policy's word lists make of it, so that this policy can be replayed, too."""
        with self._db.read() as conn:
            return replace(history, comments=with_lists(conn, history.comments, policy.lists))

    def lists(self, history: History) -> tuple[Worth, ...]:
        """What each entry of the word lists in force was worth on the past."""
        with self._db.read() as conn:
            return worth(conn, history, self._policy)

    def mentions(self, history: History, most: int, seed: int = 1) -> tuple[frozenset[str], ...]:
        """Groups that decided comments name: nothing where a text wasn't read.

        Args:
            history: The past.
            most: How many texts to read; where there are more, a random part.
            seed: For the draw.
        """
        rows = np.flatnonzero(history.decided)
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
        past = history.past
        wanted = list(zip(past.ids[rows].tolist(), past.revisions[rows].tolist(), strict=True))
        with self._db.read() as conn:
            bodies = texts(conn, wanted)
        found: list[frozenset[str]] = [frozenset()] * len(history)
        for row in rows.tolist():
            body = bodies.get(int(past.ids[row]))
            if body is not None:
                found[row] = mentions(body, past.languages[int(past.language_of[row])])
        return tuple(found)

    def naming(self, history: History, most: int) -> list[Named]:
        """Decided comments that name a group whose name can be swapped; see `moderator.services.tuning.swaps`."""
        with self._db.read() as conn:
            return naming(conn, history, most)

    def compare(self, old: str, new: str, *, since_ms: int | None = None) -> Drift:
        """Two scorers on the texts that both scored; see `moderator.services.tuning.drift.compare`."""
        return compare(self._db, self._policy, old, new, since_ms=since_ms)


def changes_as_toml(before: Mapping[Label, Threshold], after: Mapping[Label, Threshold]) -> list[str]:
    """What to write into the configuration to get from some thresholds to others, line by line. Empty for no change."""
    lines: list[str] = []
    for label, threshold in after.items():
        old = before.get(label)
        if threshold == old:
            continue
        lines.append(f"[policy.thresholds.{label.value}]")
        for name in ("review", "priority"):
            value = getattr(threshold, name)
            was = None if old is None else getattr(old, name)
            lines.append(f"{name} = {value:.2f}" + ("" if value == was or was is None else f"  # was {was:.2f}"))
        lines.append("")
    return lines[:-1]
