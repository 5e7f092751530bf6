"""Groups that no list has, for the second reader: what may be people, and what is one person."""

# ruff: noqa: RUF001 - words of other scripts are what this is about

import pytest

from moderator.domain.score import Label
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer
from moderator.scoring.blame.analysis import read_sentences
from moderator.scoring.blame.glosses import glossary
from moderator.scoring.blame.masking import MASK, masked_windows
from moderator.scoring.blame.nouns import GROUPS
from moderator.scoring.blame.second_reader import reader_is_here
from moderator.scoring.blame.stems import shape
from moderator.text.normalize import fold


@pytest.fixture(scope="module")
def scorer():
    if not reader_is_here():
        pytest.skip("the second reader needs onnxruntime and tokenizers")
    return BlameScorer()


def shown(text, language):
    return " / ".join(
        window.text for window in masked_windows(read_sentences(fold(text).text, language), (), glossary(language))
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("uk", "Швачки знали, яке шмаття шиють і для чого."),
        ("uk", "Немає вельшів без брехні."),
        ("uk", "Торбинський соціум потурав їм."),
        ("uk", "Весь гуртожиток перечікував чуже горе."),
        ("ru", "Каменщики знали, что стена рухнет."),
        ("de", "Den Gymnasiasten muss das Abitur aberkannt werden."),
        ("de", "Belmarer sind das, und zwar durch und durch."),
        ("de", "Neun von zehn Immobilienleuten haben die Finger drin."),
        ("fr", "Les pêcheurs ont regardé ailleurs."),
        ("en", "Anglers looked the other way."),
    ],
)
def test_a_plural_of_people_that_no_list_has_is_masked(language, text):
    assert MASK in shown(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("uk", "Документи лежали поруч, і пилюка сідала на вікна."),
        ("uk", "Сестра моєї швачки живе в Полтаві."),
        ("ru", "Кирпичи лежали у дороги."),
        ("de", "Die Heizungen in Borken waren aus."),
        ("de", "Der Gymnasiast aus dem dritten Stock grüßt immer."),
        ("fr", "Il pleut sur le quai."),
        ("en", "The lamps went out one by one."),
    ],
)
def test_things_and_one_person_are_no_group(language, text):
    assert MASK not in shown(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Спасибо за историю фельдшера, который прятал повестку. Надеюсь, с ним все хорошо."),
        ("de", "Der Lehrer hat mir geholfen."),
        ("en", "A Dane from my class helped me."),
    ],
)
def test_one_person_is_shown_as_one_and_not_by_name(language, text):
    assert MASK not in shown(text, language)
    assert "person" in shown(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("uk", "Непричетний горянин — це як сухий водолаз."),
        ("en", "The average Dane owns a share in that massacre."),
        ("de", "Ein Däne ist ein Brandstifter im Wartestand."),
    ],
)
def test_one_who_stands_for_all_is_masked(language, text):
    assert MASK in shown(text, language)


@pytest.mark.parametrize(
    "text",
    ["An den Händen der Veldorer klebt Blut.", "Den Jägern brennt der Wald weg.", "Die Schuld der Lehrer bleibt."],
)
def test_german_genitives_and_datives_of_many_are_groups(text):
    (reading,) = read_sentences(text, "de")
    assert [phrase for phrase in reading.phrases if phrase.kind in GROUPS]


@pytest.mark.parametrize(
    "text", ["Der Lehrer hat es gesehen.", "Dem Lehrer tut es leid.", "Hat der Lehrer das gesagt?"]
)
def test_a_german_singular_stays_one(text):
    (reading,) = read_sentences(text, "de")
    assert not [phrase for phrase in reading.phrases if phrase.kind in GROUPS]


def test_words_of_people_are_plain_lower_case_words():
    for part in ("nouns", "collectives", "places", "adjectives"):
        words = shape("people", part)
        assert len(words) == len(set(words)) > 40
        assert all(word == word.lower() for word in words)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Juden haben es nicht verdient, so gefoltert zu werden."),
        ("de", "Wir dürfen nicht zusehen, wie Juden ermordet werden."),
        ("de", "Sein Therapeut ist ein Jude."),
        ("fr", 'Tu mériterais la prison pour des menaces du style "Je vais violer un musulman aujourd\'hui".'),
        ("es", "Decir que odias a los judíos demuestra lo equivocado que estás."),
        ("ru", "Спасибо за историю фельдшера, который прятал повестку. Надеюсь, с ним все хорошо."),
    ],
)
def test_what_is_suffered_denied_admired_or_said_by_others_is_no_blame(scorer, language, text):
    (answer,) = scorer.score([ScoreRequest(text, language)])
    assert (answer.scores[Label.COLLECTIVE_BLAME] or 0) < 0.5


def test_a_predicate_is_shown_with_the_words_that_belong_to_it(scorer):
    text = "Man sollte den Lehrern dieser Stadt die Pension streichen, allen miteinander."
    (answer,) = scorer.score([ScoreRequest(text, "de")])
    assert "die Pension streichen" in {text[span.start : span.end] for span in answer.spans}
