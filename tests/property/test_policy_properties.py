from hypothesis import assume, given
from hypothesis import strategies as st

from moderator.domain.policy import Policy, Route, Threshold, risk, route
from moderator.domain.score import Label

probabilities = st.floats(0.0, 1.0, allow_nan=False)


@st.composite
def thresholds(draw):
    first, second = sorted((draw(st.floats(0.001, 1.0)), draw(st.floats(0.001, 1.0))))
    return Threshold(review=first, priority=second)


scores = st.dictionaries(st.sampled_from(Label), st.none() | probabilities)
policies = st.builds(
    Policy,
    thresholds=st.dictionaries(st.sampled_from(Label), thresholds(), min_size=1),
    required=st.frozensets(st.sampled_from(Label), max_size=2),
)


@given(probabilities, probabilities, thresholds())
def test_risk_never_falls_when_the_score_rises(a, b, threshold):
    low, high = sorted((a, b))
    assert 0.0 <= risk(low, threshold) <= risk(high, threshold) <= 1.0


@given(probabilities, thresholds())
def test_risk_lines_stand_exactly_where_the_thresholds_stand(score, threshold):
    assert (risk(score, threshold) >= 0.5) == (score >= threshold.review)
    assert (risk(score, threshold) >= 0.8) == (score >= threshold.priority)


@given(scores, policies)
def test_route_and_risk_tell_the_same_story(given_scores, policy):
    routing = route(given_scores, policy)
    if routing.route is Route.PRIORITY:
        assert routing.risk >= 0.8
    elif routing.route is Route.REVIEW:
        assert 0.5 <= routing.risk < 0.8
    else:
        assert routing.risk < 0.5
        assert not routing.triggers


@given(scores, policies)
def test_an_unjudged_required_label_is_never_waved_through(given_scores, policy):
    assume(any(given_scores.get(label) is None for label in policy.required))
    routing = route(given_scores, policy)
    assert routing.route is not Route.APPROVE
    assert routing.unjudged


@given(scores, policies)
def test_a_missing_score_is_not_a_zero(given_scores, policy):
    """Leaving a label out and passing None for it say the same; neither may trigger."""
    routing = route(given_scores, policy)
    present = {label: score for label, score in given_scores.items() if score is not None}
    assert route(present, policy) == routing
    assert all(given_scores[trigger.label] is not None for trigger in routing.triggers)


@given(scores, policies)
def test_triggers_name_their_threshold_and_come_highest_first(given_scores, policy):
    routing = route(given_scores, policy)
    pressures = [risk(trigger.score, policy.thresholds[trigger.label]) for trigger in routing.triggers]
    assert pressures == sorted(pressures, reverse=True)
    assert all(trigger.margin >= 0 for trigger in routing.triggers)
