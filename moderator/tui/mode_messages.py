"""What travels between the modes beside the review and who reads for them. Values only, as in `messages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from moderator.domain.stats import StatsReport

if TYPE_CHECKING:  # brings the database with it
    from moderator.services.tuning import WhatIf


@dataclass(eq=False, repr=False)
class StatsLoaded(Message):
    """The figures of a window.

    Attributes:
        window: Its name.
        at_ms: When they were found, UTC milliseconds.
    """

    window: str
    report: StatsReport
    at_ms: int


@dataclass(eq=False, repr=False)
class WhatIfLoaded(Message):
    """The scores of everything that waits, for trying out thresholds.

    Attributes:
        at_ms: When they were loaded, UTC milliseconds.
    """

    what_if: WhatIf
    at_ms: int
