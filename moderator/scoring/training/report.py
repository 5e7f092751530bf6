"""What a trained model reaches on the development sets, as numbers and as the model card's tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import Label
from moderator.scoring.embedded.heads import HEADS, LABELS
from moderator.scoring.embedded.model import ANSWERS
from moderator.scoring.evaluation import report_label, share_right_by_group
from moderator.scoring.training.rows import LabelledRows

FloatArray = NDArray[np.float32]
Metrics = dict[str, Any]
Measures = dict[str, float | None]
# Functional tests where a group is named and nothing is wrong.
_NEUTRAL = ("ident_neutral_nh", "ident_pos_nh")
_FUNCTIONAL = "hatecheck"


def measure(answers: FloatArray, rows: LabelledRows) -> Metrics:
    """Measures answers of shape (rows, answers) against development rows.

    Returns:
        `{"sets": {set: {label: measures}}, "functionalities": {name: [rows, share right]}, "summary": {...}}`,
        every number rounded to four digits.
    """
    sources = np.array(rows.sources)
    sets: dict[str, dict[str, Measures]] = {}
    for name in dict.fromkeys(rows.sources):
        of_set = sources == name
        for label in LABELS:
            targets = rows.targets[of_set, HEADS.index(label)]
            if not np.isnan(targets).all():
                report = report_label(targets, answers[of_set, ANSWERS.index(label)])
                sets.setdefault(name, {})[label] = _rounded(report.as_dict())
    metrics: Metrics = {"sets": sets, "functionalities": _functionalities(answers, rows)}
    metrics["summary"] = _summary(metrics, answers, rows)
    return metrics


def _rounded(values: Mapping[str, float]) -> dict[str, float | None]:
    # JSON knows no NaN: a measure that isn't defined is null.
    return {name: None if math.isnan(value) else round(value, 4) for name, value in values.items()}


def _functionalities(answers: FloatArray, rows: LabelledRows) -> dict[str, list[float]]:
    chosen = [row for row, source in enumerate(rows.sources) if source == _FUNCTIONAL]
    if not chosen:
        return {}
    groups = share_right_by_group(
        rows.targets[chosen, HEADS.index(Label.IDENTITY_ATTACK)],
        answers[chosen, ANSWERS.index(Label.IDENTITY_ATTACK)],
        [rows.keys[row] for row in chosen],
    )
    return {name: [count, round(share, 4)] for name, (count, share) in groups.items()}


def _summary(metrics: Metrics, answers: FloatArray, rows: LabelledRows) -> dict[str, float]:
    sets: dict[str, dict[str, Measures]] = metrics["sets"]
    summary: dict[str, float] = {}
    six = _numbers(of["auc"] for of in sets.get("jigsaw", {}).values())
    if six:
        summary["jigsaw mean AUC of six labels"] = float(np.mean(six))
    for title, name, label, measure_name in (
        ("Civil Comments identity_attack AUC", "civil", Label.IDENTITY_ATTACK, "auc"),
        ("HateCheck identity_attack AUC", "hatecheck", Label.IDENTITY_ATTACK, "auc"),
        ("HateCheck identity_attack macro-F1", "hatecheck", Label.IDENTITY_ATTACK, "macro_f1"),
        ("Surge toxicity AUC", "surge", Label.TOXICITY, "auc"),
        ("Fox News identity_attack AUC", "fox_news", Label.IDENTITY_ATTACK, "auc"),
    ):
        value = sets.get(name, {}).get(label, {}).get(measure_name)
        if value is not None:
            summary[title] = value
    neutral = [row for row, key in enumerate(rows.keys) if key in _NEUTRAL]
    if neutral:
        below = answers[neutral, ANSWERS.index(Label.IDENTITY_ATTACK)] < 0.5  # noqa: PLR2004 - the calibrated middle
        summary["neutral and positive identity mentions not flagged"] = float(below.mean())
    for label in (Label.TOXICITY, Label.IDENTITY_ATTACK):
        errors = _numbers(of[label]["calibration_error"] for of in sets.values() if label in of)
        if errors:
            summary[f"{label} calibration error, mean over sets"] = float(np.mean(errors))
    return {title: round(value, 4) for title, value in summary.items()}


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def as_tables(metrics: Metrics) -> str:
    """Returns the metrics as Markdown tables, each ending with a line end."""
    summary = [[title, f"{value:.3f}"] for title, value in metrics["summary"].items()]
    per_set = [
        [
            name,
            label,
            f"{of['known']}",
            f"{of['positives']}",
            *("-" if of[key] is None else f"{of[key]:.3f}" for key in _MEASURES),
        ]
        for name, labels in metrics["sets"].items()
        for label, of in labels.items()
    ]
    groups = [[name, str(count), f"{share:.2f}"] for name, (count, share) in metrics["functionalities"].items()]
    return "\n".join(
        [
            _table(["measure (development halves)", "value"], summary),
            _table(["development set", "label", "rows", "positive", "AUC", "AP", "F1", "macro-F1", "ECE"], per_set),
            _table(["HateCheck functionality (development half)", "rows", "right at 0.5"], groups),
        ]
    )


_MEASURES = ("auc", "average_precision", "f1", "macro_f1", "calibration_error")


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
