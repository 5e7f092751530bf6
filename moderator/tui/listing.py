"""A list of comment ids with a cursor in it: finding one's place, also when a fresh list takes the old one's place."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

_NEAR = 2_048
"""How far around the old place an id is looked for before the whole list is searched."""


@dataclass(frozen=True, slots=True)
class Move:
    """The cursor went from one row to another; both need drawing."""

    before: int
    after: int


class Listing:
    """Comment ids in their order, a cursor, and which of them are decided.

    Attributes:
        ids: Decided ones stay where they were until the next fresh list.
        cursor: Index into `ids`; 0 where the list is empty.
        complete: Whether `ids` is everything, or only the first page so far.
        closed: Comments known to be decided, here or elsewhere.
    """

    def __init__(self) -> None:
        self.ids = array("q")
        self.cursor = 0
        self.complete = False
        self.closed: set[int] = set()

    @property
    def current(self) -> int | None:
        """Id under the cursor, `None` in an empty queue."""
        return self.ids[self.cursor] if self.ids else None

    @property
    def open_count(self) -> int:
        """How many of the listed comments still wait, as far as this desk knows."""
        return max(len(self.ids) - len(self.closed), 0)

    def is_open(self, comment_id: int) -> bool:
        """Whether a comment still waits for a decision, as far as this desk knows."""
        return comment_id not in self.closed

    def index_of(self, comment_id: int) -> int | None:
        """Place of a comment in the list, looked for around the cursor first. `None` where it isn't listed."""
        return _find(self.ids, comment_id, self.cursor)

    def open_after(self, count: int) -> list[int]:
        """The next waiting comments after the cursor, at most `count`: what to load before it's asked for."""
        ahead = (self.ids[at] for at in range(self.cursor + 1, min(self.cursor + 1 + _NEAR, len(self.ids))))
        found: list[int] = []
        for comment_id in ahead:
            if len(found) == count:
                break
            if comment_id not in self.closed:
                found.append(comment_id)
        return found

    def next_open(self) -> int | None:
        """Index of the next waiting comment after the cursor, else of the first one before it. `None`: all decided."""
        for at in chain(range(self.cursor + 1, len(self.ids)), range(min(self.cursor, len(self.ids)))):
            if self.ids[at] not in self.closed:
                return at
        return None

    def insert(self, at: int, comment_id: int) -> None:
        """Puts a comment back where it was; the cursor stays on its own."""
        at = min(at, len(self.ids))
        self.ids.insert(at, comment_id)
        if at <= self.cursor and len(self.ids) > 1:
            self.cursor += 1

    def replace(self, ids: Iterable[int]) -> Move | None:
        """Puts a fresh list in place of the old one and keeps the cursor on its comment.

        Returns:
            The cursor's way from its old index to its new one: the same comment where it's still listed, else the
            nearest that followed it, else the nearest before it. `None` where both lists are empty.
        """
        old, before = self.ids, self.cursor
        self.ids = ids if isinstance(ids, array) else array("q", ids)
        self.cursor = _same_place(old, before, self.ids) if self.ids else 0
        return Move(before, self.cursor) if self.ids or old else None


def _same_place(old: array[int], cursor: int, new: array[int]) -> int:
    if not old:
        return 0
    at = _find(new, old[cursor], cursor)
    if at is not None:
        return at
    # What stood beside it is near its old index in any list that is mostly the same: no search through all of it.
    neighbours = [*old[cursor + 1 : cursor + 65], *reversed(old[max(cursor - 64, 0) : cursor])]
    for comment_id in neighbours:
        at = _find_near(new, comment_id, cursor)
        if at is not None:
            return at
    return min(cursor, len(new) - 1)


def _find(ids: array[int], wanted: int, near: int) -> int | None:
    at = _find_near(ids, wanted, near)
    if at is not None:
        return at
    try:
        return ids.index(wanted)
    except ValueError:
        return None


def _find_near(ids: array[int], wanted: int, near: int) -> int | None:
    start = max(near - _NEAR, 0)
    try:
        return ids.index(wanted, start, min(near + _NEAR, len(ids)))
    except ValueError:
        return None
