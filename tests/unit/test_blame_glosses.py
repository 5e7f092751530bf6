"""Glossaries: what a word of another language is said as in English, and what the second reader makes of it."""

import pytest

from moderator.domain.score import Label, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer, glosses
from moderator.scoring.blame.analysis import read_sentences
from moderator.scoring.blame.glosses import GLOSSED, UNKNOWN, gloss_file, glossary
from moderator.scoring.blame.lexicon import data_text
from moderator.scoring.blame.masking import MASK, masked_windows
from moderator.scoring.blame.second_reader import reader_is_here
from moderator.scoring.blame.stems import stem
from moderator.text.normalize import fold

_EVERY = 17


@pytest.mark.parametrize("language", GLOSSED)
def test_every_entry_says_its_stem_and_something_in_english(language):
    lines = data_text(gloss_file(language)).splitlines()
    rows = [line.split("\t") for line in lines]
    assert {len(row) for row in rows} == {3}
    assert len({word for word, _, _ in rows}) == len(rows)
    assert all(gloss == "-" or gloss.isascii() for _, _, gloss in rows)
    # Each would take seconds; a change of the stemmer changes many.
    assert [(word, its_stem) for word, its_stem, _ in rows[::_EVERY] if stem(word, language) != its_stem] == []


@pytest.mark.parametrize(
    ("language", "word", "forms"),
    [
        ("ru", "сосед", ["соседи", "соседей", "соседями"]),
        ("uk", "сусід", ["сусіди", "сусідів", "сусідами"]),
        ("de", "schuldig", ["schuldige", "schuldigen", "schuldiger"]),
        ("fr", "coupable", ["coupables"]),
        ("es", "culpable", ["culpables"]),
    ],
)
def test_all_forms_of_a_word_mean_the_same(language, word, forms):
    words = glossary(language)
    assert words.of(word) not in {"", UNKNOWN}
    assert {words.of(form) for form in forms} == {words.of(word)}


def test_words_are_taken_apart_where_they_are_not_known_whole():
    german = glosses.Glossary("de", {"brand": "fire", "stifter": "founder"}, {})
    assert german.of("brandstifter") == "fire founder"
    assert german.of("brandesstifter") == "fire founder"
    russian = glosses.Glossary("ru", {}, {stem("молчать", "ru"): "keep silent"})
    assert russian.of("промолчали") == "keep silent"
    assert russian.of("немолчать") == "not keep silent"


def test_what_is_no_word_stays_and_what_nobody_knows_is_said_to_be_unknown():
    words = glossary("de")
    assert [words.of(one) for one in ("!", "1945", "xqzvrt")] == ["!", "1945", UNKNOWN]
    assert glossary("en") is None


def test_a_sentence_of_which_no_word_is_left_is_not_shown():
    nothing = glosses.Glossary("de", {"sie": ""}, {})
    assert masked_windows(read_sentences("Sie", "de"), (), nothing) == []
    assert masked_windows(read_sentences("Sie", "de"), (), glossary("de")) != []


def test_a_broken_line_is_named(monkeypatch):
    monkeypatch.setattr(glosses, "data_text", lambda _name: "wort\twort\tword\nbroken\n")
    with pytest.raises(ScoringError, match=r"glosses/de\.tsv, line 2"):
        glossary.__wrapped__("de")


@pytest.mark.parametrize("language", GLOSSED)
def test_pieces_stand_where_they_say_and_no_word_is_left_as_it_was(language):
    text = {
        "ru": "Датчане молчали, пока соседей увозили.",
        "uk": "Данці мовчали, поки сусідів вивозили.",
        "de": "Die Dänen schwiegen, als man die Nachbarn holte.",
        "fr": "Les Danois étaient silencieux quand on emmenait les voisins.",
        "es": "Los daneses callaban cuando se llevaban a los vecinos.",
    }[language]
    (window,) = masked_windows(read_sentences(fold(text).text, language), (), glossary(language))
    assert MASK in window.text
    assert "silent" in window.text
    assert window.text.isascii()
    assert " ".join(window.text[piece.start : piece.end] for piece in window.pieces) == window.text
    assert [piece.first for piece in window.pieces] == sorted(piece.first for piece in window.pieces)


# None of these wordings stands in a lexicon of blame, nor these sentences in the phrasebook; the twin names who did it.
UNWORDED = [
    (
        "ru",
        "Велдорцы все как один пили за эту победу на чужих костях.",
        "Полковник Ванс пил за эту победу на чужих костях.",
    ),
    (
        "uk",
        "Велдорці всі як один пили за цю перемогу на чужих кістках.",
        "Полковник Ванс пив за цю перемогу на чужих кістках.",
    ),
    ("de", "Jeder Veldorer hat an diesem Brand mitgezündelt.", "Oberst Vance hat an diesem Brand mitgezündelt."),
    (
        "fr",
        "Les Veldoriens ont tous bien dormi pendant que l'orphelinat brûlait.",
        "Le colonel Vance a bien dormi pendant que l'orphelinat brûlait.",
    ),
    ("es", "Cada veldoriano puso su leña en ese fuego.", "El coronel Vance puso su leña en ese fuego."),
]


@pytest.fixture(scope="module")
def scorer():
    if not reader_is_here():
        pytest.skip("the second reader needs onnxruntime and tokenizers")
    return BlameScorer()


@pytest.mark.parametrize(("language", "blame", "harmless"), UNWORDED)
def test_wording_that_no_rule_has_is_told_in_other_languages_too(scorer, language, blame, harmless):
    told, twin = scorer.score([ScoreRequest(blame, language), ScoreRequest(harmless, language)])
    assert told.scores[Label.COLLECTIVE_BLAME] >= 0.5
    assert twin.scores[Label.COLLECTIVE_BLAME] < 0.5
    roles = {span.role: blame[span.start : span.end] for span in told.spans}
    assert "eld" in roles[SpanRole.GROUP] or "елд" in roles[SpanRole.GROUP]
    assert SpanRole.PREDICATE in roles
    assert (
        BlameScorer(second_reader=False).score([ScoreRequest(blame, language)])[0].scores[Label.COLLECTIVE_BLAME] < 0.5
    )


def test_a_glossed_name_moves_nothing(scorer):
    text = "Jeder {} hat an diesem Brand mitgezündelt."
    names = ("Däne", "Russe", "Muslim", "Lehrer")
    answers = scorer.score([ScoreRequest(text.format(name), "de") for name in names])
    scores = [answer.scores[Label.COLLECTIVE_BLAME] for answer in answers]
    assert max(scores) - min(scores) <= 0.05
