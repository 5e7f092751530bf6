import multiprocessing
import threading

import pytest
from builders import POLICY, START_MS, put_comment, put_revision, put_scores
from sqlalchemy import text

from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind, Intent
from moderator.domain.policy import Route
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, DecisionConflictError, NotFoundError
from moderator.services.review import Review
from moderator.storage.engine import Database


def make_review(database, clock, moderator="anna", **given):
    return Review(
        database, POLICY, moderator=moderator, app_version="0.1.0", author_key=b"operator's key", clock=clock, **given
    )


@pytest.fixture
def anna(database, clock):
    return make_review(database, clock)


@pytest.fixture
def bob(database, clock):
    return make_review(database, clock, "bob")


@pytest.fixture
def comment_id(database, make_comment):
    with database.write() as conn:
        return put_comment(conn, make_comment())


def intent(comment_id, action=Action.APPROVE, **given):
    return Intent(**{"comment_id": comment_id, "revision": 1, "action": action, **given})


def status_of(database, comment_id):
    with database.read() as conn:
        return conn.execute(text("SELECT status FROM comment WHERE id = :id"), {"id": comment_id}).scalar()


def edit(database, comment_id, body="Edited."):
    with database.write() as conn:
        put_revision(conn, comment_id, 2, body)
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": comment_id})


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (Action.APPROVE, "approved"),
        (Action.REJECT, "rejected"),
        (Action.ESCALATE, "escalated"),
        (Action.DEFER, "deferred"),
    ],
)
def test_a_decision_moves_the_comment(database, anna, comment_id, action, status):
    outcome = anna.decide(intent(comment_id, action))
    assert outcome.status == status == status_of(database, comment_id)
    assert outcome.decision.previous_status is Status.PENDING
    assert anna.history(10) == [outcome.decision]


def test_everything_on_the_table_is_frozen(database, anna, make_comment):
    with database.write() as conn:
        comment_id = put_comment(conn, make_comment(remote_id="r1", parent_remote_id="r0", language="en"))
        put_scores(conn, comment_id, {"toxicity": 0.75, "insult": 0.96, "collective_blame": None})
    given = {"reason_code": "insult", "note": "twice this week", "seconds_open": 3.25, "revealed": True}
    decision = anna.decide(intent(comment_id, Action.REJECT, **given)).decision
    assert decision.seq == 1
    assert decision.decided_at_ms == START_MS
    assert decision.actor_kind is ActorKind.HUMAN
    assert (decision.moderator, decision.app_version, decision.config_hash) == ("anna", "0.1.0", POLICY.config_hash)
    assert (decision.source, decision.section, decision.remote_id, decision.parent_remote_id) == (
        "site",
        "local",
        "r1",
        "r0",
    )
    assert decision.scorers == (
        {
            "name": "embedded",
            "version": "1",
            "weights_hash": "feedfacecafe",
            "language": "en",
            "scores": {"toxicity": 0.75, "insult": 0.96, "collective_blame": None},
            "spans": [],
        },
    )
    assert decision.thresholds["insult"] == {"review": 0.8, "priority": 0.95}
    assert decision.route == Route.PRIORITY
    assert decision.rule == "insult 0.9600 >= 0.95 -> priority"
    assert decision.risk == pytest.approx(0.84)
    assert (decision.seconds_open, decision.revealed, decision.note) == (3.25, True, "twice this week")
    assert len(decision.author_ref) == 32
    assert len(decision.content_digest) == len(decision.note_digest) == len(decision.row_hash) == 64
    assert anna.history(1) == [decision]


def test_the_text_and_the_author_stay_out_of_the_row(database, anna, make_comment):
    with database.write() as conn:
        comment_id = put_comment(conn, make_comment(body="a very telling text", author_name="Somebody Real"))
    anna.decide(intent(comment_id, note="a private note"))
    with database.read() as conn:
        row = str(conn.execute(text("SELECT * FROM decision")).one())
    assert "telling" not in row
    assert "Somebody" not in row
    assert "private" not in row


def test_what_is_decided_is_not_decided_again(anna, bob, comment_id):
    bob.decide(intent(comment_id))
    with pytest.raises(DecisionConflictError, match="already approved by bob"):
        anna.decide(intent(comment_id, Action.REJECT))
    assert len(anna.history(10)) == 1


def test_an_escalated_comment_can_be_decided_but_not_escalated_again(anna, bob, comment_id):
    anna.decide(intent(comment_id, Action.ESCALATE))
    with pytest.raises(DecisionConflictError, match="already escalated by anna"):
        bob.decide(intent(comment_id, Action.ESCALATE))
    assert bob.decide(intent(comment_id)).status is Status.APPROVED


