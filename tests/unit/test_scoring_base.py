"""What is accepted from a scorer."""

import math

import pytest

from moderator.domain.score import Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.scoring.base import ScoreRequest, ScoringFailure, checked

SCORER = ScorerId("any", "1", "0123456789ab")
REQUEST = ScoreRequest("four")


@pytest.mark.parametrize(
    "result",
    [
        ScoringFailure("why"),
        ScoreSet(SCORER, "en", {}),
        ScoreSet(SCORER, "en", {Label.TOXICITY: 0.0, Label.INSULT: 1.0, Label.OBSCENE: None}),
        ScoreSet(SCORER, "en", {}, (Span(0, 4, SpanRole.TOXIC, Label.TOXICITY),), extra={"male": 0.5, "logit": -3.0}),
    ],
)
def test_what_keeps_the_protocol_passes_unchanged(result):
    assert checked(result, REQUEST) is result


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (ScoreSet(SCORER, "en", {Label.TOXICITY: math.nan}), "any gave toxicity a value outside 0..1"),
        (ScoreSet(SCORER, "en", {Label.THREAT: 1.0000001}), "any gave threat a value outside 0..1"),
        (ScoreSet(SCORER, "en", {Label.THREAT: -math.inf}), "any gave threat a value outside 0..1"),
        (ScoreSet(SCORER, "en", {}, extra={"male": math.nan}), "any gave a value that isn't a number"),
        (
            ScoreSet(SCORER, "en", {}, (Span(0, 5, SpanRole.TOXIC, Label.TOXICITY),)),
            "any gave evidence outside the text",
        ),
    ],
)
def test_what_does_not_becomes_a_failure_that_says_how(result, reason):
    assert checked(result, REQUEST) == ScoringFailure(reason)


def test_texts_stay_out_of_what_python_prints():
    assert "secret" not in repr(ScoreRequest("secret one", "en", "secret title", "secret parent"))
