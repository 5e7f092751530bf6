"""Sites as sources: pulling what waits there, when it's time, and saying in words what is wrong with one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from moderator.connectors.base import Finding, Holding, Site, Source
from moderator.domain.clock import Clock, system_clock
from moderator.errors import ConfigError, ConnectorError, ConnectorUnavailableError, ModeratorError
from moderator.services.intake import Intake, IntakeProgress, IntakeSummary
from moderator.services.parents import Parents
from moderator.storage import source_cursors
from moderator.storage.engine import Database
from moderator.text.visible import visible_line

_LONGEST_PAUSE_S = 3600.0
_ERROR_CHARS = 300
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is configured for a source.

    Attributes:
        system: Which connector speaks to it.
        pull_every_s: Between two pulls.
        delivers: Whether decisions go back.
    """

    system: str
    pull_every_s: float
    delivers: bool


@dataclass(frozen=True, slots=True)
class Pull:
    """What came of one pull.

    Attributes:
        summary: What was taken in; `None` where it failed.
        error: What went wrong, in words, fit to be shown.
    """

    source: str
    summary: IntakeSummary | None
    error: str = ""


class Sources:
    """The configured sites. Call it from one thread at a time; any number of processes may.

    Args:
        db: The database.
        intake: Takes the comments in.
        plans: Source -> what is configured.
        open_source: Makes the source of that name; called once for each.
        clock: UTC milliseconds.
    """

    def __init__(
        self,
        db: Database,
        intake: Intake,
        plans: Mapping[str, Plan],
        open_source: Callable[[str], Source],
        *,
        clock: Clock = system_clock,
    ) -> None:
        self.plans = plans
        self._db = db
        self._intake = intake
        self._open_source = open_source
        self._opened: dict[str, Source] = {}
        self._parents = Parents(db, clock)
        self._clock = clock

    def pull(
        self, name: str, *, progress: Callable[[IntakeProgress], None] | None = None, dry_run: bool = False
    ) -> IntakeSummary:
        """Takes in what waits at a source, from where the last pull ended.

        Args:
            name: A configured source.
            progress: Called now and then.
            dry_run: Count what would be stored; neither the comments nor the place are.

        Raises:
            ConfigError: There is no such source.
            ConnectorError: It can't be read on. What came before is stored, and the next pull begins where this did.
            StorageError: The database failed.
        """
        plan = self._plan(name)
        if not dry_run:
            self._claim(name, plan, due_only=False)
        return self._pull(name, plan, progress=progress, dry_run=dry_run)

    def pull_due(self, should_stop: Callable[[], bool] = lambda: False) -> list[Pull]:
        """Pulls each source whose time has come. One that fails doesn't keep the others waiting.

        Raises:
            StorageError: The database failed.
        """
        done: list[Pull] = []
        for name, plan in self.plans.items():
            if should_stop() or not self._claim(name, plan, due_only=True):
                continue
            try:
                done.append(Pull(name, self._pull(name, plan)))
            except (ConnectorError, ConfigError) as error:
                done.append(Pull(name, None, visible_line(error.message, _ERROR_CHARS)))
        return done

    def check(self, name: str) -> Sequence[Finding]:
        """What is right and wrong with a source, in words. Changes nothing, here or there.

        Raises:
            ConfigError: There is no such source.
        """
        self._plan(name)
        try:
            source = self._source(name)
            if isinstance(source, Site):
                return source.check()
            return [Finding(True, "The connector is installed; it knows no further check.")]
        except (ConnectorError, ConfigError) as error:
            return [Finding(False, visible_line(error.message), visible_line(error.hint or ""))]
        except Exception as error:  # noqa: BLE001  # a stranger's connector may raise anything, on any answer
            _LOG.warning("a check failed", exc_info=error, extra={"source": name})
            return [Finding(False, f"The connector failed: {type(error).__name__}.", "Is it the system's own address?")]

    def close(self) -> None:
        """Ends the sources' connections."""
        opened, self._opened = self._opened, {}
        for source in opened.values():
            if isinstance(source, Site):
                source.close()

    def _plan(self, name: str) -> Plan:
        if name not in self.plans:
            known = ", ".join(self.plans) or "none"
            raise ConfigError(
                f"no source is called {visible_line(name)!r}",
                code="config.source",
                hint=f"Configured: {known}. docs/connectors.md shows how to add one.",
            )
        return self.plans[name]

    def _source(self, name: str) -> Source:
        if name not in self._opened:
            self._opened[name] = self._open_source(name)
        return self._opened[name]

    def _claim(self, name: str, plan: Plan, *, due_only: bool) -> bool:
        now_ms = self._clock()
        next_ms = now_ms + round(plan.pull_every_s * 1000)
        with self._db.write() as conn:
            return source_cursors.claim(conn, name, now_ms=now_ms, next_ms=next_ms, due_only=due_only)

    def _pull(
        self,
        name: str,
        plan: Plan,
        *,
        progress: Callable[[IntakeProgress], None] | None = None,
        dry_run: bool = False,
    ) -> IntakeSummary:
        try:
            source = self._source(name)
            held, since_ms = self._prepare(source)
            above_id = self._parents.mark(source)
            if isinstance(source, Holding) and not dry_run:
                summary = self._intake.run_held(source, progress=progress)
            else:
                summary = self._intake.run(source, dry_run=dry_run, progress=progress)
            if not dry_run:
                self._parents.fetch(source, above_id, since_ms)
        except (ConnectorError, ConfigError) as error:
            if not dry_run:
                self._failed(name, plan, error)
            raise
        except ModeratorError:
            raise
        except Exception as error:
            # A stranger's connector may raise anything; its words may quote anything, so they aren't kept.
            failed = ConnectorError(f"the connector failed: {type(error).__name__}", code="connector.defect")
            if not dry_run:
                self._failed(name, plan, failed)
            raise failed from error
        if not dry_run:
            with self._db.write() as conn:
                # Only now: a pull that was cut off begins again where this one did.
                cursor = source.cursor if isinstance(source, Site) else ""
                source_cursors.succeeded(conn, name, cursor=cursor, now_ms=self._clock(), held_there=held)
        return summary

    def _prepare(self, source: Source) -> tuple[int | None, int]:
        """How much waits there, and when it was last read to its end."""
        with self._db.read() as conn:
            since_ms = source_cursors.pulled_at_ms(conn, source.name)
            cursor = source_cursors.cursor_of(conn, source.name)
        if not isinstance(source, Site):
            return None, since_ms
        source.cursor = cursor
        return source.held_count(), since_ms

    def _failed(self, name: str, plan: Plan, error: ModeratorError) -> None:
        words = visible_line(error.message, _ERROR_CHARS)
        _LOG.warning("pull failed", extra={"source": name, "code": error.code})
        asked_s = error.wait_s if isinstance(error, ConnectorUnavailableError) else None
        with self._db.write() as conn:
            pause_s = min(plan.pull_every_s * 2.0 ** source_cursors.failures_of(conn, name), _LONGEST_PAUSE_S)
            next_ms = self._clock() + round(1000 * max(pause_s, asked_s or 0.0))
            source_cursors.failed(conn, name, error=words, next_ms=next_ms)
