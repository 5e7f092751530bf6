"""Evidence found by asking a network again: the right words, in the right place, in time."""

import itertools
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain.score import Label, ScorerId, SpanRole
from moderator.scoring.base import ScoreRequest
from moderator.scoring.detoxify_judge import NetworkScorer
from moderator.scoring.explain import MOST_SPANS, explain, heaviest

WORTH = {"idiot": 6.0, "moron": 5.0, "scum": 4.0, "kill": 3.0}


class WordNetwork:
    """Two classes: `toxicity` adds up what words are worth, `threat` only hears `kill`; it remembers what it read."""

    classes = ("toxicity", "threat")
    device = "paper"

    def __init__(self):
        self.read = []
        self.characters = 0

    def probabilities(self, texts):
        self.read += texts
        self.characters += sum(map(len, texts))
        return [self._row(text) for text in texts]

    def _row(self, text):
        words = [word.strip('.,!?"').lower() for word in text.split()]
        total = -4.0 + sum(WORTH.get(word, 0.0) for word in words)
        return 1 / (1 + math.exp(-total)), 0.9 if "kill" in words else 0.01


@pytest.fixture
def network():
    return WordNetwork()


def pieces(text, network, columns=(0,), limit_s=5.0):
    return [text[each.start : each.end] for each in explain(text, columns, network.probabilities, limit_s)]


def test_the_word_that_counts_is_found_without_its_punctuation(network):
    assert pieces("You are an idiot, sir!", network) == ["idiot"]
    assert pieces("so fine a day", network) == []
    assert pieces("", network) == []
    assert pieces("   ", network) == []


def test_of_two_insults_both_are_found_though_either_could_go(network):
    assert pieces("what an idiot and a moron you are", network) == ["idiot", "moron"]
    assert pieces("you idiot moron", network) == ["idiot moron"]


def test_each_class_has_its_own_words(network):
    text = "idiot, I will kill you"
    found = explain(text, [0, 1], network.probabilities, 5.0)
    assert [(text[each.start : each.end], each.column) for each in found] == [("idiot", 0), ("kill", 1)]
    assert all(each.weight > 0 for each in found)


def test_a_long_text_costs_a_few_times_its_own_length(network):
    filler = "the bridge over the river is closed until monday "
    text = filler * 40 + "and the mayor is an idiot. " + filler * 40
    assert pieces(text, network) == ["idiot"]
    assert network.characters < 4 * len(text)


def test_in_a_long_text_a_second_place_is_found_too(network):
    filler = "the bridge over the river is closed until monday "
    assert pieces(filler * 5 + "you idiot " + filler * 5 + "you moron " + filler, network) == ["idiot", "moron"]


def test_time_is_kept_and_what_was_found_until_then_counts():
    network, asked = WordNetwork(), []

    def slowly(texts):
        asked.extend(texts)
        time.sleep(0.02 * len(texts))
        return network.probabilities(texts)

    explain("word " * 5000 + "idiot", [0], slowly, 0.2)
    assert len(asked) < 1000, "to the end it would ask five thousand times"
    assert explain("you idiot", [0], slowly, -1.0) == []


def test_a_network_that_fails_on_a_part_explains_with_the_rest(network):
    def half(texts):
        return [None if text == "idiot" else row for text, row in zip(texts, network.probabilities(texts), strict=True)]

    text = "you are an idiot"
    assert [text[each.start : each.end] for each in explain(text, [0], half, 5.0)] == ["idiot"]
    assert explain(text, [0], lambda texts: [None] * len(texts), 5.0) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["you", "idiot", "  ", "moron.", "да", "\U0001f600", "!!", "\n", "kill"]), max_size=40))
def test_evidence_is_within_the_text_and_never_overlaps(parts):
    text = " ".join(parts)
    found = explain(text, [0, 1], WordNetwork().probabilities, 5.0)
    for column in (0, 1):
        mine = [each for each in found if each.column == column]
        assert len(mine) <= MOST_SPANS
        assert all(0 <= each.start < each.end <= len(text) and text[each.start : each.end].strip() for each in mine)
        assert all(one.end <= other.start for one, other in itertools.pairwise(mine))


def test_the_heaviest_are_few_and_none_is_noise():
    assert heaviest({}) == []
    assert heaviest({0: 0.0, 1: -1.0}) == []
    assert heaviest({5: 1.0, 2: 10.0, 3: 0.5}) == [2]
    assert heaviest(dict.fromkeys(range(9), 1.0)) == [0, 1, 2, 3]


@pytest.fixture
def scorer(network):
    return NetworkScorer(network, ScorerId("detoxify-words", "1", "0123456789ab"), frozenset({"en"}))


def test_spans_are_given_for_flagged_labels_only_in_code_points_of_the_raw_text(scorer):
    text = "\U0001f600\U0001f600 you are an \ud800 idiot, really"
    (flagged,) = scorer.score([ScoreRequest(text, "en")])
    (span,) = flagged.spans
    assert (text[span.start : span.end], span.role, span.label) == ("idiot", SpanRole.TOXIC, Label.TOXICITY)
    assert scorer.score([ScoreRequest("so fine a day", "en")])[0].spans == ()


def test_a_disguised_word_counts_and_is_shown_where_it_stands(scorer):
    text = "you are an i\u200bd\u200bi\u200bo\u200bt, really"
    (result,) = scorer.score([ScoreRequest(text, "en")])
    assert result.scores[Label.TOXICITY] > 0.8
    assert result.extra["folded_delta"] > 0.8
    (span,) = result.spans
    assert text[span.start : span.end].replace("\u200b", "") == "idiot"
    (plain,) = scorer.score([ScoreRequest("you are an idiot, really", "en")])
    assert plain.extra == {}


def test_explanations_can_be_turned_off(network):
    quiet = NetworkScorer(network, ScorerId("quiet", "1", "0123456789ab"), frozenset({"en"}), explain_s=0)
    assert quiet.score([ScoreRequest("you idiot", "en")])[0].spans == ()
    assert network.read == ["you idiot"]