def test_an_edited_text_is_not_decided_unread(database, anna, comment_id):
    edit(database, comment_id)
    with pytest.raises(DecisionConflictError, match="edited since"):
        anna.decide(intent(comment_id))
    assert anna.decide(intent(comment_id, revision=2)).decision.revision == 2


def test_another_s_lease_keeps_a_comment(anna, bob, clock, comment_id):
    assert anna.lease(comment_id) is None
    assert anna.lease(comment_id) is None
    assert bob.lease(comment_id) == "anna"
    with pytest.raises(DecisionConflictError, match="anna has this comment open"):
        bob.decide(intent(comment_id))
    assert [row.held_by for row in bob.first_rows(QueueQuery())] == ["anna"]
    assert [row.held_by for row in anna.first_rows(QueueQuery())] == [None]
    clock.advance(121)
    assert [row.held_by for row in bob.first_rows(QueueQuery())] == [None]
    assert bob.decide(intent(comment_id)).status is Status.APPROVED


def test_one_moderator_in_two_terminals_is_two_holders(database, clock, anna, comment_id):
    anna.lease(comment_id)
    assert make_review(database, clock).lease(comment_id) == "anna"


def test_leases_are_given_back(anna, bob, comment_id):
    anna.lease(comment_id)
    bob.release(comment_id)
    assert bob.lease(comment_id) == "anna"
    anna.release(comment_id)
    assert bob.lease(comment_id) is None
    bob.release_all()
    assert anna.lease(comment_id) is None


def test_deciding_gives_the_lease_back(anna, bob, comment_id):
    anna.lease(comment_id)
    anna.decide(intent(comment_id, Action.ESCALATE))
    assert bob.lease(comment_id) is None


def test_a_deferred_comment_comes_back(anna, clock, comment_id):
    pending, deferred = QueueQuery(), QueueQuery(statuses=frozenset({Status.DEFERRED}))
    anna.decide(intent(comment_id, Action.DEFER))
    assert (anna.count(pending), anna.count(deferred)) == (0, 1)
    assert anna.status_counts()[Status.DEFERRED] == 1
    clock.advance(4 * 3600)
    assert (anna.count(pending), anna.count(deferred)) == (1, 0)
    assert anna.status_counts()[Status.PENDING] == 1
    assert [row.status for row in anna.first_rows(pending)] == [Status.PENDING]
    assert anna.decide(intent(comment_id, Action.DEFER)).status is Status.DEFERRED
    assert anna.count(pending) == 0


def test_undo_goes_back_step_by_step_and_across_restarts(database, clock, anna, make_comment):
    with database.write() as conn:
        first, second = (put_comment(conn, make_comment()) for _ in range(2))
    anna.decide(intent(first, Action.ESCALATE))
    anna.decide(intent(second))
    anna.decide(intent(first, Action.REJECT, reason_code="spam"))
    outcome = anna.undo()
    assert (outcome.decision.comment_id, outcome.status, outcome.decision.undo_of) == (first, "escalated", 3)
    assert outcome.decision.action is Action.UNDO
    restarted = make_review(database, clock)
    assert restarted.undo().decision.undo_of == 2
    assert restarted.undo().decision.undo_of == 1
    assert restarted.undo() is None
    assert [status_of(database, each) for each in (first, second)] == ["pending", "pending"]
    assert [decision.seq for decision in restarted.history(10)] == [6, 5, 4, 3, 2, 1]
    assert [decision.seq for decision in restarted.history(2, before_seq=4)] == [3, 2]


def test_undo_after_undo_and_a_new_decision(anna, comment_id):
    anna.decide(intent(comment_id))
    anna.undo()
    anna.decide(intent(comment_id, Action.REJECT))
    assert anna.undo().status is Status.PENDING
    assert anna.undo() is None


def test_undo_takes_back_only_one_s_own(anna, bob, comment_id):
    bob.decide(intent(comment_id))
    assert anna.undo() is None
    assert anna.undo_decision(1).status is Status.PENDING
    with pytest.raises(DecisionConflictError, match="taken back already"):
        bob.undo_decision(1)
    with pytest.raises(DecisionConflictError, match="decide again"):
        bob.undo_decision(2)
    with pytest.raises(NotFoundError):
        bob.undo_decision(99)


def test_undo_stops_where_another_decided_since(database, anna, bob, comment_id):
    anna.decide(intent(comment_id, Action.ESCALATE))
    bob.decide(intent(comment_id, Action.REJECT))
    with pytest.raises(DecisionConflictError, match="bob has decided on this comment since"):
        anna.undo()
    assert status_of(database, comment_id) == "rejected"
    bob.undo()
    assert anna.undo().status is Status.PENDING


