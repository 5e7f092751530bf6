"""What every scorer promises, asked of the one that ships, in this process and in one of its own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.score import Label, ScoreSet
from moderator.scoring.base import Scorer, ScoreRequest, ScorerSpec, checked
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.process import ProcessScorer

pytestmark = pytest.mark.xdist_group("embedded_scorer")

TEXTS = (
    "You are a complete idiot and everybody here knows it.",
    "Thank you for the clear report.",
    "Они все виноваты.",
    "Ihr seid alle Idioten",
    "",
    " \n\t",
    "\U0001f600" * 40,
    "a\u0301\u0302\u0303" * 30,
    "\ud800 \udfff",
    "\x00\x1b[31m red",
    "x" * 50_000,
)


@pytest.fixture(scope="module")
def own_process():
    with ProcessScorer(ScorerSpec("embedded", "moderator.scoring.embedded:EmbeddedScorer")) as scorer:
        yield scorer


@pytest.fixture(scope="module", params=["here", "process"])
def scorer(request):
    return EmbeddedScorer() if request.param == "here" else request.getfixturevalue("own_process")


def test_it_is_a_scorer_that_says_who_it_is(scorer):
    assert isinstance(scorer, Scorer)
    assert scorer.identity == scorer.identity
    assert scorer.identity.name
    assert len(scorer.identity.weights_hash) == 12
    assert Label.TOXICITY in scorer.labels


def test_one_entry_per_text_in_order_whatever_the_text(scorer):
    requests = [ScoreRequest(text) for text in TEXTS]
    results = scorer.score(requests)
    assert len(results) == len(requests)
    for request, result in zip(requests, results, strict=True):
        assert isinstance(result, ScoreSet)
        assert checked(result, request) is result
        assert result.scorer == scorer.identity
        assert set(result.scores) == scorer.labels
    assert scorer.score([]) == []


def test_a_text_s_scores_do_not_depend_on_its_company_or_the_hour(scorer):
    requests = [ScoreRequest(text) for text in TEXTS]
    together = scorer.score(requests)
    assert scorer.score(requests) == together
    for request, expected in zip(requests, together, strict=True):
        (alone,) = scorer.score([request])
        assert alone.language == expected.language
        assert alone.scores == pytest.approx(expected.scores, abs=1e-6)


def test_a_process_of_its_own_changes_nothing(own_process):
    here = EmbeddedScorer()
    requests = [ScoreRequest(text, None, "title", "parent") for text in TEXTS]
    assert own_process.identity == here.identity
    assert own_process.labels == here.labels
    assert own_process.score(requests) == here.score(requests)


@given(st.lists(st.text(st.characters(), max_size=300), max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_breaks_it_or_the_pipes(own_process, texts):
    requests = [ScoreRequest(text) for text in texts]
    results = own_process.score(requests)
    assert [checked(result, request) for request, result in zip(requests, results, strict=True)] == results
    assert all(isinstance(result, ScoreSet) for result in results)
