"""Reading a list by pages while others take entries out of it, without missing any.

Pages by offset shift: when ten entries before our place are decided, everything moves up by ten, and the next page
would skip ten that nobody has read. So each page begins with the last entry that was read. Where it isn't there, the
list has moved, and we step back until we stand on known ground again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")


def walk(
    fetch: Callable[[int], Sequence[Item]],
    *,
    key: Callable[[Item], Any],
    identity: Callable[[Item], Hashable],
    page_size: int,
    unique: bool = True,
) -> Iterator[Item]:
    """Gives every entry once that stands in the list from beginning to end of the walk.

    Args:
        fetch: The entries from an offset on, at most `page_size`; fewer mean that the list ends there.
        key: What the list is sorted by, rising. It doesn't change while an entry waits.
        identity: Tells entries apart.
        page_size: Entries on a full page, at least 2.
        unique: No two entries have the same key; else those of the last key are read twice, so that none is missed.
    """
    seen: set[Hashable] = set()
    last: Any = None
    offset, equal_is_known = 0, unique
    while True:
        page = fetch(offset)
        while offset > 0 and not (page and (key(page[0]) < last or (equal_is_known and key(page[0]) == last))):
            offset = max(0, offset - page_size + 1)
            page = fetch(offset)
        for item in page:
            if identity(item) not in seen:
                seen.add(identity(item))
                yield item
        if len(page) < page_size:
            return
        step = len(page) - 1
        last = key(page[-1]) if last is None else max(last, key(page[-1]))
        if not unique:
            # Where a whole page has one key, nothing below it can be stood on: then its last entry must do.
            below = next((at for at in range(step, 0, -1) if key(page[at]) < last), 0)
            equal_is_known, step = below == 0, below or step
        offset += step
