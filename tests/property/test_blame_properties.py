"""What holds for any text whatever."""

import pytest
from effort import calls_made
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain.score import Label
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer
from moderator.scoring.blame.lexicon import LANGUAGES

SCORER = BlameScorer()
# The reader reads each word a bounded number of times; what could grow faster is the rules.
RULES = BlameScorer(second_reader=False)
PIECES = st.sampled_from(
    [
        *["all", "every", "no", "not", "Danes", "Russians", "the", "people", "are", "guilty", "must", "pay", "they"],
        *["we", "you", "who", ",", ".", "?", "!", "«", "»", "“", "”", '"', "if", "said", "все", "не", "датчане"],
        *["alle", "Dänen", "schuld", "tous", "coupables", "todos", "p", "a", "y", "gu1lty", "\u200b", "̈", "\n"],
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map(" ".join))


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.sampled_from([*LANGUAGES, None]), st.none() | TEXTS)
def test_scores_and_spans_are_valid_and_repeatable(text, language, title):
    request = ScoreRequest(text, language, title)
    first, second = SCORER.score([request, request])
    assert first == second
    score = first.scores[Label.COLLECTIVE_BLAME]
    assert score is None or 0.0 <= score <= 1.0
    last = 0
    for span in first.spans:
        assert last <= span.start < span.end <= len(text)
        last = span.end
    assert bool(first.spans) == (first.blame.grade > 0)
    assert (first.blame.grade > 0) == (score is not None and score >= 0.5)


def steps(text):
    """Calls made while a text is scored."""
    return calls_made(lambda: RULES.score([ScoreRequest(text, "en")]))


@pytest.mark.parametrize(
    "unit",
    [
        "all ",
        "all all russians must ",
        "“ « ",
        "Danes, ",
        "not ",
        "they all knew. ",
        "All Danes must pay. ",
        "a",
        "aB",
        "((((",
        "e v e r y ",
    ],
)
def test_work_grows_with_the_text_and_no_faster(unit):
    steps(unit * 100)
    small, large = steps(unit * 400), steps(unit * 1600)
    assert large < 5 * small + 5000


def test_a_hundred_kilobytes_are_scored():
    assert SCORER.score([ScoreRequest("all " * 25_000, "en")])[0].scores[Label.COLLECTIVE_BLAME] is not None
