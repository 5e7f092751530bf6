"""The moderator's sitting as plain values: no widget, no database."""

from array import array

import pytest

from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action
from moderator.domain.queue import QueueQuery
from moderator.tui.listing import Listing, Move
from moderator.tui.session import Mode, Session


@pytest.fixture
def session():
    made = Session(QueueQuery())
    made.take_list([10, 20, 30, 40, 50], now_s=0.0, complete=True)
    return made


def test_the_cursor_stays_inside_the_list(session):
    assert session.move_to(99, 1.0) == Move(0, 4)
    assert session.move_to(99, 1.0) is None
    assert session.move_to(-3, 1.0) == Move(4, 0)
    assert session.current == 10


def test_an_empty_list_has_no_current_comment_and_no_moves():
    empty = Session(QueueQuery())
    assert empty.current is None
    assert empty.move_to(1, 0.0) is None
    assert empty.advance(0.0) is None
    assert empty.decide(Action.APPROVE, 1, 0.0) is None


def test_a_decision_is_pending_until_it_is_answered_and_is_not_made_twice(session):
    intent = session.decide(Action.REJECT, 3, 2.5, "spam")
    assert (intent.comment_id, intent.revision, intent.reason_code, intent.seconds_open) == (10, 3, "spam", 2.5)
    assert session.decide(Action.APPROVE, 3, 2.6) is None
    assert not session.is_open(10)
    session.saved(10)
    assert session.pending == {}
    assert session.decide(Action.APPROVE, 3, 2.7) is None
    assert session.decided == 1


def test_a_refused_decision_opens_the_comment_again_and_keeps_its_note(session):
    session.note = "rude"
    session.decide(Action.APPROVE, 1, 1.0)
    assert session.note is None
    session.failed(10, "Somebody was faster.")
    assert session.is_open(10)
    assert session.failures == {10: "Somebody was faster."}
    assert session.note == "rude"
    assert session.decide(Action.APPROVE, 1, 1.0).note == "rude"
    assert session.failures == {}


def test_advancing_passes_over_what_is_decided_and_comes_round(session):
    session.closed = {20, 30}
    assert session.advance(0.0) == Move(0, 3)
    session.closed |= {40, 50}
    assert session.advance(0.0) == Move(3, 0)
    session.closed.add(10)
    assert session.advance(0.0) is None


def test_skipping_at_the_end_stays_there(session):
    session.skip(0.0)
    assert session.skipped == {10}
    session.move_to(4, 0.0)
    assert session.skip(0.0) is None


def test_seconds_count_from_when_the_cursor_came(session):
    session.move_to(2, 100.0)
    assert session.decide(Action.APPROVE, 1, 103.25).seconds_open == 3.25


def test_an_undone_comment_is_under_the_cursor_again(session):
    session.decide(Action.APPROVE, 1, 0.0)
    session.advance(0.0)
    session.saved(10)
    assert session.undone(10, Status.PENDING, 1.0) == Move(1, 0)
    assert session.is_open(10)
    assert session.decided == 0


def test_an_undone_comment_that_had_left_the_list_is_listed_again(session):
    session.move_to(2, 0.0)
    session.undone(99, Status.PENDING, 1.0)
    assert session.ids.tolist() == [10, 20, 99, 30, 40, 50]
    assert session.current == 99


@pytest.mark.parametrize(
    ("fresh", "current"),
    [
        ([5, 10, 20, 30, 40, 50], 30),
        ([30], 30),
        ([10, 20, 40, 50], 40),
        ([10, 20], 20),
        ([60, 70, 80], 80),
        ([50, 40, 30, 20, 10], 30),
    ],
)
def test_a_fresh_list_keeps_the_cursor_on_its_comment_or_beside_it(session, fresh, current):
    session.move_to(2, 0.0)
    session.take_list(fresh, 1.0, complete=True)
    assert session.current == current


def test_a_fresh_list_keeps_decisions_on_their_way_closed_and_forgets_the_others(session):
    session.closed = {40}
    session.decide(Action.APPROVE, 1, 0.0)
    session.take_list([10, 20, 40], 1.0, complete=True)
    assert not session.is_open(10)
    assert session.is_open(40)


def test_a_fresh_list_under_typing_hands_does_not_stop_the_typing(session):
    session.mode = Mode.NOTE
    session.take_list([77], 1.0, complete=True)
    assert session.mode is Mode.NOTE


def test_a_reason_is_not_asked_of_another_comment_than_the_one_it_was_begun_on(session):
    session.mode = Mode.REASON
    session.take_list([77], 1.0, complete=True)
    assert session.mode is Mode.BROWSE


def test_what_the_database_says_counts_unless_a_decision_is_on_its_way(session):
    session.note_status(20, Status.APPROVED)
    assert not session.is_open(20)
    session.note_status(20, Status.PENDING)
    assert session.is_open(20)
    session.decide(Action.APPROVE, 1, 0.0)
    session.note_status(10, Status.PENDING)
    assert not session.is_open(10)


def test_another_filter_starts_at_the_top_and_forgets_what_was_skipped(session):
    session.move_to(3, 0.0)
    session.skip(0.0)
    session.ask(QueueQuery(order=Order.NEWEST))
    assert (session.ids.tolist(), session.cursor, session.complete, session.skipped) == ([], 0, False, set())


def test_the_order_goes_round():
    session = Session(QueueQuery(language="ru"))
    seen = []
    for _ in Order:
        session.query = session.next_order()
        seen.append(session.query.order)
    assert sorted(seen) == sorted(Order)
    assert session.query == QueueQuery(language="ru")


def test_words_once_shown_are_remembered_and_masked_again_when_left(session):
    assert session.toggle_reveal() is True
    session.move_to(1, 0.0)
    assert session.showing is False
    assert session.decide(Action.APPROVE, 1, 0.0).revealed is False
    session.move_to(0, 0.0)
    assert session.decide(Action.APPROVE, 1, 0.0).revealed is True


def test_marks_come_and_go(session):
    session.toggle_mark()
    assert list(session.marks) == [10]
    session.toggle_mark()
    assert not session.marks
    session.closed = {20}
    session.mark_stretch(3, 0)
    assert list(session.marks) == [10, 30, 40], "only what still waits"
    session.ask(QueueQuery())
    assert not session.marks


def test_a_decision_that_came_back_stays_listed_though_its_comment_left(session):
    session.failed(30, "olena was faster")
    session.move_to(3, 0.0)
    session.take_list([10, 20, 40, 50], 1.0, complete=True)
    assert session.ids.tolist() == [10, 20, 30, 40, 50]
    assert session.current == 40
    assert not session.is_open(30)
    session.ask(QueueQuery())
    session.take_list([10, 40], 2.0, complete=True)
    assert session.ids.tolist() == [10, 40]


def test_a_number_is_used_up_by_the_key_after_it(session):
    for digit in (1, 2):
        session.type_digit(digit)
    assert session.take_times() == 12
    assert session.take_times() == 0


def test_what_to_load_next_is_what_still_waits_ahead(session):
    session.closed = {20, 40}
    assert session.open_after(2) == [30, 50]


def test_a_million_comments_keep_the_place_without_a_search_through_all_of_them():
    listing = Listing()
    listing.ids = array("q", range(1_000_000))
    listing.cursor = 700_000
    fresh = array("q", (number for number in range(1_000_000) if number % 3))
    move = listing.replace(fresh)
    assert listing.ids[listing.cursor] == 700_000
    assert move == Move(700_000, listing.cursor)


def test_open_count_is_what_is_listed_less_what_is_decided(session):
    session.closed = {10, 20}
    assert session.open_count == 3
