"""The contrast grammar."""

import re

import numpy as np

from moderator.scoring.embedded.heads import HATE, HEADS
from moderator.scoring.training.contrast import ContrastGrammar

ROWS = ContrastGrammar(3).draw_rows(3000)


def test_the_same_seed_draws_the_same_sentences():
    again = ContrastGrammar(3).draw_rows(3000)
    assert again.texts == ROWS.texts
    assert np.array_equal(again.targets, ROWS.targets, equal_nan=True)
    assert ContrastGrammar(4).draw_rows(3000).texts != ROWS.texts


def test_no_slot_and_no_choice_is_left_open():
    assert not [text for text in ROWS.texts if re.search(r"[{}|]", text)]
    assert len(set(ROWS.texts)) == len(ROWS.texts)


def test_both_sides_are_drawn_and_hate_is_always_known():
    hate = ROWS.targets[:, HEADS.index(HATE)]
    assert not np.isnan(hate).any()
    assert 0.3 < hate.mean() < 0.7


def test_a_group_stands_on_both_sides():
    hate = ROWS.targets[:, HEADS.index(HATE)]
    for group in ("Muslim", "women", "immigrant", "gay", "Ukrainian"):
        sides = {float(hate[row]) for row, text in enumerate(ROWS.texts) if group in text}
        assert sides == {0.0, 1.0}, group
