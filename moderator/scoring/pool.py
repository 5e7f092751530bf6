"""The scorers' processes of one program: a set for each who asks, so that nobody waits for what another has asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from moderator.scoring.base import ScorerSpec
from moderator.scoring.process import ProcessScorer


class ScorerPool:
    """Sets of scorers, each made when it is first asked for. Safe to use from any thread.

    Args:
        specs: Who scores by the settings in force. Asked whenever a set is made.
        nice: How much lower than ours the processes' priority is.
    """

    def __init__(self, specs: Callable[[], Sequence[ScorerSpec]], *, nice: int) -> None:
        self._specs = specs
        self._nice = nice
        self._making = threading.Lock()
        self._sets: dict[str, tuple[ProcessScorer, ...]] = {}
        self._outdated: tuple[ProcessScorer, ...] = ()

    def scorers(self, asker: str) -> tuple[ProcessScorer, ...]:
        """The scorers of one who asks, the principal first. Their processes start when they are first asked something.

        Raises:
            ConfigError: No scorer has the configured name.
            ScoringError: Its files aren't there.
        """
        with self._making:
            if asker not in self._sets:
                self._sets[asker] = tuple(ProcessScorer(spec, nice=self._nice) for spec in self._specs())
            return self._sets[asker]

    def renew(self) -> None:
        """Others score: who asks from now on gets them. Those from before work until `retire`."""
        with self._making:
            self._outdated += self._all()
            self._sets.clear()

    def retire(self) -> None:
        """Ends the processes of scorers that others have replaced."""
        with self._making:
            outdated, self._outdated = self._outdated, ()
        for scorer in outdated:
            scorer.close()

    def close(self) -> None:
        """Ends all processes. What is asked meanwhile in other threads raises `ScoringError`."""
        self.renew()
        self.retire()

    def _all(self) -> tuple[ProcessScorer, ...]:
        return tuple(scorer for scorers in self._sets.values() for scorer in scorers)
