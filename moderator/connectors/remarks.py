"""What a source has to say about what it read, besides records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Remarking(Protocol):
    """A source with remarks."""

    @property
    def remarks(self) -> Sequence[str]:
        """Whole sentences of ours, complete once everything was read; what they quote went through the gate."""
        ...
