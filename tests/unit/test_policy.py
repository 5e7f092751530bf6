import pytest

from moderator.domain.policy import UNSCORED_RISK, Policy, Route, Threshold, lot, route
from moderator.domain.score import Label, ScorerId, ScoreSet, merge_scores
from moderator.errors import ConfigError, PolicyError

POLICY = Policy(
    thresholds={Label.TOXICITY: Threshold(0.6, 0.9), Label.INSULT: Threshold(0.5, 0.8)},
    sections={"sport": {Label.INSULT: Threshold(0.7, 0.95)}},
)


def test_a_quiet_comment_is_suggested_for_approval_but_that_is_only_a_route():
    routing = route({Label.TOXICITY: 0.1, Label.INSULT: 0.2}, POLICY)
    assert routing.route is Route.APPROVE
    assert routing.triggers == ()
    assert routing.lead is Label.INSULT  # 0.2 of 0.5 weighs more than 0.1 of 0.6


def test_a_score_on_the_line_counts():
    assert route({Label.TOXICITY: 0.6}, POLICY).route is Route.REVIEW
    assert route({Label.TOXICITY: 0.9}, POLICY).route is Route.PRIORITY


def test_a_section_overrides_only_what_it_names():
    heated = {Label.TOXICITY: 0.1, Label.INSULT: 0.6}
    assert route(heated, POLICY, "local").route is Route.REVIEW
    assert route(heated, POLICY, "sport").route is Route.APPROVE
    assert route({Label.TOXICITY: 0.7}, POLICY, "sport").route is Route.REVIEW


def test_the_strongest_trigger_leads():
    routing = route({Label.TOXICITY: 0.65, Label.INSULT: 0.85}, POLICY)
    assert [trigger.label for trigger in routing.triggers] == [Label.INSULT, Label.TOXICITY]
    assert routing.triggers[0].threshold == 0.8
    assert routing.triggers[0].margin == pytest.approx(0.05)


def test_what_nobody_could_score_waits_on_the_review_line():
    routing = route({Label.TOXICITY: None}, POLICY)
    assert (routing.route, routing.risk, routing.unjudged) == (Route.REVIEW, UNSCORED_RISK, (Label.TOXICITY,))


def test_a_low_score_of_something_else_does_not_lead_where_nobody_could_judge():
    routing = route({Label.TOXICITY: None, Label.INSULT: 0.03}, POLICY)
    assert (routing.risk, routing.lead) == (UNSCORED_RISK, None)
    assert route({Label.TOXICITY: None, Label.INSULT: 0.55}, POLICY).lead is Label.INSULT


@pytest.mark.parametrize(("review", "priority"), [(0.0, 0.5), (-0.1, 0.5), (0.5, 1.1), (0.8, 0.5), (float("nan"), 0.5)])
def test_impossible_thresholds_are_refused_with_a_way_out(review, priority):
    with pytest.raises(PolicyError) as refused:
        Threshold(review, priority)
    assert refused.value.hint
    assert isinstance(refused.value, ConfigError)
    assert refused.value.exit_status == 2


def test_merging_keeps_a_number_over_a_shrug_and_the_later_over_the_earlier():
    def by(name, scores):
        return ScoreSet(ScorerId(name, "1", "0" * 12), "en", scores)

    merged = merge_scores(
        (
            by("old", {Label.TOXICITY: 0.2, Label.INSULT: 0.4}),
            by("blame", {Label.COLLECTIVE_BLAME: None}),
            by("new", {Label.TOXICITY: 0.3, Label.INSULT: None}),
        )
    )
    assert merged == {Label.TOXICITY: 0.3, Label.INSULT: 0.4, Label.COLLECTIVE_BLAME: None}


def test_of_what_reaches_nothing_a_share_is_drawn_for_a_person_and_always_the_same():
    scores, share = {Label.TOXICITY: 0.01}, 0.1
    audited = Policy(thresholds=POLICY.thresholds, audit_share=share)
    drawn = {number for number in range(1, 4001) if route(scores, audited, comment_id=number).audited}
    assert 0.08 < len(drawn) / 4000 < 0.12
    assert drawn == {number for number in range(1, 4001) if lot(number) < share}
    first = route(scores, audited, comment_id=min(drawn))
    assert (first.route, first.risk, first.triggers, first.lead) == (Route.REVIEW, 0.5, (), None)
    assert route(scores, audited).route is Route.APPROVE
    assert not route({Label.TOXICITY: 0.99}, audited, comment_id=min(drawn)).audited


def test_the_section_speaks_before_the_source_and_the_source_before_the_language():
    policy = Policy(
        thresholds={Label.TOXICITY: Threshold(0.5, 0.9), Label.INSULT: Threshold(0.6, 0.9)},
        sections={"sport": {Label.INSULT: Threshold(0.8, 0.95)}},
        sources={"blog": {Label.INSULT: Threshold(0.7, 0.9), Label.TOXICITY: Threshold(0.4, 0.9)}},
        languages={"de": {Label.INSULT: Threshold(0.3, 0.9), Label.TOXICITY: Threshold(0.2, 0.9)}},
    )

    def reviews(section="", source="", language=None):
        return tuple(each.review for each in policy.in_force(section, source, language).values())

    assert reviews() == reviews("news", "site", "en") == (0.5, 0.6)
    assert reviews(language="de") == (0.2, 0.3)
    assert reviews(source="blog", language="de") == (0.4, 0.7)
    assert reviews("sport", "blog", "de") == (0.4, 0.8)
    heated = {Label.TOXICITY: 0.1, Label.INSULT: 0.35}
    assert route(heated, policy, language="de").route is Route.REVIEW
    assert route(heated, policy, "sport", language="de").route is Route.APPROVE
