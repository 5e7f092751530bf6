"""Tells what others wrote from what we wrote ourselves: the database's own number counts both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Answer = TypeVar("Answer")


class _Watched(Protocol):
    def changed(self) -> bool:
        """Whether anything was written since this was last asked."""
        ...


class News:
    """Whether somebody else wrote. Used in the backend's thread only."""

    def __init__(self) -> None:
        self._missed = False

    def quietly(self, review: _Watched, write: Callable[[], Answer]) -> Answer:
        """Writes without taking it for news afterwards. What others wrote until then isn't forgotten.

        What somebody else commits in the same few milliseconds is: a screen that must not miss it looks again anyway
        after a while.
        """
        self._missed |= review.changed()
        try:
            return write()
        finally:
            review.changed()

    def any(self, review: _Watched) -> bool:
        """Whether somebody else wrote since this was last asked."""
        found = review.changed() or self._missed
        self._missed = False
        return found
