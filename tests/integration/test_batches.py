"""Acts on many comments: one number for all, one undo, and what can't be done keeps nothing else from it."""

from dataclasses import replace

import pytest
from builders import POLICY, make_comment, put_comment, put_revision, put_scores
from sqlalchemy import text

from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent
from moderator.domain.filter import parse_filter
from moderator.domain.score import Label
from moderator.errors import ConfigError
from moderator.services.review import Review
from moderator.storage.chain_audit import verify


def review_of(database, clock, moderator, **given):
    key = {"app_version": "1", "author_key": b"k" * 32}
    return Review(database, POLICY, moderator=moderator, clock=clock, **key, **given)


@pytest.fixture
def anna(database, clock):
    return review_of(database, clock, "anna")


@pytest.fixture
def bob(database, clock):
    return review_of(database, clock, "bob")


@pytest.fixture
def ids(database):
    with database.write() as conn:
        return [put_comment(conn, make_comment()) for _ in range(4)]


def intents(ids, action=Action.REJECT, batch_id="b1", **given):
    reason = {"reason_code": "spam"} if action is Action.REJECT else {}
    return [Intent(comment_id=one, revision=1, action=action, batch_id=batch_id, **reason, **given) for one in ids]


def statuses(review, ids):
    return [row.status for row in review.rows(ids)]


def test_an_act_is_one_number_and_one_undo_takes_it_back(database, anna, ids):
    batch = anna.decide_many(intents(ids[:3]))
    assert [outcome.decision.comment_id for outcome in batch.outcomes] == ids[:3]
    assert {outcome.decision.batch_id for outcome in batch.outcomes} == {"b1"}
    assert not batch.refused
    anna.decide(Intent(comment_id=ids[3], revision=1, action=Action.APPROVE))
    assert anna.undoable() == [4], "what came after is undone first"
    anna.undo_many([4])
    assert anna.undoable() == [3, 2, 1]
    undone = anna.undo_many(anna.undoable())
    assert [outcome.decision.undo_of for outcome in undone.outcomes] == [3, 2, 1]
    assert anna.undoable() == []
    assert statuses(anna, ids) == [Status.PENDING] * 4
    with database.read() as conn:
        assert verify(conn).intact


def test_what_cannot_be_decided_is_said_and_keeps_nothing_else_from_it(database, anna, bob, ids):
    bob.decide(Intent(comment_id=ids[0], revision=1, action=Action.APPROVE))
    bob.lease(ids[1])
    with database.write() as conn:
        put_revision(conn, ids[2], 2, "Edited.")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": ids[2]})
    batch = anna.decide_many(intents(ids))
    assert [outcome.decision.comment_id for outcome in batch.outcomes] == [ids[3]]
    said = {refusal.comment_id: refusal.why for refusal in batch.refused}
    assert "already approved by bob" in said[ids[0]]
    assert "bob has this comment open" in said[ids[1]]
    assert "edited since" in said[ids[2]]


def test_a_comment_that_was_only_counted_is_decided_as_it_stands(database, anna, ids):
    with database.write() as conn:
        put_revision(conn, ids[0], 2, "Edited.")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": ids[0]})
    outcome = anna.decide_many([Intent(comment_id=ids[0], revision=None, action=Action.APPROVE)]).outcomes[0]
    assert outcome.decision.revision == 2


def test_a_wrong_reason_or_action_writes_nothing(anna, ids):
    with pytest.raises(ConfigError):
        anna.decide_many([*intents(ids[:1]), replace(*intents(ids[1:2]), reason_code="nonsense")])
    with pytest.raises(ValueError, match="by hand"):
        anna.decide_many(intents(ids, Action.UNDO))
    assert statuses(anna, ids) == [Status.PENDING] * 4


def test_undo_passes_over_what_turned_out_to_stay(anna, bob, ids):
    anna.decide_many(intents(ids[:2]))
    bob.undo_decision(2)
    bob.decide(Intent(comment_id=ids[1], revision=1, action=Action.APPROVE))
    anna.decide(Intent(comment_id=ids[2], revision=1, action=Action.ESCALATE))
    bob.decide(Intent(comment_id=ids[2], revision=1, action=Action.APPROVE))
    (last,) = anna.undoable()
    refusal = anna.undo_many([last]).refused[0]
    assert (refusal.comment_id, refusal.seq) == (ids[2], last)
    assert "bob has decided on this comment since" in refusal.why
    assert anna.undoable([last]) == [1], "its act, without what bob took back already"
    assert anna.undo_many([1]).outcomes[0].status is Status.PENDING


def test_an_outcome_says_until_when_the_site_does_not_hear_of_it(database, clock, ids):
    anna = review_of(database, clock, "anna", sinks=frozenset({"site"}), undo_window_s=30)
    told = anna.decide(Intent(comment_id=ids[0], revision=1, action=Action.APPROVE))
    assert told.held_until_ms == clock.now_ms + 30_000
    kept = anna.decide(Intent(comment_id=ids[1], revision=1, action=Action.ESCALATE))
    assert kept.held_until_ms is None


def test_scores_of_a_queue_are_of_the_current_text_and_the_latest_scorer(database, anna, ids):
    with database.write() as conn:
        put_scores(conn, ids[0], {"insult": 0.9}, scorer="a", scored_at_ms=1)
        put_scores(conn, ids[0], {"insult": 0.3}, scorer="b", scored_at_ms=2)
        put_scores(conn, ids[1], {"insult": 0.7})
        put_scores(conn, ids[2], {"insult": None})
    scored = anna.scored(parse_filter(""), Label.INSULT)
    assert list(zip(scored.ids, scored.scores, scored.revisions, strict=True)) == [(ids[0], 0.3, 1), (ids[1], 0.7, 1)]
    assert scored.unjudged == 2
    assert scored.places(0.3, 0.7) == (0, 1)
    assert list(anna.ids(parse_filter("label:insult=0.3..0.7"))) == [ids[0]]
