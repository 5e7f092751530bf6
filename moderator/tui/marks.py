"""Which comments are marked, and from where a range begins. Plain state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_AT_ONCE = 100_000
"""Comments that one act may decide: more than anybody can have meant without a filter."""


class Marks:
    """Marked comments, in the order in which they were marked."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}
        self.anchor: int | None = None
        """The comment that was marked last: where a range begins."""

    def __contains__(self, comment_id: object) -> bool:
        return comment_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def toggle(self, comment_id: int) -> None:
        """Marks or unmarks one comment."""
        if comment_id in self._ids:
            del self._ids[comment_id]
        else:
            self.add([comment_id])
        self.anchor = comment_id

    def add(self, comment_ids: Iterable[int]) -> None:
        """Marks comments, up to `MOST_AT_ONCE` in all."""
        for comment_id in comment_ids:
            if len(self._ids) >= MOST_AT_ONCE:
                return
            self._ids[comment_id] = None
            self.anchor = comment_id

    def discard(self, comment_id: int) -> None:
        """Unmarks one comment."""
        self._ids.pop(comment_id, None)

    def clear(self) -> None:
        """Unmarks everything."""
        self._ids.clear()
        self.anchor = None
