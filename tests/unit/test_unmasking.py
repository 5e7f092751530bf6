"""What undoing disguises added to each label, from the scorer to the eye."""

import pytest

from moderator.domain.score import UNMASKING, Label, ScorerId, ScoreSet, gains_by_unmasking, unmasking_of
from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
from moderator.tui.widgets.scores_panel import said_of_gain

WHO = ScorerId("mine", "1", "0")


def scored(**extra):
    return ScoreSet(WHO, "en", {Label.TOXICITY: 0.9, Label.INSULT: 0.8}, extra=extra)


def test_each_label_keeps_what_it_gained_and_the_most_is_told():
    extra = unmasking_of({Label.TOXICITY: 0.31, Label.INSULT: 0.001, Label.THREAT: -0.2})
    assert extra == {UNMASKING: 0.31, f"{UNMASKING}.toxicity": 0.31}
    assert gains_by_unmasking((scored(**extra),)) == {Label.TOXICITY: 0.31}
    assert unmasking_of({Label.TOXICITY: -0.1}) == {UNMASKING: -0.1}


def test_a_later_set_replaces_what_an_earlier_one_gained():
    early = scored(**unmasking_of({Label.TOXICITY: 0.31, Label.INSULT: 0.2}))
    blame = ScoreSet(WHO, "en", {Label.COLLECTIVE_BLAME: 0.1})
    assert gains_by_unmasking((early, blame)) == {Label.TOXICITY: 0.31, Label.INSULT: 0.2}
    assert gains_by_unmasking((early, scored())) == {}
    assert gains_by_unmasking(()) == {}


def test_the_embedded_scorer_tells_it_per_label():
    disguised, plain = EmbeddedScorer().score([ScoreRequest(text, "en") for text in ("you 1d10t", "you idiot")])
    gains = gains_by_unmasking((disguised,))
    assert gains[Label.INSULT] > 0.3
    assert max(gains.values()) == disguised.extra[UNMASKING]
    assert gains_by_unmasking((plain,)) == {}


@pytest.mark.parametrize(("room", "said"), [(40, " +0.31 after unmasking"), (20, " +0.31")])
def test_the_panel_says_it_as_long_as_there_is_room(room, said):
    assert said_of_gain(0.31, room) == said
    assert said_of_gain(0.0, room) == ""
