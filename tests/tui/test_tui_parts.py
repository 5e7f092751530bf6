"""The small parts behind the screens, as values: masks, cells, ages, freshness, leases, the backend's thread."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from moderator.domain.score import Label, SpanRole
from moderator.errors import ConfigError, StorageError
from moderator.text.visible import visible, visible_line
from moderator.tui.backend import Backend, Rank
from moderator.tui.freshness import Freshness
from moderator.tui.leases import LeaseKeeper
from moderator.tui.masking import Evidence, mask
from moderator.tui.messages import Connected, ConnectFailed, ReadFailed, describe
from moderator.tui.news import News
from moderator.tui.row_cache import PAGE, RowCache
from moderator.tui.widgets.cells import fit, lay, spread
from moderator.tui.wording import long_age, plural, short_age


def severe(start, end):
    return Evidence(start, end, SpanRole.TOXIC, Label.INSULT, severe=True)


# Masks and cells ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end", "masked"),
    [
        ("You utter idiot.", 10, 15, "You utter i••••."),
        ("damned idiot's!", 0, 14, "d••••• i••••'•!"),
        ("idiot", 2, 5, "id•••"),
        ("笨蛋 you", 0, 2, "笨\uff0a you"),
        ("nothing", 3, 3, "nothing"),
    ],
)
def test_a_mask_keeps_the_shape(text, start, end, masked):
    assert mask(visible(text), [severe(start, end)]) == masked


@given(st.text(), st.integers(0, 30), st.integers(0, 30))
def test_a_mask_changes_no_length_and_no_width(text, start, length):
    shown = visible(text)
    first = min(start, len(shown))
    masked = mask(shown, [severe(first, min(first + length, len(shown)))])
    assert len(masked) == len(shown)
    assert cell_len(masked) <= cell_len(shown)


def test_what_is_not_severe_is_not_masked():
    assert mask(visible("idiot"), [Evidence(0, 5, SpanRole.TOXIC, Label.INSULT, severe=False)]) == "idiot"


@given(st.text(), st.integers(0, 60), st.booleans())
def test_a_text_fits_exactly_whatever_it_is(text, width, right):
    assert cell_len(fit(visible_line(text), width, right=right)) == width


@given(st.lists(st.text(max_size=20), max_size=6), st.integers(1, 60))
def test_a_line_is_as_wide_as_it_should_be(texts, width):
    parts = [(visible_line(text), Style()) for text in texts]
    assert cell_len(lay(parts, width, Style()).text) == width
    assert cell_len(spread(parts[:2], parts[2:], width, Style()).text) == width


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (-5, "now", "just now"),
        (59, "now", "just now"),
        (60, "1 min", "1 minute ago"),
        (3_600 * 5, "5 h", "5 hours ago"),
        (86_400 * 2, "2 d", "2 days ago"),
        (86_400 * 15, "2 w", "2 weeks ago"),
        (86_400 * 70, "2 mo", "2 months ago"),
        (86_400 * 800, "2 y", "2 years ago"),
    ],
)
def test_ages(seconds, short, long):
    assert short_age(0, seconds * 1000) == short
    assert long_age(0, seconds * 1000) == long


def test_plurals():
    assert (plural(1, "reply"), plural(2, "reply"), plural(1_200, "comment")) == (
        "1 reply",
        "2 replies",
        "1,200 comments",
    )


def test_foreign_exceptions_give_their_kind_and_never_their_words():
    problem = describe(ValueError("the comment said: idiot"), "reading a comment")
    assert "ValueError" in problem.text
    assert "idiot" not in problem.text + problem.hint
    own = describe(StorageError("disk\x1b[2J full", hint="Make room."), "saving")
    assert own.exit_status == 3
    assert "\x1b" not in own.text
    assert own.hint == "Make room."


def test_a_problem_is_a_sentence_and_names_the_folder_only_where_that_matters():
    locked = StorageError("/var/lib/desk/moderator.sqlite3: the database is locked")
    assert describe(locked, "saving").text == "moderator.sqlite3: the database is locked."
    assert describe(locked, "opening", folders=True).text == "/var/lib/desk/moderator.sqlite3: the database is locked."


# When to read again ---------------------------------------------------------------------------------------------------


def test_a_stale_list_waits_for_still_hands_but_not_for_ever():
    fresh = Freshness()
    assert not fresh.is_due(0.0)
    fresh.spoil(10.0)
    fresh.touch(10.0)
    assert not fresh.is_due(10.2)
    assert fresh.is_due(10.5)
    assert not fresh.is_due(10.6), "asked once"
    fresh.was_read(11.0, took_s=0.5)
    fresh.spoil(11.1)
    assert not fresh.is_due(15.0), "a list that takes long to read isn't read all the time"
    assert fresh.is_due(21.5)


def test_a_moderator_who_never_rests_sees_a_fresh_list_in_the_end():
    fresh = Freshness()
    fresh.spoil(0.0)
    for tenth in range(299):
        fresh.touch(tenth / 10)
        assert not fresh.is_due(tenth / 10 + 0.05)
    fresh.touch(30.1)
    assert fresh.is_due(30.15)


class Writes:
    """A database whose number goes up with every write."""

    def __init__(self):
        self.version = self.seen = 0

    def write(self):
        self.version += 1

    def changed(self):
        before, self.seen = self.seen, self.version
        return before != self.version


def test_our_own_writes_are_no_news_and_others_are_not_lost_among_them():
    news, db = News(), Writes()
    news.quietly(db, db.write)
    assert not news.any(db)
    db.write()
    news.quietly(db, db.write)
    assert news.any(db)
    assert not news.any(db)


def test_rows_are_fetched_in_blocks_and_only_if_unknown():
    cache = RowCache()
    ids = list(range(1000))
    assert cache.missing(ids, 130, 131) == list(range(PAGE, 2 * PAGE))
    assert cache.missing(ids, 990, 999) == list(range(7 * PAGE, 1000))


# Leases ---------------------------------------------------------------------------------------------------------------


class Hands:
    """A clock, timers and a desk, all in the test's hands."""

    def __init__(self):
        self.now_s, self.timers, self.said = 0.0, [], []

    def wake_after(self, after_s, call):
        timer = [self.now_s + after_s, call]
        self.timers.append(timer)
        hands = self

        class Handle:
            def stop(self):
                hands.timers = [one for one in hands.timers if one is not timer]

        return Handle()

    def lease(self, comment_id):
        self.said.append(("lease", comment_id))

    def release(self, comment_id):
        self.said.append(("release", comment_id))

    def pass_time(self, seconds):
        end = self.now_s + seconds
        while due := sorted(timer for timer in self.timers if timer[0] <= end)[:1]:
            self.timers.remove(due[0])
            self.now_s = due[0][0]
            due[0][1]()
        self.now_s = end


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def keeper(hands):
    return LeaseKeeper(hands, hands.wake_after, lease_s=120, clock=lambda: hands.now_s)


