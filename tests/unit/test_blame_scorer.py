"""Blame and its harmless twins, sentence by sentence. All sentences are this file's own."""

# ruff: noqa: RUF001 - sentences in other scripts are what is tested

import dataclasses

import pytest

from moderator.domain.score import Label, SpanRole
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.blame import BlameScorer

SCORER = BlameScorer()


def judge(text, language="en", title=None, parent=None):
    return SCORER.score([ScoreRequest(text, language, title, parent)])[0]


def score(text, language="en", **context):
    return judge(text, language, **context).scores[Label.COLLECTIVE_BLAME]


def spans(text, language="en"):
    return [(str(span.role), text[span.start : span.end]) for span in judge(text, language).spans]


def test_it_is_a_scorer_of_one_label():
    assert isinstance(SCORER, Scorer)
    assert SCORER.labels == {Label.COLLECTIVE_BLAME}
    assert SCORER.identity == BlameScorer().identity
    assert len(SCORER.identity.weights_hash) == 12


def test_the_sentence_this_was_made_for():
    text = "As the illegally invading nation, all russians must share in the fall-out"
    found = judge(text)
    assert found.blame.grade == 3
    assert found.scores[Label.COLLECTIVE_BLAME] >= 0.88
    assert spans(text) == [
        ("quantifier", "all"),
        ("group", "russians"),
        ("predicate", "must share in the fall-out"),
    ]


def test_a_plain_remark_is_next_to_nothing():
    assert score("Transcript please.") < 0.05


@pytest.mark.parametrize(
    ("language", "blame", "harmless"),
    [
        ("en", "Every Dane is complicit in the spill.", "Every Dane who signed the order is complicit in the spill."),
        ("en", "All plumbers must be punished for this.", "Not all plumbers must be punished for this."),
        ("en", "The Danes, who cheered it on, must pay.", "The Danes who cheered it on must pay."),
        ("en", "All the Tarkovians kept silent.", "He claims that all the Tarkovians kept silent."),
        ("en", "The Danes are guilty, all of them.", "The Danish government is guilty, all of it."),
        ("en", "Peruvians have this in their blood.", "It is lazy to say that Peruvians have this in their blood."),
        ("en", "There isn't one innocent Peruvian.", "If there isn't one innocent Peruvian, nobody is."),
        ("en", "You Danes have blood on your hands.", "We Danes have blood on our hands."),
        ("en", "All plumbers are to blame.", "Some plumbers are to blame."),
        ("en", "All Danes must pay for the wells.", "All Danes must pay the fee by June."),
        ("ru", "Все датчане виноваты в этом.", "Не все датчане виноваты в этом."),
        ("ru", "Датчане должны ответить, все до единого.", "Датский министр должен ответить."),
        ("ru", "Все перуанцы молчали.", "Перуанцы, которые это видели, молчали."),
        ("uk", "Усі данці винні в цьому.", "Не всі данці винні в цьому."),
        ("uk", "Данці мають заплатити за це.", "Уряд Данії має заплатити за це."),
        ("de", "Alle Dänen sind schuld.", "Nicht alle Dänen sind schuld."),
        ("de", "Die Peruaner haben weggeschaut.", "Er behauptet, die Peruaner haben weggeschaut."),
        ("fr", "Tous les Danois sont coupables.", "Les Danois qui ont signé sont coupables."),
        ("es", "Todos los peruanos son culpables.", "Algunos peruanos son culpables."),
    ],
)
def test_a_small_change_of_wording_changes_the_verdict(language, blame, harmless):
    assert score(blame, language) >= 0.5
    assert score(harmless, language) < 0.5


@pytest.mark.parametrize("group", ["Danes", "plumbers", "Methodists", "Tarkovians", "pensioners", "Londoners"])
def test_who_is_meant_does_not_matter(group):
    assert score(f"All {group} are complicit in this crime.") == pytest.approx(
        score("All Peruvians are complicit in this crime."), abs=0.05
    )


def test_grades_follow_hedge_claim_and_penalty():
    grades = [
        judge(text).blame.grade
        for text in (
            "The Danes helped us that night.",
            "Most Danes are guilty of this.",
            "All Danes are guilty of this.",
            "All Danes should be deported for this.",
        )
    ]
    assert grades == [0, 1, 2, 3]


def test_a_pronoun_takes_its_group_from_title_or_parent():
    assert score("They all knew and they all helped.", title="What the Danes saw from their windows") >= 0.5
    assert score("They must all answer for it.", title="Two clerks stole the fund") < 0.5
    assert score("They must all answer for it.") < 0.5


def test_disguises_are_read_and_shown_as_written():
    text = "a11 p e r u v i a n s are gui1ty"
    assert score(text) >= 0.5
    assert ("group", "p e r u v i a n s") in spans(text)


def test_an_unknown_language_is_not_scored_and_never_zero():
    found = judge("Wszyscy są winni.", "pl")
    assert found.scores[Label.COLLECTIVE_BLAME] is None
    assert found.blame.reason.startswith("not scored")


def test_the_language_is_found_where_nobody_says_it():
    found = judge("Все датчане виноваты в том, что случилось у моста.", None)
    assert found.language == "ru"
    assert found.scores[Label.COLLECTIVE_BLAME] >= 0.5


def test_the_explanation_has_words_components_and_what_was_considered():
    blame = judge("Every Dane kept silent.").blame
    assert blame.components == ("GRP", "QNT", "SIL")
    assert blame.reason == "whole group + complicity by silence; no limiting clause"
    assert "subset clause: no" in blame.exclusions
    assert "subset clause: found" in judge("Every Dane who was there kept silent.").blame.exclusions


def test_harmless_texts_have_no_spans():
    assert judge("Not all Danes are guilty.").spans == ()
    assert {span.role for span in judge("All Danes are guilty.").spans} == {
        SpanRole.GROUP,
        SpanRole.QUANTIFIER,
        SpanRole.PREDICATE,
    }


def test_an_empty_batch_and_an_empty_text():
    assert SCORER.score([]) == []
    assert score("") < 0.05


def test_the_identity_is_a_value():
    assert dataclasses.is_dataclass(SCORER.identity)
