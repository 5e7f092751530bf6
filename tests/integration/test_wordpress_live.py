"""A real WordPress: its queue comes in, decisions go back, and its own database agrees."""

import json

import pytest
from builders import POLICY
from live_sites import LiveSite, wordpress_is_here

from moderator.connectors.base import SiteSettings
from moderator.connectors.wordpress import WordPressSink, WordPressSource
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import ConnectorError
from moderator.services.delivery import Delivery
from moderator.services.intake import Intake
from moderator.services.review import Review
from moderator.services.sources import Plan, Sources
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

STATE = """<?php
require 'wp-load.php';
global $wpdb;
echo json_encode($wpdb->get_results("SELECT comment_ID id, comment_approved status, comment_author_IP ip,
    comment_agent agent FROM $wpdb->comments ORDER BY comment_ID"));
"""
PLAN = {"blog": Plan(system="wordpress", pull_every_s=60, delivers=True)}


@pytest.fixture(scope="module")
def live():
    site = LiveSite("wordpress", "WP", wordpress_is_here)
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


def inside(live, tmp_path):
    """What WordPress' own database says, by id."""
    script = tmp_path / "state.php"
    script.write_text(STATE)
    said = live.run("php", str(script))
    rows = json.loads(said) if isinstance(said, str) else said
    return {row["id"]: row for row in rows}


class Desk:
    """Everything between a site and its moderators, on a clock of the test's own."""

    def __init__(self, url, site, clock):
        self.db = Database.open(url)
        self.clock = clock
        key = b"k" * 32
        log = DecisionWriter(policy=POLICY, app_version="t", author_key=key, sinks=frozenset({"blog"}))
        self.sources = Sources(
            self.db, Intake(self.db, log, clock=clock), PLAN, lambda _: WordPressSource(site), clock=clock
        )
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


def test_a_queue_comes_in_and_decisions_go_back(desk, live, held, clock, tmp_path):
    ids = held(120)
    before = inside(live, tmp_path)
    summary = desk.sources.pull("blog")
    assert summary.added >= 120
    assert desk.sources.pull("blog").added == 0
    cards = desk.cards()
    assert set(ids) <= set(cards)
    assert cards[ids[0]].row.article_title == "Open thread"
    wanted = {}
    for at, number in enumerate(ids[:9]):
        action, reason, status = (
            (Action.APPROVE, None, "1"),
            (Action.REJECT, "spam", "spam"),
            (Action.REJECT, "insult", "trash"),
        )[at % 3]
        desk.decide(cards[number], action, reason)
        wanted[number] = status
    assert desk.delivery.run().moved == 0, "the undo window holds them back"
    clock.advance(31)
    done = desk.delivery.run()
    assert (done.sent, done.waiting, done.errors) == (9, 0, {})
    after = inside(live, tmp_path)
    assert {number: after[number]["status"] for number in wanted} == wanted
    for number in ids:
        assert (after[number]["ip"], after[number]["agent"]) == (before[number]["ip"], before[number]["agent"])
        if number not in wanted:
            assert after[number]["status"] == "0"


def test_what_another_decided_meanwhile_comes_back_and_is_not_overwritten(desk, live, held, clock, tmp_path):
    first, second, third = held(3)
    desk.sources.pull("blog")
    cards = desk.cards()
    for number in (first, second, third):
        desk.decide(cards[number], Action.REJECT, "insult")
    elsewhere = tmp_path / "elsewhere.php"
    elsewhere.write_text(
        f"<?php require 'wp-load.php'; wp_set_comment_status({first}, 'approve');"
        f"wp_set_comment_status({third}, 'spam');"
        f"wp_update_comment(['comment_ID' => {second}, 'comment_content' => 'Something else altogether.']);"
    )
    live.run("php", str(elsewhere))
    clock.advance(31)
    done = desk.delivery.run()
    assert (done.sent, done.conflicts) == (1, 2)
    after = inside(live, tmp_path)
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
    assert inside(live, tmp_path)[first]["status"] == "trash"


def test_an_undo_after_delivery_puts_it_back(desk, live, held, clock, tmp_path):
    (number,) = held(1)
    desk.sources.pull("blog")
    outcome = desk.decide(desk.cards()[number], Action.APPROVE)
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert desk.delivery.finality.of_undo(outcome.decision) is None
    desk.review.undo_decision(outcome.decision.seq)
    clock.advance(31)
    assert desk.delivery.run().sent == 1
    assert inside(live, tmp_path)[number]["status"] == "0"


def test_a_comment_without_an_address_gets_none(desk, live, held, clock, tmp_path):
    one, two = held(2)
    bare = tmp_path / "bare.php"
    bare.write_text(
        f"<?php require 'wp-load.php'; global $wpdb; $wpdb->query(\"UPDATE $wpdb->comments SET comment_author_IP=''"
        f' WHERE comment_ID IN ({one}, {two})");'
    )
    live.run("php", str(bare))
    desk.sources.pull("blog")
    cards = desk.cards()
    desk.decide(cards[one], Action.APPROVE)
    desk.decide(cards[two], Action.REJECT, "insult")
    clock.advance(31)
    assert desk.delivery.run().sent == 2
    after = inside(live, tmp_path)
    assert [(after[number]["status"], after[number]["ip"]) for number in (one, two)] == [("1", ""), ("trash", "")]


@pytest.mark.parametrize(
    ("user", "password", "words"),
    [
        ("editor", "wrong wrong wrong", "user name or application password is wrong"),
        ("subscriber", None, "may not moderate"),
        ("author", None, "may not moderate"),
    ],
)
def test_a_login_that_will_not_do_is_told_in_words(live, user, password, words):
    source = WordPressSource(settings(live, user, password))
    findings = source.check()
    assert words in next(found.what for found in findings if not found.ok)
    assert not any("wrong wrong" in found.what + found.hint for found in findings)
    with pytest.raises(ConnectorError) as caught:
        list(source.records())
    assert caught.value.code == "connector.login"
    source.close()


def test_a_revoked_password_stops_delivery_and_is_told(live, held, sqlite_url, clock, tmp_path):
    (number,) = held(1)
    revoke = tmp_path / "revoke.php"
    revoke.write_text(
        "<?php require 'wp-load.php';"
        "$made = WP_Application_Passwords::create_new_application_password(2, ['name' => 'desk' . time()]);"
        "echo json_encode(['password' => $made[0], 'uuid' => $made[1]['uuid']]);"
    )
    made = live.run("php", str(revoke))
    desk = Desk(sqlite_url, settings(live, password=made["password"]), clock)
    desk.sources.pull("blog")
    desk.decide(desk.cards()[number], Action.APPROVE)
    revoke.write_text(
        f"<?php require 'wp-load.php'; WP_Application_Passwords::delete_application_password(2, '{made['uuid']}');"
    )
    live.run("php", str(revoke))
    clock.advance(31)
    done = desk.delivery.run()
    assert (done.sent, done.later) == (0, 1)
    assert "the login is wrong, was revoked" in done.errors["blog"]
    assert desk.delivery.run().moved == 0, "the site is left alone for a while"
    assert inside(live, tmp_path)[number]["status"] == "0"
    desk.close()
