"""Proving that the decision log is whole."""

from __future__ import annotations

from collections.abc import Callable

from moderator.domain.decision_log import ChainReport
from moderator.storage import chain
from moderator.storage.engine import Database


def verify(db: Database, progress: Callable[[int], None] | None = None) -> ChainReport:
    """Recomputes every link of the decision log.

    Args:
        db: Open.
        progress: Called now and then with the number of rows checked.

    Returns:
        How many rows were checked, and the first that doesn't hold.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        return chain.verify(conn, progress)