def test_running_past_comments_reserves_none_of_them(hands, keeper):
    for comment_id in range(1, 30):
        keeper.rest_on(comment_id)
        hands.pass_time(0.03)
    assert hands.said == []
    assert len(hands.timers) == 1
    hands.pass_time(0.2)
    assert hands.said == [("lease", 29)]


def test_a_comment_that_stays_is_renewed_and_freed_when_left(hands, keeper):
    keeper.rest_on(1)
    hands.pass_time(90)
    assert hands.said == [("lease", 1)] * 3
    keeper.rest_on(2)
    hands.pass_time(0.2)
    assert hands.said[3:] == [("release", 1), ("lease", 2)]


def test_a_comment_that_somebody_else_has_is_asked_for_again_while_it_is_on_screen(hands, keeper):
    keeper.rest_on(1)
    hands.pass_time(0.2)
    keeper.refused(1)
    hands.pass_time(3.1)
    assert hands.said == [("lease", 1)] * 2
    keeper.refused(1)
    keeper.rest_on(2)
    hands.pass_time(0.2)
    assert hands.said[2:] == [("lease", 2)], "what was never ours isn't given back"


def test_a_decision_frees_by_itself(hands, keeper):
    keeper.rest_on(1)
    hands.pass_time(1)
    keeper.decided(1)
    keeper.rest_on(None)
    hands.pass_time(300)
    assert hands.said == [("lease", 1)]


