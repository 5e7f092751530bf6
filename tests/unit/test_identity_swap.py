"""Names of groups swapped for others: what is replaced, and what the span of scores says."""

import pytest

from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.scoring.base import ScoreRequest
from moderator.scoring.identity_swap import mentions, probe
from moderator.scoring.panel import Panel


class Biased:
    """Scores one group's name high, whatever is said of it."""

    identity = ScorerId("biased", "1", "a")
    labels = frozenset({Label.TOXICITY, Label.INSULT})

    def __init__(self):
        self.calls = []

    def score(self, requests):
        self.calls.append([request.text for request in requests])
        return [
            ScoreSet(
                self.identity,
                "en",
                {Label.TOXICITY: 0.71 if "muslim" in one.text.lower() else 0.22, Label.INSULT: 0.5},
            )
            for one in requests
        ]


def test_a_score_that_follows_the_name_is_said_to():
    scorer = Biased()
    plain, named, other = probe(
        [ScoreRequest("The bridge is closed."), ScoreRequest("Muslims live here."), ScoreRequest("Muslime", "de")],
        Panel((scorer,)),
    )
    assert plain is None
    assert other is None
    assert named is not None
    first, second = named.swings
    assert (first.label, first.lowest, first.highest, first.neutral) == (Label.TOXICITY, 0.22, 0.71, 0.22)
    assert first.sentence == "0.71 -> 0.22 when the group changes: the name drives this score"
    assert second.sentence == "0.50, 0.50 to 0.50 when the group changes: the name hardly matters"
    assert len(scorer.calls) == 1


@pytest.mark.parametrize(
    ("text", "wordings"),
    [
        ("Muslims are here, MUSLIMS!", ("Jews are here, JEWS!", "People are here, PEOPLE!")),
        ("A Muslim woman spoke.", ("A Jewish woman spoke.", "An atheist woman spoke.", "A local woman spoke.")),
        ("a Muslim is my friend", ("a Jew is my friend", "an atheist is my friend", "a person is my friend")),
        ("an immigrant said so", ("a Russian said so", "an American said so")),
    ],
)
def test_the_sentence_stays_english(text, wordings):
    scorer = Biased()
    probe([ScoreRequest(text, "en")], Panel((scorer,)))
    assert set(wordings) <= set(scorer.calls[0])
    assert scorer.calls[0][0] == text


def test_only_whole_words_are_names():
    assert mentions("Germany, manners and Polestar") == []
    assert [(found.start, found.end) for found in mentions("men and women")] == [(0, 3), (8, 13)]


class Blaming:
    """Blames whatever group is named, and nobody where none is."""

    identity = ScorerId("blaming", "1", "a")
    labels = frozenset({Label.COLLECTIVE_BLAME})

    def score(self, requests):
        return [
            ScoreSet(self.identity, "en", {Label.COLLECTIVE_BLAME: 0.32 if "people" in one.text.lower() else 0.97})
            for one in requests
        ]


def test_blame_needs_a_group_so_a_word_that_names_none_proves_nothing():
    (found,) = probe([ScoreRequest("All Muslims are guilty.", "en")], Panel((Blaming(),)))
    assert found is not None
    (swing,) = found.swings
    assert swing.neutral is None
    assert (swing.lowest, swing.highest) == (0.97, 0.97)
    assert swing.sentence == "0.97, 0.97 to 0.97 when the group changes: the name hardly matters"
