"""Thresholds tried out give each comment the route and the risk that the policy itself would give it."""

import builders
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.policy import Policy, Route, Threshold, lot
from moderator.domain.score import Label
from moderator.services.tuning.replay import ROUTES, Replay, lots
from moderator.services.tuning.trial import Trial, Tuning, changes_as_toml
from moderator.storage.routes import Standing, routing_of
from moderator.storage.score_matrix import LABELS, Place, ScoredComments
from moderator.tui.sliders import Handle, Sliders

SECTIONS = ("local", "world", "sport")
OVERRIDDEN = (SECTIONS, ("site", "blog"), ("de", "en"))

shares = st.integers(1, 100).map(lambda hundredths: hundredths / 100)
thresholds = st.tuples(shares, shares).map(lambda pair: Threshold(min(pair), max(pair)))
some = st.dictionaries(st.sampled_from(LABELS), thresholds, max_size=4)
scores = st.one_of(st.none(), shares, st.floats(0, 1))
places = st.builds(
    Place, st.sampled_from(SECTIONS), st.sampled_from(("site", "blog")), st.sampled_from(("", "de", "en"))
)
rows = st.tuples(places, st.booleans(), st.lists(scores, min_size=8, max_size=8))


@given(
    st.lists(rows, max_size=10),
    st.lists(some, min_size=1, max_size=3),
    st.tuples(*(st.dictionaries(st.sampled_from(names), some, max_size=2) for names in OVERRIDDEN)),
    st.frozensets(st.sampled_from(LABELS), max_size=2),
    st.sampled_from((0.0, 0.3, 1.0)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_comment_gets_what_the_policy_gives_it(comments, candidates, overrides, required, share):
    table = np.array([[np.nan if one is None else one for one in row] for *_, row in comments], dtype=float)
    failed = np.array([each for _, each, _ in comments], dtype=bool)
    scored = ScoredComments.of(table.reshape(-1, 8), [name for name, *_ in comments], failed=failed)
    replay = Replay(scored)
    for general in candidates:
        own = dict(zip(("sections", "sources", "languages"), overrides, strict=True))
        policy = Policy(general, required=required, audit_share=share, **own)
        told = [
            routing_of(
                dict(zip(LABELS, row, strict=True)),
                policy,
                Standing(comment_id=number, **(place._asdict() | {"language": place.language or None}), failed=bad),
            )
            for number, (place, bad, row) in enumerate(comments, 1)
        ]
        assert [ROUTES[code] for code in replay.routes(policy)] == [one.route for one in told]
        assert replay.risks(policy).tolist() == [one.risk for one in told]
        assert replay.audited(policy).tolist() == [one.audited for one in told]
        assert replay.counts(policy) == {each: sum(one.route is each for one in told) for each in Route}


def test_lots_are_drawn_alike_one_by_one_and_all_at_once():
    ids = np.array([1, 2, 77, 10**9, 2**62], dtype=np.int64)
    assert lots(ids).tolist() == [lot(int(each)) for each in ids]


def test_the_queue_is_loaded_as_it_waits_with_the_latest_scores(database, clock):
    with database.write() as conn:
        kept = builders.put_comment(conn, builders.make_comment(section="local"))
        builders.put_scores(conn, kept, {"toxicity": 0.2, "insult": 0.1})
        builders.put_scores(
            conn, kept, {"toxicity": 0.95, "insult": None}, version="2", scored_at_ms=builders.START_MS + 5
        )
        decided = builders.put_comment(conn, builders.make_comment(), status="approved")
        builders.put_scores(conn, decided, {"toxicity": 0.99})
        edited = builders.put_comment(conn, builders.make_comment(), revision=2)
        builders.put_scores(conn, edited, {"toxicity": 0.99}, revision=1)
        back = {"status": "deferred", "deferred_until_ms": builders.START_MS - 1}
        due = builders.put_comment(conn, builders.make_comment(), **back)
        builders.put_scores(conn, due, {"toxicity": 0.1, "insult": 0.97})
    trial = Tuning(database, builders.POLICY, clock).trial()
    assert trial.total == 3
    assert trial.counts(builders.POLICY.thresholds) == {Route.PRIORITY: 2, Route.REVIEW: 1, Route.APPROVE: 0}
    assert trial.reached(Label.TOXICITY, Threshold(0.1, 0.9)) == (2, 1)
    assert trial.reached(Label.INSULT, Threshold(0.1, 0.9)) == (2, 1)


def test_the_lines_to_write_say_what_was_there_before_and_can_be_read_back(tmp_path):
    from moderator.config import load

    before = {Label.INSULT: Threshold(0.6, 0.9), Label.THREAT: Threshold(0.35, 0.65)}
    after = {**before, Label.INSULT: Threshold(0.55, 0.9)}
    lines = changes_as_toml(before, after)
    assert lines[0] == "[policy.thresholds.insult]"
    assert lines[1].startswith("review = 0.55  # was ")
    assert lines[2] == "priority = 0.90"
    assert changes_as_toml(before, before) == []
    (tmp_path / "config.toml").write_text("\n".join(lines))
    assert load(path=tmp_path / "config.toml").policy().thresholds[Label.INSULT] == Threshold(0.55, 0.9)


def test_a_million_comments_answer_a_held_key():
    dice = np.random.default_rng(1)
    table = dice.random((1_000_000, 8))
    trial = Trial(ScoredComments.of(table, (Place("local"),) * 1_000_000), builders.POLICY)
    moved = dict(builders.POLICY.thresholds)
    trial.counts(moved)
    for step in range(5):
        moved[Label.TOXICITY] = Threshold(0.5 + step / 100, 0.9)
        counts = trial.counts(moved)
        assert sum(counts.values()) == 1_000_000
        reached = {label: table[:, LABELS.index(label)] for label in moved}
        first = np.logical_or.reduce([reached[label] >= at.priority for label, at in moved.items()])
        assert counts[Route.PRIORITY] == int(first.sum())


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-30, 30)), max_size=40))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sliders_never_contradict_themselves(moves):
    sliders = Sliders(builders.POLICY.thresholds)
    for what, amount in moves:
        if what == 0:
            sliders.choose(sliders.cursor + amount)
        elif what == 1:
            sliders.switch()
        elif what == 2:
            sliders.reset()
        elif what == 3:
            sliders.put_near(abs(amount) / 30)
        else:
            sliders.step(amount)
        for one in sliders.wanted.values():
            assert 0.01 <= one.review <= one.priority <= 1
    sliders.reset_all()
    assert sliders.wanted == dict(builders.POLICY.thresholds)


def test_a_handle_takes_the_other_one_along():
    sliders = Sliders({Label.INSULT: Threshold(0.5, 0.6)})
    sliders.step(20)
    assert sliders.wanted[Label.INSULT] == Threshold(0.7, 0.7)
    sliders.switch()
    assert sliders.handle is Handle.PRIORITY
    sliders.step(-30)
    assert sliders.wanted[Label.INSULT] == Threshold(0.4, 0.4)


def test_without_thresholds_there_is_nothing_to_move():
    sliders = Sliders({})
    sliders.step(5)
    sliders.put_near(0.5)
    assert sliders.label is None
    assert sliders.wanted == {}
