"""Measures against values worked out by hand, and against slow but plain definitions."""

import math
import random

import numpy as np
import pytest

from moderator.scoring.evaluation import (
    average_precision,
    calibration_error,
    macro_f1,
    precision_recall_f1,
    report_label,
    roc_auc,
    share_right_by_group,
)

NAN = float("nan")


def test_auc_counts_ties_half():
    assert roc_auc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.9]) == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_auc_equals_the_share_of_ordered_pairs():
    rng = random.Random(5)
    labels = [rng.randrange(2) for _ in range(200)]
    scores = [round(rng.random() * 0.6 + label * 0.3, 1) for label in labels]
    pairs = [
        1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0
        for i in range(200)
        for j in range(200)
        if labels[i] > labels[j]
    ]
    assert roc_auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize("measure", [roc_auc, average_precision])
def test_a_measure_that_is_not_defined_is_nan(measure):
    assert math.isnan(measure([0, 0], [0.1, 0.9]))
    assert math.isnan(measure([], []))


def test_unknown_labels_and_missing_scores_are_left_out():
    report = report_label([1, NAN, 0, 1], [0.9, 0.1, 0.2, NAN])
    assert (report.known, report.positives, report.auc) == (2, 1, 1.0)


def test_average_precision_by_hand():
    # Found at ranks 1 and 3 of 4: (1/1 + 2/3) / 2.
    assert average_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]) == pytest.approx((1 + 2 / 3) / 2)
    # All scores equal: one step, precision is the share of positives.
    assert average_precision([1, 0, 0, 0], [0.5] * 4) == pytest.approx(0.25)


def test_f1_by_hand():
    precision, recall, f1 = precision_recall_f1([1, 1, 0, 0], [0.9, 0.2, 0.5, 0.1])
    assert (precision, recall, f1) == (0.5, 0.5, 0.5)
    assert precision_recall_f1([1, 0], [0.1, 0.1]) == (0.0, 0.0, 0.0)
    assert macro_f1([1, 1, 0, 0], [0.9, 0.2, 0.5, 0.1]) == pytest.approx(0.5)


def test_calibration_error_by_hand():
    assert calibration_error([1, 0], [1.0, 0.0]) == 0.0
    # One bin: the mean score 0.7 against half positives.
    assert calibration_error([1, 0], [0.7, 0.7]) == pytest.approx(0.2)


def test_groups_are_counted_apart():
    found = share_right_by_group([1, 0, 1, NAN], [0.9, 0.9, 0.4, 0.9], ["b", "a", "b", "c"])
    assert found == {"a": (1, 0.0), "b": (2, 0.5)}
    assert list(found) == ["a", "b"]


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        roc_auc(np.zeros(2), np.zeros(3))
