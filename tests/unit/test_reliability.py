"""Kappa and alpha are those of published examples, and their intervals those of a slow bootstrap."""

import random

import pytest

from moderator.services.reliability import cohen_kappa, krippendorff_alpha

# Krippendorff (2011), section C: nominal data, four observers, twelve units, missing data. Alpha is 0.743.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# Section A: binary data, two observers, ten units. Alpha is 0.095.
BINARY = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")


def units(rows):
    columns = zip(*(row.split() for row in rows), strict=True)
    return [[int(value) for value in column if value != "."] for column in columns]


def test_alpha_of_the_published_examples():
    assert krippendorff_alpha(units(OBSERVERS), 6).value == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units(BINARY), 2).value == pytest.approx(0.095, abs=5e-4)


def test_kappa_of_a_worked_example():
    # Both approve 20, both reject 15, the first alone approves 5, the second alone 10: kappa is 0.4.
    cells = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
    first, second = zip(*cells, strict=True)
    found = cohen_kappa(first, second, 2)
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    assert cohen_kappa(first, second, 3).value == pytest.approx(0.4)


def test_the_interval_is_that_of_drawing_texts_anew():
    dice = random.Random(1)
    first = [dice.randrange(2) for _ in range(60)]
    second = [value if dice.random() < 0.8 else 1 - value for value in first]
    found = cohen_kappa(first, second, 2)
    drawn = []
    for _ in range(300):
        at = [dice.randrange(60) for _ in range(60)]
        one, other = [first[i] for i in at], [second[i] for i in at]
        same = sum(a == b for a, b in zip(one, other, strict=True)) / 60
        chance = sum((one.count(v) / 60) * (other.count(v) / 60) for v in (0, 1))
        drawn.append((same - chance) / (1 - chance))
    drawn.sort()
    assert found.low == pytest.approx(drawn[7], abs=0.08)
    assert found.high == pytest.approx(drawn[-8], abs=0.08)


def test_where_nothing_can_be_said_nothing_is():
    assert cohen_kappa([], [], 2) is None
    assert cohen_kappa([1, 1], [1, 1], 2) is None
    assert krippendorff_alpha([[1], [0]], 2) is None
    assert krippendorff_alpha([[1, 1], [1, 1]], 2) is None
    with pytest.raises(ValueError, match="two opinions"):
        cohen_kappa([1], [], 2)
