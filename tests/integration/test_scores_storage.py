"""What waits for a scorer, what is saved of its answers, and where that puts a comment. On both databases."""

from dataclasses import replace

import pytest
from builders import POLICY, START_MS, put_comment, put_revision, put_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from moderator.domain.comment import Status
from moderator.domain.policy import Policy, Route, Threshold, route
from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet, Span, SpanRole, merge_scores
from moderator.storage.engine import Database
from moderator.storage.routes import reroute, untouched
from moderator.storage.score_rows import score_sets
from moderator.storage.scores import Scored, Unscored, save
from moderator.storage.scoring_work import Waiting, outdated, outdated_count, waiting, waiting_count

FIRST = ScorerId("first", "1", "aaaaaaaaaaaa")
SECOND = ScorerId("second", "2", "bbbbbbbbbbbb")
SPEAKERS = [(FIRST, frozenset({Label.TOXICITY, Label.INSULT}))]


def said(scores, scorer=FIRST, language="en", **rest):
    return ScoreSet(scorer, language, scores, **rest)


def comment_row(conn, comment_id):
    return conn.execute(text("SELECT * FROM comment WHERE id = :id"), {"id": comment_id}).mappings().one()


@pytest.fixture
def put(database, make_comment):
    def put_one(columns=None, **given):
        with database.write() as conn:
            return put_comment(conn, make_comment(**given), **(columns or {}))

    return put_one


def test_waiting_gives_the_current_text_with_what_surrounds_it(database, put, make_comment):
    parent = put(remote_id="p", body="the parent")
    child = put(body="old", parent_remote_id="p", language="de", article_title="Title", section="sport")
    orphan = put(parent_remote_id="never came")
    with database.write() as conn:
        put_revision(conn, child, 2, "new")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": child})
        found = waiting(conn, 10)
    assert [each.comment_id for each in found] == [parent, child, orphan]
    # The article is one row for all three: the first one's.
    assert found[1] == Waiting(child, 2, "new", "de", found[0].title, "the parent", found[0].section)
    assert found[2].parent_body is None
    assert "the parent" not in repr(found)


def test_a_parent_of_another_source_is_no_parent(database, put):
    put(remote_id="p", source="elsewhere", body="a stranger")
    child = put(parent_remote_id="p")
    with database.read() as conn:
        (found,) = waiting(conn, 1, [child])
    assert found.parent_body is None


def test_waiting_puts_the_visible_first_and_never_gives_one_twice(database, put):
    ids = [put() for _ in range(6)]
    scored = put({"scoring": "scored"})
    with database.read() as conn:
        assert waiting_count(conn) == 6
        order = [each.comment_id for each in waiting(conn, 4, [ids[5], scored, 999_999, ids[3], ids[5]])]
        assert order == [ids[5], ids[3], ids[0], ids[1]]
        assert [each.comment_id for each in waiting(conn, 1, [ids[4], ids[2]])] == [ids[4]]
        assert len(waiting(conn, 100)) == 6


def test_what_is_saved_reads_back_whole(database, put):
    comment_id = put(section="local")
    given = said(
        {Label.TOXICITY: 0.75, Label.INSULT: 0.1, Label.COLLECTIVE_BLAME: None},
        language="ru",
        spans=(
            Span(3, 9, SpanRole.TOXIC, Label.TOXICITY, 1.25),
            Span(0, 2, SpanRole.GROUP, Label.COLLECTIVE_BLAME),
        ),
        blame=BlameExplanation(2, ("GRP",), "все", ("irony: no",)),
        extra={"male": 0.5},
    )
    with database.write() as conn:
        outcome = save(conn, [Scored(comment_id, 1, (given,))], POLICY, START_MS)
        assert (outcome.failed, outcome.stale) == (0, 0)
        assert outcome.scored[0].routing == route(given.scores, POLICY, "local")
        ((read,),) = score_sets(conn, [comment_id]).values()
        assert read == replace(given, spans=given.spans[::-1])
        assert score_sets(conn, [comment_id], spans=False)[comment_id][0].spans == ()
        row = comment_row(conn, comment_id)
        kept = conn.execute(text("SELECT labels, toxicity, collective_blame, obscene FROM scoreset")).one()
    assert (row["scoring"], row["route"], row["lead_label"], row["lead_score"]) == (
        "scored",
        "review",
        "toxicity",
        0.75,
    )
    assert row["risk"] == outcome.scored[0].routing.risk
    assert row["language"] == "ru"
    assert kept == ("toxicity insult collective_blame", 0.75, None, None)


