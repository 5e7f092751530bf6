"""The outbox empties in order, once, and bears whatever a site or a kill does. On both databases."""

# ruff: noqa: PLR0917  # fixtures are asked for by name

import pytest
from builders import POLICY, put_comment
from sqlalchemy import text

from moderator.connectors.base import Abilities, Answer, Holding, Parcel, Position, Verdict
from moderator.connectors.exchange import Found, exchange
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, ConnectorError, ConnectorUnavailableError
from moderator.services.audit import verify
from moderator.services.delivery import Delivery
from moderator.services.finality import Finality
from moderator.services.intake import Intake
from moderator.services.review import Review
from moderator.storage import source_cursors
from moderator.storage.decisions import DecisionWriter
from moderator.storage.source_rows import source_states

KEY = b"k" * 32


class Site:
    """A site in memory that keeps count of what was written."""

    name = "site"
    abilities = Abilities(takes_back=frozenset({Action.APPROVE}))

    def __init__(self):
        self.stands = {}
        self.bodies = {}
        self.writes = []
        self.failing = None

    def send(self, parcel: Parcel) -> Answer:
        if self.failing:
            raise self.failing
        number = parcel.decision.remote_id
        body = self.bodies.get(number, parcel.body)

        def write():
            self.writes.append((number, parcel.wanted))
            self.stands[number] = parcel.wanted

        return exchange(parcel, lambda: Found(self.stands.get(number, Status.PENDING), body), write)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def delivery(database, site, clock):
    log = DecisionWriter(policy=POLICY, app_version="t", author_key=KEY, sinks=frozenset({"site"}))
    return Delivery(database, log, ["site"], lambda _: site, clock=clock, max_attempts=3, chance=lambda: 0.5)


@pytest.fixture
def review(database, clock):
    return Review(
        database,
        POLICY,
        moderator="anna",
        app_version="t",
        author_key=KEY,
        sinks=frozenset({"site"}),
        undo_window_s=30,
        clock=clock,
    )


@pytest.fixture
def put(database, make_comment):
    def add(**given):
        with database.write() as conn:
            return put_comment(conn, make_comment(**given))

    return add


def decide(review, comment_id, action=Action.APPROVE):
    return review.decide(Intent(comment_id=comment_id, revision=1, action=action))


def states(database):
    with database.read() as conn:
        return [row[0] for row in conn.execute(text("SELECT state FROM outbox ORDER BY id"))]


def test_a_decision_waits_for_the_undo_window_and_is_sent_once(database, site, delivery, review, put, clock):
    decide(review, put(remote_id="a"))
    clock.advance(29)
    assert delivery.run().waiting == 1
    clock.advance(2)
    assert delivery.run().sent == 1
    assert delivery.run().moved == 0
    assert site.writes == [("a", Status.APPROVED)]
    assert states(database) == ["sent"]


def test_decisions_on_one_comment_keep_their_order(database, site, delivery, review, put, clock):
    first, second = put(remote_id="a"), put(remote_id="b")
    approved = decide(review, first)
    clock.advance(31)
    site.failing = ConnectorUnavailableError("down")
    assert delivery.run().later == 1
    review.undo_decision(approved.decision.seq)
    decide(review, first, Action.REJECT)
    decide(review, second)
    clock.advance(35)
    site.failing = None
    delivery.run()
    assert site.writes == [
        ("a", Status.APPROVED),
        ("a", Status.PENDING),
        ("a", Status.REJECTED),
        ("b", Status.APPROVED),
    ]


def test_who_dies_after_sending_leaves_a_claim_that_runs_out(database, site, delivery, review, put, clock):
    decide(review, put(remote_id="a"))
    clock.advance(31)

    class Killed(BaseException):
        pass

    send = site.send

    def send_and_die(parcel):
        send(parcel)
        raise Killed

    site.send = send_and_die
    with pytest.raises(Killed):
        delivery.run()
    site.send = send
    assert states(database) == ["sending"]
    assert delivery.run().moved == 0, "the claim is another's"
    clock.advance(121)
    assert delivery.run().sent == 1
    assert site.writes == [("a", Status.APPROVED)], "the second time it stood there already"


def test_failures_are_tried_again_later_and_later_then_given_up_until_told(
    database, site, delivery, review, put, clock
):
    decide(review, put(remote_id="a"))
    clock.advance(31)
    site.failing = ConnectorUnavailableError("the site answered 503", wait_s=45)
    assert delivery.run().later == 1
    clock.advance(44)
    assert delivery.run().moved == 0, "the site asked for 45 s"
    clock.advance(2)
    site.failing = ConnectorError("the login is wrong")
    assert delivery.run().later == 1
    clock.advance(59)
    assert delivery.run().moved == 0
    clock.advance(2)
    done = delivery.run()
    assert (done.dead, done.waiting) == (1, 0)
    with database.read() as conn:
        (state,) = source_states(conn)
    assert (state.dead, state.to_send, state.send_problem) == (1, 0, "the login is wrong")
    assert [each.dead for each in delivery.pending()] == [True]
    site.failing = None
    assert delivery.retry() == 1
    assert delivery.run().sent == 1


def test_a_conflict_comes_back_as_a_row_with_the_reason(database, site, delivery, review, put, clock):
    number = put(remote_id="a")
    decide(review, number, Action.REJECT)
    site.stands["a"] = Status.APPROVED
    clock.advance(31)
    assert delivery.run().conflicts == 1
    assert site.writes == []
    assert review.card(number).row.status is Status.PENDING
    reopened = review.history(limit=1)[0]
    assert (reopened.action, reopened.actor_kind.value) == (Action.REOPEN, "sync")
    assert reopened.note == "Somebody else has it approved on the site."
    decide(review, number, Action.REJECT)
    clock.advance(31)
    assert delivery.run().sent == 1
    assert site.writes == [("a", Status.REJECTED)]


