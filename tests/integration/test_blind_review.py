"""Second opinions and golden items in the desk's queue: met among what waits, told by nothing, changing nothing."""

import pytest
from builders import POLICY, put_comment, put_scores

from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.domain.stats import Rate
from moderator.errors import DecisionConflictError
from moderator.services.blind_review import BlindReview
from moderator.services.quality import Quality
from moderator.services.review import Review

WAITING = QueueQuery()
_PARTS = {"app_version": "1", "author_key": b"k" * 32}


@pytest.fixture
def queue(database, clock, make_comment):
    """Sixty comments, the riskiest first; Bert has decided every tenth."""
    with database.write() as conn:
        ids = [put_comment(conn, make_comment(), risk=1 - at / 100) for at in range(60)]
        for comment_id in ids:
            put_scores(conn, comment_id, {"insult": 0.9})
    bert = Review(database, POLICY, moderator="bert", clock=clock, **_PARTS)
    for comment_id in ids[5::10]:
        bert.decide(Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code="insult"))
    return ids


def desk(database, clock, who="anna", share=1.0, sinks=frozenset()):
    return BlindReview(database, POLICY, moderator=who, clock=clock, sinks=sinks, **_PARTS).sharing(share)


def opinions(database):
    with database.read() as conn:
        return conn.exec_driver_sql("SELECT comment_id, action, moderator FROM opinion ORDER BY id").fetchall()


def decisions(database):
    with database.read() as conn:
        return conn.exec_driver_sql("SELECT count(*) FROM decision").scalar()


@pytest.mark.parametrize("order", list(Order))
def test_what_was_drawn_stands_where_it_would_if_it_waited(database, clock, queue, order):
    anna, query = desk(database, clock), QueueQuery(order=order)
    listed = list(anna.ids(query))
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE comment SET status = 'pending'")
    assert sorted(listed) == sorted(queue)
    assert listed == list(Review(database, POLICY, moderator="anna", clock=clock, **_PARTS).ids(query))


def test_nothing_tells_it_from_the_others(database, clock, queue):
    anna = desk(database, clock)
    listed = anna.ids(WAITING)
    assert {row.status for row in anna.rows(listed)} == {Status.PENDING}
    card = anna.card(queue[5])
    assert (card.row.status, card.appeal) == (Status.PENDING, None)
    assert (
        card.author.counts[Status.REJECTED]
        == Review(database, POLICY, moderator="anna", clock=clock, **_PARTS)
        .card(queue[5])
        .author.counts[Status.REJECTED]
        - 1
    )
    assert anna.status_counts()[Status.PENDING] == len(listed) == 60
    real = anna.decide(Intent(comment_id=queue[0], revision=1, action=Action.APPROVE, batch_id=None))
    blind = anna.decide(Intent(comment_id=queue[5], revision=1, action=Action.APPROVE, batch_id=None))
    assert (blind.status, blind.decision.previous_status) == (real.status, real.decision.previous_status)
    assert anna.rows([queue[5]])[0].status is Status.APPROVED
    assert queue[5] not in anna.ids(WAITING)


def test_it_changes_nothing_and_is_measured(database, clock, queue):
    anna, before = desk(database, clock, sinks=frozenset({"site"})), decisions(database)
    anna.ids(WAITING)
    for at, action in zip((5, 15, 25), (Action.APPROVE, Action.REJECT, Action.ESCALATE), strict=True):
        outcome = anna.decide(Intent(comment_id=queue[at], revision=1, action=action))
        assert (outcome.held_until_ms is None) == (action is Action.ESCALATE)
    assert decisions(database) == before
    with database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 0
        kept = conn.exec_driver_sql(f"SELECT DISTINCT status FROM comment WHERE id IN {tuple(queue[5:26:10])}")
        assert kept.scalars().all() == ["rejected"]
    report = Quality(database, "anna", share=1.0, smallest_group=2, clock=clock).report(mine=True)
    assert report.all.agreed == Rate(1, 2)
    assert queue[25] in desk(database, clock, "carla").ids(WAITING)
    with pytest.raises(DecisionConflictError, match="already"):
        anna.decide(Intent(comment_id=queue[5], revision=1, action=Action.REJECT))