def test_the_source_s_language_stays_and_an_unknown_one_is_not_written(database, put):
    told, untold = put(language="de"), put()
    with database.write() as conn:
        results = [Scored(told, 1, (said({}, language="en"),)), Scored(untold, 1, (said({}, language="und"),))]
        save(conn, results, POLICY, START_MS)
        assert comment_row(conn, told)["language"] == "de"
        assert comment_row(conn, untold)["language"] is None


def test_a_failure_is_kept_with_its_reason_and_never_looks_harmless(database, put):
    comment_id = put()
    lenient = Policy(thresholds=POLICY.thresholds, required=frozenset())
    with database.write() as conn:
        outcome = save(conn, [Unscored(comment_id, 1, "too long" * 100)], lenient, START_MS)
        row = comment_row(conn, comment_id)
    assert (outcome.scored, outcome.failed) == ((), 1)
    assert (row["scoring"], row["route"], row["risk"]) == ("failed", "review", 0.5)
    assert row["scoring_error"].startswith("too long")
    assert len(row["scoring_error"]) == 300


def test_a_result_for_an_older_text_or_a_lost_comment_changes_nothing(database, put):
    edited = put()
    with database.write() as conn:
        put_revision(conn, edited, 2, "edited while it was scored")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": edited})
        results = [Scored(edited, 1, (said({Label.TOXICITY: 1.0}),)), Unscored(424_242, 1, "gone")]
        outcome = save(conn, results, POLICY, START_MS)
        assert (outcome.scored, outcome.failed, outcome.stale) == ((), 0, 2)
        assert comment_row(conn, edited)["scoring"] == "waiting"
        assert score_sets(conn, [edited]) == {}


def test_what_another_process_scored_meanwhile_is_not_scored_twice(database, put):
    comment_id = put()
    result = Scored(comment_id, 1, (said({Label.TOXICITY: 0.2}),))
    with database.write() as conn:
        save(conn, [result], POLICY, START_MS)
        again = save(conn, [replace(result, score_sets=(said({Label.TOXICITY: 0.9}),))], POLICY, START_MS + 1)
        assert again.stale == 1
        assert score_sets(conn, [comment_id])[comment_id][0].scores == {Label.TOXICITY: 0.2}


def test_scores_of_several_scorers_are_merged_and_the_latest_number_wins(database, put):
    comment_id = put()
    with database.write() as conn:
        first = said({Label.TOXICITY: 0.95, Label.INSULT: 0.1})
        second = said({Label.TOXICITY: 0.3, Label.INSULT: None, Label.COLLECTIVE_BLAME: 0.65}, SECOND)
        save(conn, [Scored(comment_id, 1, (first,))], POLICY, START_MS)
        save(conn, [Scored(comment_id, 1, (second,))], POLICY, START_MS + 1)
        row = comment_row(conn, comment_id)
        assert (row["lead_label"], row["route"]) == ("collective_blame", "review")
        # Said again, the first is the latest.
        save(conn, [Scored(comment_id, 1, (first,))], POLICY, START_MS + 2)
        sets = score_sets(conn, [comment_id])[comment_id]
        row = comment_row(conn, comment_id)
    assert [each.scorer for each in sets] == [SECOND, FIRST]
    assert merge_scores(sets)[Label.TOXICITY] == 0.95
    assert (row["lead_label"], row["route"]) == ("toxicity", "priority")


def test_an_earlier_revision_s_scores_do_not_count_for_the_next(database, put):
    comment_id = put()
    with database.write() as conn:
        save(conn, [Scored(comment_id, 1, (said({Label.TOXICITY: 1.0}),))], POLICY, START_MS)
        put_revision(conn, comment_id, 2, "harmless now")
        conn.execute(text("UPDATE comment SET revision = 2, scoring = 'waiting' WHERE id = :id"), {"id": comment_id})
        assert score_sets(conn, [comment_id]) == {}
        save(conn, [Scored(comment_id, 2, (said({Label.TOXICITY: 0.0}),))], POLICY, START_MS)
        assert comment_row(conn, comment_id)["route"] == "approve"
        assert conn.execute(text("SELECT count(*) FROM scoreset")).scalar() == 2


def test_spans_go_with_the_set_they_belong_to(database, put):
    comment_id = put()

    def with_span(end):
        span = Span(0, end, SpanRole.TOXIC, Label.TOXICITY)
        return Scored(comment_id, 1, (said({Label.TOXICITY: 0.5}, spans=(span,)), said({}, SECOND)))

    with database.write() as conn:
        save(conn, [with_span(3)], POLICY, START_MS)
        put_scores(conn, comment_id, {"toxicity": 0.1}, scorer="third", scored_at_ms=START_MS + 1)
        save(conn, [with_span(5)], POLICY, START_MS + 2)
        assert [span.end for each in score_sets(conn, [comment_id])[comment_id] for span in each.spans] == [5]
        assert conn.execute(text("SELECT count(*) FROM score_span")).scalar() == 1


