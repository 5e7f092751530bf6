"""How sure a share is, from how much was counted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsFloat

Z95 = 1.959963984540054
"""Standard normal quantile of 97.5 %: two-sided intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval of 95 %.

    Attributes:
        value: `nan` where nothing was counted.
        low, high: Its ends; both `nan` where nothing was counted.
    """

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether anything was counted."""
        return not math.isnan(self.value)


NOTHING = Estimate(math.nan, math.nan, math.nan)
"""What can be said where nothing was counted."""


def share(hits: SupportsFloat, of: SupportsFloat, z: float = Z95) -> Estimate:
    """A share of what was counted, with Wilson's interval.

    Args:
        hits: How many had it; weighted counts do.
        of: Of how many.
        z: Quantile that the interval's width comes from.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    size = float(of)
    if size <= 0:
        return NOTHING
    part = min(max(float(hits) / size, 0.0), 1.0)
    scale = 1 + z * z / size
    middle = (part + z * z / (2 * size)) / scale
    half = z * math.sqrt(part * (1 - part) / size + z * z / (4 * size * size)) / scale
    return Estimate(part, max(min(middle - half, part), 0.0), min(max(middle + half, part), 1.0))


def total(parts: Iterable[tuple[float, Estimate]]) -> Estimate:
    """A sum of independent shares, each times how many it stands for.

    Args:
        parts: Size and share each.

    Source: Zou & Donner 2008 (MOVER), doi:10.1002/sim.3095.
    """
    value = below = above = 0.0
    for size, part in parts:
        value += size * part.value
        below += (size * (part.value - part.low)) ** 2
        above += (size * (part.high - part.value)) ** 2
    return Estimate(value, max(value - math.sqrt(below), 0.0), value + math.sqrt(above))
