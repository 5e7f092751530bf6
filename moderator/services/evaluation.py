"""How well scorers do on labelled texts, and whether that is well enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.score import Label, ScorerId, merge_scores
from moderator.scoring.evaluation import LabelReport, report_label, share_right_by_group
from moderator.scoring.panel import Panel
from moderator.services.labelled import GROUPINGS, LabelledText
from moderator.services.mistakes import Gaps, Mistake, gaps, worst
from moderator.services.tuning.curves import Outcomes, Reliability, reliability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moderator.scoring.blame.evaluation import BlameReport

DEFAULT_THRESHOLD = 0.5
"""Where a score counts as positive for a label that the policy has no threshold for."""

LABEL_MEASURES = ("auc", "average_precision", "precision", "recall", "f1", "macro_f1")
"""Measures of a label of which more is better."""

BLAME_MEASURES = ("f1", "precision", "recall", "accuracy", "auc", "pair_accuracy", "span_f1", "functionality")
"""Measures of collective blame of which more is better; `functionality` is the worst class of texts."""

GAPS = ("recall", "false_alarms")
"""Rates that are compared between groups; less of a gap is better."""

MAXIMUMS = ("calibration_error", *(f"{name}_gap" for name in GAPS))
"""What a maximum can be set for: the worst of all labels, and of all fields."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class ClassShare:
    """How many texts of a class have a known label and a score, and the share of them judged rightly, 0..1."""

    texts: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured on one set of texts.

    Attributes:
        labels: A report for each label that the set knows and a scorer gives.
        unscored: Texts with a known label that got no score for it, for each label of the set. No measure has them.
        classes: Accuracy by label, grouping (`functionality`, `difficulty`) and class.
        elapsed_s: Time that the scorers took, without their start.
        gaps: Label to field to its groups, for fields that were asked for.
        mistakes: Texts on the wrong side of a label's threshold, the worst first.
        reliability: How often texts with a score have the label, by bins of the score.
    """

    scorers: tuple[ScorerId, ...]
    texts: int
    labels: Mapping[Label, LabelReport]
    unscored: Mapping[Label, int]
    classes: Mapping[Label, Mapping[str, Mapping[str, ClassShare]]]
    elapsed_s: float
    gaps: Mapping[Label, Mapping[str, Gaps]] = field(default_factory=dict[Label, Mapping[str, Gaps]])
    mistakes: Mapping[Label, tuple[Mistake, ...]] = field(default_factory=dict[Label, tuple[Mistake, ...]])
    reliability: Mapping[Label, Reliability] = field(default_factory=dict[Label, Reliability])

    @property
    def texts_per_s(self) -> float:
        """Texts scored in a second."""
        return self.texts / self.elapsed_s if self.elapsed_s > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Unmet:
    """A bound that doesn't hold. `value` is `None` where the measure isn't defined on this set.

    Attributes:
        at_most: Whether the bound is the most that it may be; else it's the least.
    """

    name: str
    least: float
    value: float | None
    at_most: bool = False


@dataclass(slots=True)
class _Scores:
    """Known labels and scores of one label, row by row; NaN where there's none."""

    truth: list[float] = field(default_factory=list[float])
    given: list[float] = field(default_factory=list[float])

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.asarray(self.truth, np.float64), np.asarray(self.given, np.float64)


def evaluate(
    panel: Panel,
    texts: Sequence[LabelledText],
    thresholds: Mapping[Label, float],
    progress: Callable[[int, int], None] | None = None,
    *,
    by: Sequence[str] = (),
    most_mistakes: int = 5,
) -> Evaluation:
    """Scores labelled texts and measures how well the scores agree with the labels.

    Args:
        panel: Who scores.
        texts: With at least one label each.
        thresholds: Where a label's score counts as positive; `DEFAULT_THRESHOLD` for those that aren't here.
        progress: Called with texts done and texts in all.
        by: Fields whose groups are compared, as the texts name them; `lang` is the language that was given.
        most_mistakes: How many of each label's worst mistakes to keep.

    Raises:
        ScoringError: The principal scorer can't work.
    """
    scorers = tuple(identity for identity, _ in panel.identities)  # this starts them
    panel.score([one.request for one in texts[:1]])  # what is loaded with the first text isn't part of the pace
    merged: list[Mapping[Label, float | None]] = []
    elapsed_s = 0.0
    for at in range(0, len(texts), _BATCH):
        requests = [one.request for one in texts[at : at + _BATCH]]
        started = time.perf_counter()
        verdicts = panel.score(requests)
        elapsed_s += time.perf_counter() - started
        merged += [merge_scores(verdict.score_sets) for verdict in verdicts]
        if progress is not None:
            progress(len(merged), len(texts))
    wanted = [label for label in Label if any(label in one.labels for one in texts)]
    columns = {label: _column(label, texts, merged) for label in wanted}
    given = {label: column for label, column in columns.items() if not np.isnan(column.given).all()}
    found = _Deeper(texts, given, thresholds)
    return Evaluation(
        scorers,
        len(texts),
        {
            label: report_label(column.truth, column.given, thresholds.get(label, DEFAULT_THRESHOLD))
            for label, column in given.items()
        },
        {label: _unscored(column) for label, column in columns.items()},
        {label: _classes(column, texts, thresholds.get(label, DEFAULT_THRESHOLD)) for label, column in columns.items()},
        elapsed_s,
        found.gaps(by),
        found.mistakes(most_mistakes),
        found.reliability(),
    )


