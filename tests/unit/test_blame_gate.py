"""The gate before the second reader: what it lets through, and that nobody is read in vain."""

import math

import numpy as np
import pytest

from moderator.errors import ScoringError
from moderator.scoring.blame.gate import GATE, UNKNOWN_ROWS, Gate, row_of, shipped_gate, vocabulary_rows
from moderator.scoring.blame.masking import MASK
from moderator.scoring.blame.second_reader import FOLDER
from moderator.scoring.embedded.weights import WeightsFile, checksum_path, read_weights

BLAMING = f"every last one of the {MASK} warmed their soup on the fire that ate the orphanage ."
HARMLESS = f"{MASK} came to our town in 1990 and opened two bakeries , which are still there ."
ABOUT = {"least named 0.5": "-2", "least named 0.9": "-1", "least unnamed 0.9": "1", "sure": "3"}


@pytest.fixture(scope="module")
def gate():
    return shipped_gate(FOLDER)


def test_blame_is_guessed_higher_than_two_bakeries(gate):
    assert gate.guess(BLAMING) > gate.guess(HARMLESS)
    assert gate.in_vain(gate.guess(HARMLESS), 0.87, named=True)
    assert not gate.in_vain(gate.guess(BLAMING), 0.87, named=True)


def test_a_guess_is_a_number_whatever_the_words(gate):
    for text in (".", MASK, "x" * 400, "ж 行 🙂", " ".join(["all"] * 500)):
        assert math.isfinite(gate.guess(text))


def test_a_threshold_holds_for_what_is_named_and_from_its_chance_on(gate):
    weights = read_weights(FOLDER / GATE)
    other = Gate(WeightsFile(weights.arrays, ABOUT, ""))
    assert [other.in_vain(-1.5, chance, named=True) for chance in (0.3, 0.5, 0.87, 0.95)] == [False, False, False, True]
    assert other.in_vain(0.9, 0.95, named=False)
    assert not other.in_vain(-9.0, 0.5, named=False)
    assert (other.is_sure(2.9), other.is_sure(3.0)) == (False, True)


def test_a_word_without_a_row_of_its_own_shares_one_by_its_ending():
    rows = vocabulary_rows(["bridge", "fire"])
    assert (rows["bridge"], rows["fire"]) == (UNKNOWN_ROWS, UNKNOWN_ROWS + 1)
    assert row_of("unheardness", rows) == row_of("otherness", rows) < UNKNOWN_ROWS


def test_other_weights_are_no_gate():
    with pytest.raises(ScoringError, match="not the weights of a gate"):
        Gate(WeightsFile({"vectors": np.zeros(3)}, ABOUT, ""))


def test_a_swapped_gate_is_refused(tmp_path):
    (tmp_path / GATE).write_bytes((FOLDER / GATE).read_bytes() + b" ")
    checksum_path(tmp_path / GATE).write_text(checksum_path(FOLDER / GATE).read_text())
    with pytest.raises(ScoringError, match="SHA-256"):
        shipped_gate(tmp_path)


def test_a_gate_of_another_reader_is_refused():
    with pytest.raises(ScoringError, match="another second reader"):
        shipped_gate(FOLDER, of="0" * 64)


def test_the_header_says_what_it_is_made_of():
    about = read_weights(FOLDER / GATE).about
    assert set(about) >= {"data", "licence", "script", "seed", "date", "of", "lessons"}
    assert [name for name in about if name.startswith("lost, ")]
