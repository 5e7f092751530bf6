"""What is drawn of a label, whoever draws it: the terminal, a picture, a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from moderator.services.tuning.curves import Curve
from moderator.services.tuning.drift import Drift, Moved
from moderator.services.tuning.intervals import Estimate
from moderator.services.tuning.report import LabelFigures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of a chart.

    Attributes:
        low, high: A band around it, where there is one.
        points: Whether its places are marked one by one.
        aside: Whether it's only there to compare with.
    """

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    points: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One chart.

    Attributes:
        mark: A place on the x axis that stands out, with a word for it.
    """

    title: str
    x_title: str
    y_title: str
    series: Sequence[Series] = field(default_factory=tuple[Series, ...])
    x_end: float = 1.0
    y_end: float = 1.0
    mark: tuple[float, str] | None = None


def label_charts(figures: LabelFigures) -> list[Chart]:
    """What is drawn of a label; only the spread of its scores where people decided all alike."""
    review = figures.threshold.review if figures.threshold else None
    mark = None if review is None else (review, "review")
    charts = [_spread(figures, mark)]
    if figures.roc is not None:
        title = f"ROC, area {told(figures.auc)}"
        charts.append(_curve(title, "approved comments held", "rejected comments held", figures.roc, diagonal=True))
    if figures.precision_recall is not None:
        title = f"Precision and recall, average {told(figures.average_precision)}"
        charts.append(_curve(title, "recall", "precision", figures.precision_recall))
    if figures.comments:
        charts.append(_reliability(figures))
    if figures.cost is not None:
        charts.append(_cost(figures.cost))
    return charts


def drift_charts(drift: Drift) -> list[Chart]:
    """Each label's quantiles by the one scorer against those by the other."""
    return [_moved(one) for one in drift.labels if one.texts]


def told(estimate: Estimate, digits: int = 2) -> str:
    """A figure with its interval: `0.91 (0.88 to 0.93)`; a dash where nothing was counted."""
    if not estimate.known:
        return "-"
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f} to {estimate.high:.{digits}f})"


def _spread(figures: LabelFigures, mark: tuple[float, str] | None) -> Chart:
    places = figures.bins + (figures.bins[1] - figures.bins[0]) / 2
    shares = figures.spread / np.maximum(figures.spread.sum(axis=0), 1)
    names = ("approved", "rejected")
    series = [Series(name, places, shares[:, at]) for at, name in enumerate(names) if figures.spread[:, at].any()]
    top = float(shares.max()) if series else 1.0
    return Chart("Scores by decision", "score", "share of comments", series, y_end=top, mark=mark)


def _curve(title: str, x_title: str, y_title: str, curve: Curve, *, diagonal: bool = False) -> Chart:
    series = [Series("measured, 95 % band", curve.x, curve.y, curve.low, curve.high)]
    if diagonal:
        series.append(Series("by chance", np.array([0.0, 1.0]), np.array([0.0, 1.0]), aside=True))
    return Chart(title, x_title, y_title, series)


def _reliability(figures: LabelFigures) -> Chart:
    found = figures.reliability
    values, low, high = (np.array([getattr(one, name) for one in found.rejected]) for name in ("value", "low", "high"))
    series = [
        Series("rejected, 95 % band", found.score, values, low, high, points=True),
        Series("calibrated", np.array([0.0, 1.0]), np.array([0.0, 1.0]), aside=True),
    ]
    return Chart(f"Calibration, error {told(found.error)}", "score", "share rejected", series)


def _cost(curve: Curve) -> Chart:
    hours = curve.x / 60
    series = [Series("each threshold, 95 % band", hours, curve.y, curve.low, curve.high)]
    x_end, y_end = float(hours[-1]), float(curve.high.max())
    return Chart("Work against missed rejects", "hours of work", "missed rejects", series, x_end, y_end)


def _moved(one: Moved) -> Chart:
    series = [
        Series("5, 25, 50, 75, 95 %", np.array(one.old), np.array(one.new), points=True),
        Series("unmoved", np.array([0.0, 1.0]), np.array([0.0, 1.0]), aside=True),
    ]
    mark = None if one.now is None else (one.now.review, "review")
    return Chart(one.label.value.replace("_", " "), "old score", "new score", series, mark=mark)