@dataclass(frozen=True, slots=True)
class _Deeper:
    """What is looked at beside the measures of a label."""

    texts: Sequence[LabelledText]
    columns: Mapping[Label, _Scores]
    thresholds: Mapping[Label, float]

    def gaps(self, by: Sequence[str]) -> dict[Label, dict[str, Gaps]]:
        names = {name: [_group(one, name) for one in self.texts] for name in by}
        return {
            label: {name: gaps(*column.arrays(), group, self._at(label)) for name, group in names.items()}
            for label, column in self.columns.items()
        }

    def mistakes(self, most: int) -> dict[Label, tuple[Mistake, ...]]:
        lines = [one.line for one in self.texts]
        return {label: worst(*column.arrays(), lines, self._at(label), most) for label, column in self.columns.items()}

    def reliability(self) -> dict[Label, Reliability]:
        found: dict[Label, Reliability] = {}
        for label, column in self.columns.items():
            truth, given = column.arrays()
            known = ~np.isnan(truth) & ~np.isnan(given)
            if known.any():
                positive = truth[known] >= DEFAULT_THRESHOLD
                found[label] = reliability(Outcomes(given[known], positive, np.ones(len(positive))))
        return found

    def _at(self, label: Label) -> float:
        return self.thresholds.get(label, DEFAULT_THRESHOLD)


def _group(one: LabelledText, name: str) -> str:
    return one.groups.get(name) or ((one.request.language or "") if name == "lang" else "")


def measures(report: LabelReport) -> dict[str, float | None]:
    """A label's measures by name; `None` where the set can't tell, such as the recall of a label that nothing has."""
    values = {name: None if math.isnan(value) else value for name, value in report.as_dict().items()}
    if not report.positives:
        values |= dict.fromkeys(("precision", "recall", "f1"), None)
    if report.positives in {0, report.known}:
        values["macro_f1"] = None
    return values


def figures(found: Evaluation) -> dict[str, float | None]:
    """What a minimum can be set for.

    Returns:
        `MEASURE` is the worst of all labels for which it's defined, `LABEL.MEASURE` one label's, `functionality` the
        worst class of texts, and `texts_per_s` the throughput. `None`: not defined on this set.
    """
    named: dict[str, float | None] = {"texts_per_s": found.texts_per_s}
    for measure in LABEL_MEASURES:
        values = {label: measures(report)[measure] for label, report in found.labels.items()}
        named[measure] = min((value for value in values.values() if value is not None), default=None)
        named |= {f"{label.value}.{measure}": value for label, value in values.items()}
    named["calibration_error"] = max((one.calibration_error for one in found.labels.values()), default=None)
    for name in GAPS:
        values = [getattr(one, name) for fields in found.gaps.values() for one in fields.values()]
        named[f"{name}_gap"] = max((value for value in values if not math.isnan(value)), default=None)
    shares = [one.accuracy for groups in found.classes.values() for one in groups.get("functionality", {}).values()]
    return named | {"functionality": min(shares, default=None)}


def blame_figures(report: BlameReport) -> dict[str, float | None]:
    """What a minimum can be set for in an evaluation of collective blame: `BLAME_MEASURES`."""
    named = {name: getattr(report.overall, name) for name in ("f1", "precision", "recall", "accuracy")}
    named |= {"auc": report.auc, "pair_accuracy": report.pair_accuracy, "span_f1": report.span_f1}
    return named | {"functionality": min((share for share, _ in report.classes.values()), default=None)}


def names_of_minimums(*, blame: bool = False) -> tuple[str, ...]:
    """Every name that a minimum can have."""
    if blame:
        return BLAME_MEASURES
    of_labels = (f"{label.value}.{measure}" for label in Label for measure in LABEL_MEASURES)
    return (*LABEL_MEASURES, "functionality", "texts_per_s", *of_labels)


def unmet(
    values: Mapping[str, float | None], minimums: Mapping[str, float], maximums: Mapping[str, float] | None = None
) -> list[Unmet]:
    """Bounds that don't hold; one for a measure that isn't defined on the set doesn't."""
    missed: list[Unmet] = []
    for name, least in minimums.items():
        value = values.get(name)
        if value is None or not value >= least:
            missed.append(Unmet(name, least, value))
    for name, most in (maximums or {}).items():
        value = values.get(name)
        if value is None or not value <= most:
            missed.append(Unmet(name, most, value, at_most=True))
    return missed


def _column(label: Label, texts: Sequence[LabelledText], merged: Sequence[Mapping[Label, float | None]]) -> _Scores:
    column = _Scores()
    for one, scores in zip(texts, merged, strict=True):
        score = scores.get(label)
        column.truth.append(one.labels.get(label, math.nan))
        column.given.append(math.nan if score is None else score)
    return column


def _unscored(column: _Scores) -> int:
    return sum(
        not math.isnan(truth) and math.isnan(given) for truth, given in zip(column.truth, column.given, strict=True)
    )


def _classes(column: _Scores, texts: Sequence[LabelledText], threshold: float) -> dict[str, dict[str, ClassShare]]:
    found: dict[str, dict[str, ClassShare]] = {}
    for grouping in GROUPINGS:
        rows = [
            (truth, given, one.classes[grouping])
            for truth, given, one in zip(column.truth, column.given, texts, strict=True)
            if grouping in one.classes
        ]
        if rows:
            truths, scores, names = zip(*rows, strict=True)
            shares = share_right_by_group(truths, scores, names, threshold)
            found |= {grouping: {name: ClassShare(*share) for name, share in shares.items()}} if shares else {}
    return found
