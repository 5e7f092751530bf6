"""How the desk looks and who sits at it: plain values, so that the first frame waits for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moderator.domain.clock import Clock, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Settings of the desk.

    Attributes:
        moderator: Alias of the person at the desk, as it stands in the decisions.
        theme: One of `themes.THEMES` or any that Textual ships. Another name falls back to `dark`.
        keys: Own keys: action's name to keys, see `keys.resolve`.
        reasons: Reasons offered after `r`: code, key and title of each. Empty: as shipped.
        queue: Filter line of what the queue shows first.
        order: Its order: `risk`, `oldest`, `newest` or `best`.
        mask: Mask severe words until they're asked for.
        mild_every: After how many of the riskiest comments a mild one comes; 0 for never.
        stop_after_min: After how many minutes at work the desk reminds of a stop; 0 for never.
        welcome: Where to note that the welcome was seen; `None` shows none.
        lease_s: How long a comment stays ours without a sign of life, in seconds, as `services.review` was told.
        queues: Named queues: name to filter line, in the order in which they're offered.
        confirm_above: An act on more comments than this has their number typed first.
        single_keys: Whether a single character may be a command.
        clock: UTC milliseconds: what ages are counted from.
    """

    moderator: str
    theme: str = "dark"
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    reasons: tuple[tuple[str, str, str], ...] = ()
    queue: str = ""
    order: str = "risk"
    mask: bool = True
    mild_every: int = 0
    stop_after_min: int = 0
    welcome: Path | None = None
    lease_s: float = 120.0
    queues: Mapping[str, str] = field(default_factory=dict[str, str])
    confirm_above: int = 20
    single_keys: bool = True
    clock: Clock = system_clock