def test_the_share_and_who_knows_it_already(database, clock, queue):
    assert len(desk(database, clock, share=0.0).ids(WAITING)) == 54
    assert len(desk(database, clock, "bert").ids(WAITING)) == 54
    bert = Review(database, POLICY, moderator="bert", clock=clock, **_PARTS)
    bert.undo()
    anna = Review(database, POLICY, moderator="anna", clock=clock, **_PARTS)
    anna.decide(Intent(comment_id=queue[55], revision=1, action=Action.REJECT))
    assert queue[55] not in desk(database, clock).ids(WAITING)
    assert queue[55] not in desk(database, clock, share=0.0).ids(WAITING)


def test_golden_items_come_too_and_other_lists_show_things_as_they_are(database, clock, queue):
    operator = Quality(database, "operator", share=0.0, smallest_group=2, clock=clock)
    operator.settle(queue[5], Action.APPROVE)
    anna = desk(database, clock, share=0.0)
    assert queue[5] in anna.ids(WAITING)
    assert queue[5] not in desk(database, clock, "operator", share=0.0).ids(WAITING)
    assert queue[5] not in anna.ids(QueueQuery(section="sport"))
    assert set(anna.ids(QueueQuery(statuses=frozenset({Status.REJECTED})))) == set(queue[5::10])
    assert anna.rows([queue[5]])[0].status is Status.REJECTED
    with pytest.raises(DecisionConflictError, match="rejected by bert"):
        anna.decide(Intent(comment_id=queue[5], revision=1, action=Action.APPROVE))
    anna.ids(WAITING)
    anna.decide(Intent(comment_id=queue[5], revision=1, action=Action.APPROVE))
    assert [tuple(row) for row in opinions(database)] == [(queue[5], "approve", "anna")]


def test_an_undo_takes_back_whatever_came_last(database, clock, queue):
    anna = desk(database, clock)
    anna.ids(WAITING)
    anna.decide(Intent(comment_id=queue[0], revision=1, action=Action.APPROVE))
    anna.decide(Intent(comment_id=queue[5], revision=1, action=Action.APPROVE))
    undone = anna.undo_many(anna.undoable())
    assert [(one.decision.comment_id, one.status) for one in undone.outcomes] == [(queue[5], Status.PENDING)]
    assert anna.rows([queue[5]])[0].status is Status.PENDING
    assert opinions(database) == []
    act = [Intent(comment_id=queue[at], revision=1, action=Action.APPROVE, batch_id="b1") for at in (1, 5, 2, 15)]
    assert len(anna.decide_many(act).outcomes) == 4
    both = anna.undo_many(anna.undoable())
    assert {one.decision.comment_id for one in both.outcomes} == {queue[at] for at in (1, 5, 2, 15)}
    assert anna.undo_many(anna.undoable()).outcomes[0].decision.comment_id == queue[0]
    assert anna.undoable() == []
    assert opinions(database) == []


def test_an_offer_that_waits_again_is_decided_for_good(database, clock, queue):
    anna = desk(database, clock)
    anna.ids(WAITING)
    Review(database, POLICY, moderator="bert", clock=clock, **_PARTS).undo()
    done = anna.decide(Intent(comment_id=queue[55], revision=1, action=Action.APPROVE))
    assert done.decision.seq > 0
    assert opinions(database) == []


def test_few_come_and_never_side_by_side(database, clock, make_comment):
    with database.write() as conn:
        ids = [put_comment(conn, make_comment(), risk=0.5) for _ in range(400)]
    bert = Review(database, POLICY, moderator="bert", clock=clock, **_PARTS)
    bert.decide_many([Intent(comment_id=number, revision=1, action=Action.APPROVE) for number in ids[:60]])
    listed = list(desk(database, clock).ids(WAITING))
    places = [listed.index(number) for number in ids[:60] if number in listed]
    assert len(places) == 20
    assert min(after - before for before, after in zip(sorted(places), sorted(places)[1:], strict=False)) >= 5
    again = desk(database, clock)
    assert list(again.ids(WAITING)) == list(again.ids(WAITING)) == listed
