"""Composed sentences and the weights fitted to them."""

from collections import Counter

import pytest

from moderator.errors import ScoringError
from moderator.scoring.blame.model import BlameModel, parse, shipped
from moderator.scoring.blame.training import hunch, train_blame
from moderator.scoring.blame.training.grammar import SHARES, compose
from moderator.scoring.blame.training.phrasebook import read_phrasebook


def test_the_same_seed_composes_the_same_sentences():
    assert list(compose(300, 4)) == list(compose(300, 4))
    assert list(compose(300, 4)) != list(compose(300, 5))


def test_all_languages_and_both_sides_are_composed():
    examples = list(compose(1000, 1))
    assert {example.language for example in examples} == set(SHARES)
    blame = Counter(example.blame for example in examples)
    assert 0.25 < blame[True] / len(examples) < 0.5
    assert not any("{" in example.text for example in examples)


def test_training_is_repeatable_and_learns(tmp_path, monkeypatch):
    # A tenth of the phrasebook is enough to be the same twice.
    monkeypatch.setattr(hunch, "read_phrasebook", lambda language: list(read_phrasebook(language))[::10])
    seen = []
    first = train_blame(tmp_path / "a", 7, lambda done, of: seen.append((done, of)), count=600)
    second = train_blame(tmp_path / "b", 7, count=600)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.accuracy > 0.9
    assert seen[-1] == (500, 600)


def test_no_name_of_a_group_carries_weight():
    words = {name.split(":", 1)[1] for name in shipped().weights if ":" in name}
    named = {"russians", "danes", "muslims", "catholics", "teachers", "русские", "росіяни", "russen", "rusos"}
    assert not {word for phrase in words for word in phrase.split()} & named


def test_a_probability_is_one_for_any_names():
    model = BlameModel(0.0, {"a": 100.0})
    assert model.probability([]) == pytest.approx(0.5)
    assert 0.99 < model.probability(["a", "unknown"]) <= 1.0


def test_weights_of_another_format_are_refused():
    with pytest.raises(ScoringError, match="format"):
        parse('{"format": 99}')
