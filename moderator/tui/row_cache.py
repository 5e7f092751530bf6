"""Rows already read, by comment: a bounded memory in front of the database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import islice

from moderator.tui.views import RowView

PAGE = 128
"""Rows are fetched in aligned blocks of this many."""

_CAPACITY = 32 * PAGE


class RowCache:
    """The rows seen last. By id and not by index, so that a fresh list loses none of them."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._rows: OrderedDict[int, RowView] = OrderedDict()
        self._capacity = capacity

    def get(self, comment_id: int) -> RowView | None:
        """The row as last read, or `None` where it has to be fetched."""
        row = self._rows.get(comment_id)
        if row is not None:
            self._rows.move_to_end(comment_id)
        return row

    def put(self, rows: Iterable[RowView]) -> None:
        """Keeps rows; those not looked at for longest go."""
        for row in rows:
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)

    def latest(self, count: int) -> list[RowView]:
        """The rows that were looked at last."""
        return [self._rows[comment_id] for comment_id in islice(reversed(self._rows), count)]

    def clear(self) -> None:
        """Forgets everything."""
        self._rows.clear()

    def missing(self, ids: Sequence[int], first: int, last: int) -> list[int]:
        """Which rows to fetch so that a stretch of the list can be drawn.

        Args:
            ids: The whole list.
            first: Index of the first row needed.
            last: Index of the last one, included.

        Returns:
            Ids not yet known in the aligned blocks that cover the stretch, in list order.
        """
        start = max(first, 0) // PAGE * PAGE
        end = min((last // PAGE + 1) * PAGE, len(ids))
        return [comment_id for comment_id in ids[start:end] if comment_id not in self._rows]
