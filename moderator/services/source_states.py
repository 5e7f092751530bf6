"""How it stands with where comments come from: read for the desk's Sources."""

from __future__ import annotations

from moderator.domain.source_state import SourceState
from moderator.storage.engine import Database
from moderator.storage.source_rows import source_states


class SourceStates:
    """Reads them. Any thread may ask.

    Args:
        db: The database; closed by who opened it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def read(self) -> tuple[SourceState, ...]:
        """Every source, by name.

        Raises:
            StorageError: The database failed.
        """
        with self._db.read() as conn:
            return source_states(conn)
