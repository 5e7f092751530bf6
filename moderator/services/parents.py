"""What pulled comments answer: fetched once where nobody has given it to us, to be read beside them."""

from __future__ import annotations

import logging

from moderator.connectors.base import Source, Threaded
from moderator.domain.clock import Clock
from moderator.errors import ConnectorError, ConnectorUnavailableError
from moderator.services.admission import problem
from moderator.storage import context
from moderator.storage.engine import Database

MOST_PARENTS = 1000
"""After one pull; those of the newest comments first."""

_LOG = logging.getLogger(__name__)


class Parents:
    """Fetches what is missing after each pull. Call it from one thread at a time.

    Each parent is asked for once. Where a pull broke off, in this process or in one before it, everything since the
    last whole one is looked at; otherwise only what this one brought.

    Args:
        db: The database.
        clock: UTC milliseconds.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._whole: set[str] = set()

    def mark(self, source: Source) -> int:
        """Where looking begins after the pull that begins now: above this comment's number."""
        begun = source.name in self._whole
        self._whole.discard(source.name)
        if not begun:
            return 0
        with self._db.read() as conn:
            return context.highest_id(conn)

    def fetch(self, source: Source, above_id: int, since_ms: int) -> int:
        """Fetches the parents that are missing.

        Args:
            source: That was pulled.
            above_id: What `mark` gave before the pull.
            since_ms: When it was last pulled to its end, UTC milliseconds.

        Returns:
            How many came.

        Raises:
            ConnectorUnavailableError: The site doesn't answer now: the pull is to be repeated.
            StorageError: The database failed.
        """
        taken = self._take(source, above_id, since_ms) if isinstance(source, Threaded) else 0
        self._whole.add(source.name)
        return taken

    def _take(self, source: Threaded, above_id: int, since_ms: int) -> int:
        with self._db.read() as conn:
            wanted = context.missing_parents(
                conn, source.name, since_ms=since_ms, above_id=above_id, limit=MOST_PARENTS
            )
        if not wanted:
            return 0
        try:
            found = [each for each in source.parents(wanted) if problem(each) is None]
        except ConnectorUnavailableError:
            raise
        except ConnectorError as error:
            # Reading answers without what they answer is better than not reading them.
            _LOG.warning("parents can't be read", extra={"source": source.name, "code": error.code})
            return 0
        with self._db.write() as conn:
            return context.store_context(conn, found, self._clock())
