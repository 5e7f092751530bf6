"""Sentences and words of a folded text."""

# ruff: noqa: RUF001 - sentences in other scripts are what is tested

from moderator.scoring.blame.words import MAX_WORDS, sentences


def words(text, language="en"):
    return [sentence.words for sentence in sentences(text, language)]


def test_marks_end_sentences_and_stay_in_them():
    assert words("They knew. All of them!") == [["they", "knew", "."], ["all", "of", "them", "!"]]


def test_a_question_is_known_by_its_mark():
    assert [sentence.end for sentence in sentences("Guilty?! Surely not.", "en")] == ["?", "."]


def test_contractions_come_apart_in_english_and_french():
    assert words("They aren't") == [["they", "are", "n't"]]
    assert words("they dont") == [["they", "do", "n't"]]
    assert words("n'est pas l'armée", "fr") == [["n'", "est", "pas", "l'", "armée"]]


def test_an_apostrophe_inside_a_ukrainian_word_stays():
    assert words("п'ятеро", "uk") == [["п'ятеро"]]


def test_words_written_apart_or_as_one_are_mended():
    assert words("they must p a y now") == [["they", "must", "pay", "now"]]
    assert words("allDanes knew") == [["all", "danes", "knew"]]


def test_spelling_is_mended_from_the_language_file():
    assert [s.words for s in sentences("evry one", "en", {"evry": "every"})] == [["every", "one"]]


def test_quoted_words_are_marked_across_sentences():
    first, second = sentences("He said «They knew. All of them» and left", "en")
    assert first.quoted[first.words.index("knew")]
    assert second.quoted[second.words.index("all")]
    assert not second.quoted[second.words.index("left")]


def test_offsets_are_those_of_the_text():
    text = "Nobody – not one Dane – asked."
    for sentence in sentences(text, "en"):
        for word, start, end in zip(sentence.words, sentence.starts, sentence.ends, strict=True):
            assert text[start:end].lower() == word


def test_no_sentence_is_longer_than_the_bound():
    assert max(len(s.words) for s in sentences("all " * 1000, "en")) == MAX_WORDS