def test_outdated_are_undecided_ones_that_another_spoke_of_last(database, put):
    current, old, both = put({"scoring": "scored"}), put({"scoring": "scored"}), put({"scoring": "scored"})
    failed, decided = put({"scoring": "failed"}), put({"scoring": "scored", "status": "approved"})
    deferred, waits = put({"scoring": "scored", "status": "deferred"}), put()
    with database.write() as conn:
        name = {"scorer": FIRST.name, "version": FIRST.version, "weights_hash": FIRST.weights_hash}
        put_scores(conn, current, {"toxicity": 0.1}, **name)
        for each in (old, decided, deferred):
            put_scores(conn, each, {"toxicity": 0.1})
        put_scores(conn, both, {"toxicity": 0.1}, **name)
        put_scores(conn, both, {"toxicity": 0.1}, **{**name, "weights_hash": "other weights"})
        assert [each.comment_id for each in outdated(conn, SPEAKERS, 10)] == [old, both, failed, deferred]
        assert [each.comment_id for each in outdated(conn, SPEAKERS, 1, after_id=old)] == [both]
        assert outdated_count(conn, SPEAKERS) == 4
        assert waits not in [each.comment_id for each in outdated(conn, SPEAKERS, 10)]


def test_several_should_have_spoken_last_each_for_its_own_labels(database, put):
    blame = ScorerId("blame", "1", "cccccccccccc")
    both = [*SPEAKERS, (blame, frozenset({Label.COLLECTIVE_BLAME}))]
    state = {"scoring": "scored"}
    one, two, apart, overruled, silent = (put(state) for _ in range(5))
    first = {"scorer": FIRST.name, "version": FIRST.version, "weights_hash": FIRST.weights_hash}
    other = {"scorer": blame.name, "version": blame.version, "weights_hash": blame.weights_hash}
    with database.write() as conn:
        for each in (one, two, apart, overruled, silent):
            put_scores(conn, each, {"toxicity": 0.1}, **first)
        for each in (two, overruled, silent):
            put_scores(conn, each, {"collective_blame": 0.1}, **other)
        put_scores(conn, apart, {"collective_blame": 0.1}, scorer="third")
        put_scores(conn, overruled, {"insult": 0.1}, scorer="third")
        put_scores(conn, silent, {"obscene": 0.1}, scorer="third")
        assert [each.comment_id for each in outdated(conn, both, 10)] == [one, apart, overruled]
        assert [each.comment_id for each in outdated(conn, SPEAKERS, 10)] == [overruled]
        assert outdated_count(conn, both) == 3


def test_a_failure_of_one_keeps_its_reason_beside_the_other_s_scores(database, put):
    judged, unjudged = put(), put()
    second = said({Label.COLLECTIVE_BLAME: 0.9}, SECOND)
    with database.write() as conn:
        results = [
            Scored(judged, 1, (said({Label.TOXICITY: 0.1}),), "blame: too long"),
            Unscored(unjudged, 1, "toxicity: too long", (second,)),
        ]
        outcome = save(conn, results, POLICY, START_MS)
        rows = [comment_row(conn, each) for each in (judged, unjudged)]
        assert score_sets(conn, [unjudged])[unjudged] == (second,)
    assert (len(outcome.scored), outcome.failed, outcome.stale) == (1, 1, 0)
    assert [(row["scoring"], row["scoring_error"], row["route"]) for row in rows] == [
        ("scored", "blame: too long", "approve"),
        ("failed", "toxicity: too long", "priority"),
    ]
    with database.write() as conn:
        save(conn, [Scored(judged, 1, (said({Label.TOXICITY: 0.1}), second))], POLICY, START_MS + 1)
        assert comment_row(conn, judged)["scoring_error"] is None


@pytest.mark.parametrize(
    "read_page",
    [
        lambda conn: waiting(conn, 10),
        lambda conn: outdated(conn, SPEAKERS, 10, after_id=5),
        lambda conn: reroute(conn, POLICY, 5, 10),
    ],
    ids=["waiting", "outdated", "reroute"],
)
def test_a_page_is_a_range_and_sorts_nothing(sqlite_url, read_page):
    """However many comments there are: a page that sorts them all first would make a million take hours."""
    statements = []
    with Database.open(sqlite_url) as database, database.write() as conn:
        event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2:4]))
        read_page(conn)
        selects = [given for given in statements if given[0].startswith("SELECT") and "FROM comment" in given[0]]
        assert selects
        for statement, parameters in selects:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            # The one inner sort is over the few score sets of a single comment.
            inner = "CORRELATED SCALAR SUBQUERY 1" in plan
            assert sum("TEMP B-TREE" in line for line in plan) <= inner, plan
            assert plan[0].startswith(("SCAN comment USING INDEX ix_comment_waiting", "SEARCH comment USING INTEGER"))