def test_undo_stops_where_the_text_was_edited(database, anna, comment_id):
    anna.decide(intent(comment_id))
    edit(database, comment_id)
    with pytest.raises(DecisionConflictError, match="edited after"):
        anna.undo()


def test_undo_stops_where_another_has_it_open(anna, bob, comment_id):
    anna.decide(intent(comment_id, Action.ESCALATE))
    bob.lease(comment_id)
    with pytest.raises(DecisionConflictError, match="bob has this comment open"):
        anna.undo()


def test_undoing_what_followed_a_deferral_restores_it(anna, clock, comment_id):
    anna.decide(intent(comment_id, Action.DEFER))
    anna.decide(intent(comment_id))
    assert anna.undo().status is Status.DEFERRED
    assert anna.count(QueueQuery()) == 0
    clock.advance(4 * 3600)
    assert anna.count(QueueQuery()) == 1


def test_a_source_hears_of_a_decision_after_the_undo_window(database, clock, make_comment):
    review = make_review(database, clock, sinks=frozenset({"site"}))
    with database.write() as conn:
        told, other, escalated = (put_comment(conn, make_comment(source=source)) for source in ("site", "demo", "site"))
    review.decide(intent(told))
    review.decide(intent(other))
    review.decide(intent(escalated, Action.ESCALATE))

    def outbox():
        with database.read() as conn:
            statement = "SELECT decision_seq, state, not_before_ms FROM outbox ORDER BY id"
            return [tuple(row) for row in conn.execute(text(statement))]

    assert outbox() == [(1, "held", START_MS + 30_000)]
    clock.advance(29)
    review.undo_decision(1)
    assert outbox() == [(1, "cancelled", START_MS + 30_000)]
    review.decide(intent(told))
    now_ms = clock.advance(31)
    review.undo()
    assert [row[:2] for row in outbox()] == [(1, "cancelled"), (5, "held"), (6, "held")]
    assert outbox()[-1][2] == now_ms + 30_000


def test_what_cannot_be_asked_for(anna, comment_id):
    with pytest.raises(ValueError, match="undo"):
        anna.decide(intent(comment_id, Action.UNDO))
    with pytest.raises(ConfigError, match="no such reason"):
        anna.decide(intent(comment_id, Action.REJECT, reason_code="because"))
    with pytest.raises(NotFoundError):
        anna.decide(intent(comment_id + 1))
    with pytest.raises(NotFoundError):
        anna.card(comment_id + 1)
    assert anna.history(10) == []


def test_a_note_survives_what_a_terminal_may_send(anna, comment_id):
    decision = anna.decide(intent(comment_id, note="ok \udcff\0 \u202e done")).decision
    assert decision.note == "ok ? \u202e done"
    assert anna.history(1)[0].note == decision.note


def test_changed_tells_of_others_and_of_ourselves(anna, bob, comment_id):
    assert anna.changed()
    assert not anna.changed()
    bob.decide(intent(comment_id, Action.ESCALATE))
    assert anna.changed()
    anna.decide(intent(comment_id))
    assert anna.changed()
    assert not anna.changed()


def race(url, moderator, comment_id, start, results):
    with Database.open(url) as database:
        review = make_review(database, lambda: START_MS, moderator)
        start.wait()
        try:
            review.decide(intent(comment_id))
        except DecisionConflictError:
            results.put(None)
        else:
            results.put(moderator)


def test_of_two_threads_one_decides(database, clock, make_comment):
    with database.write() as conn:
        numbers = [put_comment(conn, make_comment()) for _ in range(8)]
    reviews = [make_review(database, clock, name) for name in ("anna", "bob", "carl")]
    wins, losses = [], []

    def work(review, start):
        for number in numbers:
            start.wait()
            try:
                wins.append(review.decide(intent(number)).decision.comment_id)
            except DecisionConflictError:
                losses.append(number)

    barrier = threading.Barrier(len(reviews))
    threads = [threading.Thread(target=work, args=(review, barrier)) for review in reviews]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == numbers
    assert len(losses) == len(numbers) * (len(reviews) - 1)


def test_of_two_processes_one_decides(database_url, make_comment):
    with Database.open(database_url) as database, database.write() as conn:
        comment_id = put_comment(conn, make_comment())
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    racers = [
        context.Process(target=race, args=(database_url, name, comment_id, start, results)) for name in ("anna", "bob")
    ]
    for racer in racers:
        racer.start()
    start.set()
    found = [results.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    assert sorted(name is None for name in found) == [False, True]
    with Database.open(database_url) as database, database.read() as conn:
        assert conn.execute(text("SELECT moderator FROM decision")).scalars().all() == [n for n in found if n]