def test_an_edited_text_is_a_conflict_and_is_read_anew(database, site, delivery, review, put, clock):
    decide(review, put(remote_id="a"))
    site.bodies["a"] = "Something else."
    with database.write() as conn:
        source_cursors.claim(conn, "site", now_ms=1, next_ms=2, due_only=False)
        source_cursors.succeeded(conn, "site", cursor="read to here", now_ms=1, held_there=1)
    clock.advance(31)
    assert delivery.run().conflicts == 1
    assert site.writes == []
    with database.read() as conn:
        assert source_cursors.cursor_of(conn, "site") == "", "the next pull must bring the text as it is there now"


def test_a_strangers_sink_that_breaks_keeps_nobody_from_their_turn(site, delivery, review, put, clock):
    decide(review, put(remote_id="a"))
    clock.advance(31)
    site.failing = ZeroDivisionError("a reader said so")
    done = delivery.run()
    assert done.later == 1
    assert done.errors == {"site": "the connector failed: ZeroDivisionError"}


def test_what_a_site_refuses_is_given_up_at_once(site, delivery, review, put, clock):
    decide(review, put(remote_id="a"))
    clock.advance(31)
    site.send = lambda parcel: Answer(Verdict.REFUSED, Status.PENDING, "No such action.")
    assert delivery.run().dead == 1


def test_a_moderator_hears_what_cannot_be_taken_back(site, delivery, review, put, clock):
    finality = delivery.finality
    assert finality.warnings() == {"site": {Action.REJECT: "can't take it back"}}
    approved, rejected = decide(review, put()), decide(review, put(), Action.REJECT)
    assert finality.of_undo(rejected.decision) is None, "not sent yet"
    clock.advance(31)
    delivery.run()
    assert finality.of_undo(approved.decision) is None
    assert finality.of_undo(rejected.decision) == "site can't take that back: it stays rejected there"


def test_a_sink_that_cannot_be_made_gives_no_warning(database):
    def refuse(_):
        raise ConfigError("password is missing")

    assert Finality(database, ["site"], refuse).warnings() == {}


class Held:
    """What the site in memory holds, as a source: the same comments at each pull."""

    name = "site"
    gives_only_held = True
    position = Position("https://site.example", None, 0, None)

    def __init__(self, comments):
        self.comments = comments

    def records(self):
        yield from self.comments


@pytest.fixture
def intake(database, clock):
    log = DecisionWriter(policy=POLICY, app_version="t", author_key=KEY, sinks=frozenset({"site"}))
    return Intake(database, log, clock=clock)


@pytest.fixture
def arrived(database, site, delivery, review, intake, make_comment, clock):
    """A held comment that was approved here, and whose decision arrived: its source, and its number."""
    held = Held([make_comment(source="site", remote_id="7", body="As it was.")])
    assert isinstance(held, Holding)
    assert intake.run_held(held).added == 1
    (row,) = review.first_rows(QueueQuery(), 9)
    decide(review, row.id)
    clock.advance(31)
    assert delivery.run().sent == 1
    return held, row.id


def test_what_is_held_again_after_delivery_comes_back_once_and_says_so(
    database, site, delivery, review, intake, arrived, clock
):
    held, number = arrived
    clock.advance(61)
    site.stands["7"] = Status.PENDING
    assert intake.run_held(held).held_again == 1
    assert intake.run_held(held).held_again == 0
    assert [row.id for row in review.first_rows(QueueQuery(), 9)] == [number]
    (row, *_) = review.history(limit=5)
    assert (row.action, row.actor_kind, row.moderator, row.note) == (
        Action.REOPEN,
        ActorKind.SYNC,
        "site",
        "It was put on hold again at the site.",
    )
    decide(review, number)
    clock.advance(31)
    done = delivery.run()
    assert (done.sent, done.conflicts, site.stands["7"]) == (1, 0, Status.APPROVED)
    assert verify(database).intact


def test_a_page_from_before_the_delivery_takes_nothing_back(review, intake, arrived, clock):
    held, _ = arrived
    assert intake.run_held(held).held_again == 0
    clock.advance(59)
    assert intake.run_held(held).held_again == 0
    assert review.first_rows(QueueQuery(), 9) == []


def test_a_decision_that_has_not_arrived_is_not_taken_back(delivery, review, intake, arrived, clock):
    held, number = arrived
    clock.advance(3600)
    review.undo()
    decide(review, number, Action.REJECT)
    assert intake.run_held(held).held_again == 0
    delivery.run()
    assert review.first_rows(QueueQuery(), 9) == []


def test_one_edited_and_held_again_is_no_conflict(site, delivery, review, intake, arrived, make_comment, clock):
    held, number = arrived
    clock.advance(3600)
    held.comments = [make_comment(source="site", remote_id="7", body="As it is now.")]
    site.stands["7"], site.bodies["7"] = Status.PENDING, "As it is now."
    summary = intake.run_held(held)
    assert (summary.reopened, summary.held_again) == (1, 0)
    review.decide(Intent(comment_id=number, revision=2, action=Action.REJECT))
    clock.advance(31)
    done = delivery.run()
    assert (done.sent, done.conflicts) == (1, 0)
