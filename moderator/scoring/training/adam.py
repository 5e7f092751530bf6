"""Adam, in numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Adam:
    """Steps parameters down their slopes, each at its own pace.

    Args:
        parameters: Arrays that are changed in place.

    Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980 (algorithm 1, their default decay rates).
    """

    def __init__(self, parameters: Sequence[FloatArray], decay: tuple[float, float] = (0.9, 0.999)) -> None:
        self._parameters = parameters
        self._decay = decay
        self._means = [np.zeros_like(parameter) for parameter in parameters]
        self._squares = [np.zeros_like(parameter) for parameter in parameters]
        self._steps = 0

    def step(self, slopes: Sequence[FloatArray], step_size: float) -> None:
        """Changes the parameters by one step."""
        self._steps += 1
        first, second = self._decay
        pace = step_size * np.sqrt(1 - second**self._steps) / (1 - first**self._steps)
        rows = zip(self._parameters, slopes, self._means, self._squares, strict=True)
        for parameter, slope, mean, square in rows:
            np.multiply(mean, first, out=mean)
            np.add(mean, (1 - first) * slope, out=mean)
            np.multiply(square, second, out=square)
            np.add(square, (1 - second) * slope * slope, out=square)
            np.subtract(parameter, np.float32(pace) * mean / (np.sqrt(square) + np.float32(1e-8)), out=parameter)