def test_a_new_policy_moves_undecided_comments_by_their_stored_scores(database, put):
    scores = {"toxicity": 0.6}
    ids = [put({"scoring": "scored", "route": "approve", "risk": 0.1}) for _ in range(5)]
    decided = put({"scoring": "scored", "status": "approved", "route": "approve", "risk": 0.1})
    failed, waits = put({"scoring": "failed", "route": "review", "risk": 0.5}), put()
    strict = Policy(thresholds={Label.TOXICITY: Threshold(0.5, 0.9)}, required=frozenset())
    with database.write() as conn:
        for each in (*ids, decided):
            put_scores(conn, each, scores)
        after, moved = reroute(conn, strict, 0, 2)
        assert (after, moved) == (ids[1], 2)
        total = moved
        while after is not None:
            after, moved = reroute(conn, strict, after, 2)
            total += moved
        expected = route({Label.TOXICITY: 0.6}, strict)
        for each in ids:
            row = comment_row(conn, each)
            assert (row["route"], row["risk"], row["lead_label"]) == ("review", expected.risk, "toxicity")
        assert comment_row(conn, decided)["route"] == "approve"
        assert comment_row(conn, waits)["risk"] == 0.5
        assert comment_row(conn, failed)["route"] == "review"
        assert total == 5
        assert reroute(conn, strict, 0, 100) == (None, 0)


def test_source_and_language_count_when_scores_are_saved_and_when_the_policy_changes(database, put):
    german = Policy(
        thresholds={Label.TOXICITY: Threshold(0.9, 0.95)},
        languages={"de": {Label.TOXICITY: Threshold(0.5, 0.95)}},
        sources={"quiet": {Label.TOXICITY: Threshold(0.3, 0.4)}},
        required=frozenset(),
    )
    told, found, other = put(language="de"), put(language=None), put(source="quiet", language="de")
    with database.write() as conn:
        save(conn, [Scored(told, 1, (said({Label.TOXICITY: 0.6}, language="en"),))], german, START_MS)
        save(conn, [Scored(found, 1, (said({Label.TOXICITY: 0.6}, language="de"),))], german, START_MS)
        save(conn, [Scored(other, 1, (said({Label.TOXICITY: 0.6}, language="de"),))], german, START_MS)
        routes = [comment_row(conn, each)["route"] for each in (told, found, other)]
        assert routes == ["review", "review", "priority"]
        assert reroute(conn, german, 0, 100) == (None, 0)
        general = Policy(thresholds=german.thresholds, required=frozenset())
        assert reroute(conn, general, 0, 100) == (None, 3)


def test_untouched_leaves_out_what_somebody_has_open_or_ever_decided(database, put):
    free, held, once_held = put(), put(), put()
    with database.write() as conn:
        for comment_id, until in ((held, START_MS + 1), (once_held, START_MS)):
            conn.execute(
                text("INSERT INTO lease (comment_id, holder, moderator, expires_at_ms) VALUES (:id, 'h', 'm', :until)"),
                {"id": comment_id, "until": until},
            )
        assert untouched(conn, [free, held, once_held], START_MS) == {free, once_held}


@given(
    st.lists(
        st.dictionaries(st.sampled_from(list(Label)), st.none() | st.floats(0, 1), max_size=8), min_size=1, max_size=4
    )
)
@settings(max_examples=25, deadline=None)
def test_the_stored_place_is_what_the_policy_makes_of_the_stored_scores(sqlite_databases, tmp_path_factory, rounds):
    from builders import make_comment

    url = sqlite_databases.migrated(tmp_path_factory.mktemp("place"))
    with Database.open(url) as database, database.write() as conn:
        comment_id = put_comment(conn, make_comment())
        for number, scores in enumerate(rounds):
            scorer = ScorerId(f"scorer {number}", "1", "0" * 12)
            save(conn, [Scored(comment_id, 1, (said(scores, scorer),))], POLICY, START_MS + number)
        sets = score_sets(conn, [comment_id])[comment_id]
        row = comment_row(conn, comment_id)
    expected = route(merge_scores(sets), POLICY, "local")
    assert [dict(each.scores) for each in sets] == rounds
    assert (row["risk"], row["route"]) == (expected.risk, expected.route.value)
    assert row["status"] == Status.PENDING.value
    assert Route(row["route"]) is expected.route