# The backend's thread -------------------------------------------------------------------------------------------------


class Letters(list):
    """A mailbox that can be waited for."""

    def __init__(self):
        super().__init__()
        self.came = threading.Semaphore(0)

    def post_message(self, message):
        self.append(message)
        self.came.release()
        return True

    def wait(self, count=1):
        for _ in range(count):
            assert self.came.acquire(timeout=10)
        return self


class FakeServices:
    def __init__(self):
        self.review = self
        self.freed = 0

    def release_all(self):
        self.freed += 1


@pytest.fixture
def services():
    return FakeServices()


@pytest.fixture
def letters():
    return Letters()


@pytest.fixture
def backend(services):
    made = Backend(lambda: services)
    yield made
    assert made.close(10)


def test_whoever_asks_hears_that_the_services_are_open_also_when_late(backend, letters):
    backend.start()
    backend.tell_when_open(letters)
    letters.wait()
    late = Letters()
    backend.tell_when_open(late)
    assert isinstance(late.wait()[0], Connected)


def test_a_database_that_cannot_be_opened_is_a_message(letters):
    def refuse():
        raise ConfigError("no such place", hint="Look elsewhere.")

    backend = Backend(refuse)
    backend.tell_when_open(letters)
    backend.start()
    (answer,) = letters.wait()
    assert isinstance(answer, ConnectFailed)
    assert (answer.problem.text, answer.problem.exit_status) == ("no such place.", 2)
    assert backend.close(10)


def test_decisions_overtake_reading_and_only_the_latest_reading_is_done(backend, letters):
    gate, done = threading.Event(), []

    def errand(name):
        return lambda _services: done.append(name) or Connected()

    backend.submit(lambda _services: gate.wait(10) and None, letters, rank=Rank.WRITE, doing="waiting")
    backend.submit(errand("list"), letters, rank=Rank.LIST, doing="x", key="list")
    backend.submit(errand("card 1"), letters, rank=Rank.CARD, doing="x", key="card")
    backend.submit(errand("card 2"), letters, rank=Rank.CARD, doing="x", key="card")
    backend.submit(errand("decision 1"), letters, rank=Rank.WRITE, doing="x")
    backend.submit(errand("decision 2"), letters, rank=Rank.WRITE, doing="x")
    backend.start()
    gate.set()
    letters.wait(4)
    assert done == ["decision 1", "decision 2", "card 2", "list"]


def test_an_errand_that_fails_ends_in_a_message_and_the_next_one_runs(backend, letters):
    backend.start()
    backend.submit(lambda _services: 1 / 0, letters, rank=Rank.CARD, doing="reading", failed=ReadFailed)
    backend.submit(lambda _services: Connected(), letters, rank=Rank.CARD, doing="reading")
    failed, fine = letters.wait(2)
    assert "ZeroDivisionError" in failed.problem.text
    assert not failed.problem.expected
    assert isinstance(fine, Connected)


def test_closing_writes_the_decisions_drops_the_reading_and_frees_the_leases(services, letters):
    backend, done, gate = Backend(lambda: services), [], threading.Event()
    backend.submit(lambda _services: gate.wait(10) and None, letters, rank=Rank.WRITE, doing="waiting")
    backend.submit(lambda _services: done.append("read"), letters, rank=Rank.CARD, doing="x")
    backend.submit(lambda _services: done.append("decided"), letters, rank=Rank.WRITE, doing="x")
    backend.start()
    assert not backend.close(0.05)
    backend.submit(lambda _services: done.append("too late"), letters, rank=Rank.WRITE, doing="x")
    gate.set()
    assert backend.close(10)
    assert done == ["decided"]
    assert services.freed == 1


def test_a_backend_that_never_started_closes_at_once(services):
    assert Backend(lambda: services).close(0)
