"""A real WordPress: its queue comes in, decisions go back, and its own database agrees."""

import sys
from pathlib import Path

import pytest
from builders import POLICY
from live_sites import start, wordpress_is_here

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import wordpress

from moderator.connectors.base import SiteSettings
from moderator.connectors.wordpress import WordPressSink, WordPressSource
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.services.delivery import Delivery
from moderator.services.intake import Intake
from moderator.services.review import Review
from moderator.services.sources import Plan, Sources
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wordpress")]

PLAN = {"blog": Plan(system="wordpress", pull_every_s=60, delivers=True)}


@pytest.fixture(scope="module")
def live():
    site = start("wordpress", "WP", wordpress_is_here)
    yield site
    site.down()


@pytest.fixture
def held(live):
    """Fresh held comments: ids from..to."""

    def seed(count):
        made = live.run("seed", str(count))
        return [str(number) for number in range(made["first"], made["last"] + 1)]

    return seed


def settings(live, user="editor", password=None):
    return SiteSettings(
        name="blog",
        system="wordpress",
        url=live.facts["url"],
        username=user,
        password=password or live.facts["users"][user]["app_password"],
        allow_addresses=("127.0.0.0/8",),
        plain_http=True,
    )


def inside(live):
    """What WordPress' own database says, by id."""
    return {row["id"]: row for row in live.php(wordpress.STATE)}


class Desk:
    """Everything between a site and its moderators, on a clock of the test's own."""

    def __init__(self, url, site, clock):
        self.db = Database.open(url)
        self.clock = clock
        key = b"k" * 32
        log = DecisionWriter(policy=POLICY, app_version="t", author_key=key, sinks=frozenset({"blog"}))
        intake, source = Intake(self.db, log, clock=clock), WordPressSource(site, now_s=lambda: clock() / 1000)
        self.sources = Sources(self.db, intake, PLAN, lambda _: source, clock=clock)
        self.delivery = Delivery(self.db, log, ["blog"], lambda _: WordPressSink(site), clock=clock)
        self.review = Review(
            self.db,
            POLICY,
            moderator="anna",
            app_version="t",
            author_key=key,
            sinks=frozenset({"blog"}),
            undo_window_s=30,
            clock=clock,
        )

    def cards(self):
        """What waits, by remote id."""
        found = [self.review.card(row.id) for row in self.review.first_rows(QueueQuery(), 500)]
        return {card.remote_id: card for card in found}

    def decide(self, card, action, reason=None):
        return self.review.decide(
            Intent(comment_id=card.row.id, revision=card.revision, action=action, reason_code=reason)
        )

    def close(self):
        self.sources.close()
        self.delivery.close()
        self.db.close()


@pytest.fixture
def desk(live, sqlite_url, clock):
    made = Desk(sqlite_url, settings(live), clock)
    yield made
    made.close()


@pytest.fixture
def blog(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the checkout's settings are nobody's here
    made = wordpress.Blog(live, tmp_path)
    yield made
    made.forget()


@pytest.mark.parametrize(
    ("scenario", "held", "decided"),
    [(wordpress.plain, 24, 9), (wordpress.killed, 102, 6), (wordpress.second_moderator, 14, 8)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_its_database_agrees_with_the_moderators(blog, scenario, held, decided):
    assert scenario(blog, held, decided).wrong == []


def test_a_login_that_will_not_do_is_told_in_words_and_changes_nothing(blog):
    assert wordpress.passwords(blog).wrong == []


def test_what_a_reply_answers_is_read_beside_it(desk, live):
    live.php(
        """$id = 0;
        foreach (['It was raining.' => 1, 'No, it was not.' => 0] as $text => $approved)
            $id = wp_insert_comment(['comment_post_ID' => 4, 'comment_parent' => $id, 'comment_author' => 'Ann',
                'comment_approved' => $approved, 'comment_content' => $text]);"""
    )
    desk.sources.pull("blog")
    (reply,) = [card for card in desk.cards().values() if card.body == "No, it was not."]
    assert (reply.parent.body, reply.parent.author_name) == ("It was raining.", "Ann")
    assert "It was raining." not in {card.body for card in desk.cards().values()}


def test_what_another_decided_meanwhile_comes_back_and_is_not_overwritten(desk, live, held, clock):
    first, second, third = held(3)
    desk.sources.pull("blog")
    cards = desk.cards()
    for number in (first, second, third):
        desk.decide(cards[number], Action.REJECT, "insult")
    live.php(
        f"wp_set_comment_status({first}, 'approve');"
        f"wp_set_comment_status({third}, 'spam');"
        f"wp_update_comment(['comment_ID' => {second}, 'comment_content' => 'Something else altogether.']);"
    )
    clock.advance(31)
    done = desk.delivery.run()
    assert (done.sent, done.conflicts) == (1, 2)
    after = inside(live)
    assert [after[number]["status"] for number in (first, second, third)] == ["1", "0", "spam"]
    again = desk.cards()
    assert {first, second} <= set(again)
    assert third not in again
    notes = {entry.remote_id: entry.note for entry in desk.review.history(limit=5) if entry.note}
    assert "approved on the site" in notes[first]
    assert "edited" in notes[second]
    # Decided once more, knowingly, it's written.
    desk.decide(again[first], Action.REJECT, "insult")
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert inside(live)[first]["status"] == "trash"


def test_what_is_put_on_hold_again_there_waits_here_again(desk, live, held, clock):
    first, second, untouched = held(3)
    desk.sources.pull("blog")
    cards = desk.cards()
    desk.decide(cards[first], Action.APPROVE)
    desk.decide(cards[second], Action.REJECT, "insult")
    desk.decide(cards[untouched], Action.APPROVE)
    clock.advance(31)
    assert desk.delivery.run().sent == 3
    live.php(f"foreach ([{first}, {second}] as $id) wp_set_comment_status($id, 'hold');")
    clock.advance(3600)
    assert desk.sources.pull("blog").held_again == 2
    again = desk.cards()
    assert {first, second} <= set(again)
    assert untouched not in again
    desk.decide(again[first], Action.APPROVE)
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert [inside(live)[number]["status"] for number in (first, second)] == ["1", "0"]


def test_an_undo_after_delivery_puts_it_back(desk, live, held, clock):
    (number,) = held(1)
    desk.sources.pull("blog")
    outcome = desk.decide(desk.cards()[number], Action.APPROVE)
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert desk.delivery.finality.of_undo(outcome.decision) is None
    desk.review.undo_decision(outcome.decision.seq)
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert inside(live)[number]["status"] == "0"


def test_a_comment_without_an_address_gets_none(desk, live, held, clock):
    one, two = held(2)
    live.php(f"$wpdb->query(\"UPDATE $wpdb->comments SET comment_author_IP='' WHERE comment_ID IN ({one}, {two})\");")
    desk.sources.pull("blog")
    cards = desk.cards()
    desk.decide(cards[one], Action.APPROVE)
    desk.decide(cards[two], Action.REJECT, "insult")
    clock.advance(31)
    assert desk.delivery.run().sent == 2
    after = inside(live)
    assert [(after[number]["status"], after[number]["ip"]) for number in (one, two)] == [("1", ""), ("trash", "")]
