"""Which parts a label listens to, and how much."""

import numpy as np

from moderator.scoring.training.calibration import fit_logistic


def _evidence(rows, positives, seed):
    """Targets, and two parts that know something of them by themselves; the third knows nothing."""
    chance = np.random.default_rng(seed)
    targets = (np.arange(rows) < positives).astype(np.float32)
    told = [targets * 2 + chance.normal(size=rows) for _ in range(2)]
    return targets, np.stack([*told, chance.normal(size=rows)], axis=1).astype(np.float32)


def test_parts_that_know_something_are_heard_and_noise_is_not():
    targets, parts = _evidence(3_000, 900, 1)
    weights = np.full(3_000, 1 / 3_000)
    first, second, noise, _ = fit_logistic(parts, targets, weights)
    assert first > 1
    assert second > 1
    assert noise == 0
    assert fit_logistic(-parts, targets, weights)[:3].tolist() == [0, 0, 0], "nothing speaks against its own label"


def test_few_positives_leave_out_what_hardly_adds_to_the_rest():
    targets, parts = _evidence(2_000, 12, 2)
    shadow = (parts[:, :1] + np.random.default_rng(3).normal(scale=1.5, size=(2_000, 1))).astype(np.float32)
    both = np.concatenate((parts[:, :1], shadow), axis=1)
    slopes = fit_logistic(both, targets, np.full(2_000, 1 / 2_000))
    assert slopes[0] > 0
    assert slopes[1] == 0


def test_how_much_rows_count_and_not_their_scale_decides():
    targets, parts = _evidence(600, 200, 4)
    weights = np.random.default_rng(5).uniform(0.5, 2, 600)
    scaled = [fit_logistic(parts, targets, weights / total) for total in (weights.sum(), 2 * weights.sum())]
    assert (scaled[0] > 0).tolist() == (scaled[1] > 0).tolist()
