"""What a pulled comment answers is fetched once, read beside it, and in no queue until it waits itself."""

import pytest
from builders import POLICY, make_comment

from moderator.connectors.base import Position
from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import ConnectorError, ConnectorUnavailableError, NotFoundError
from moderator.services.figures import Figures
from moderator.services.intake import Intake
from moderator.services.review import Review
from moderator.services.sources import Plan, Sources
from moderator.storage.decisions import DecisionWriter
from moderator.storage.scoring_work import waiting


class Site:
    """A site in memory where `p1` was published long ago and `c1` answers it."""

    name = "site"
    position = Position("https://site.example", None, 0, None)

    def __init__(self):
        self.held = [make_comment(remote_id="c1", parent_remote_id="p1", body="No, it wasn't.")]
        self.published = {"p1": make_comment(remote_id="p1", body="It was raining.", author_name="Ann")}
        self.asked = []
        self.failing = None

    def records(self):
        yield from self.held

    def parents(self, remote_ids):
        if self.failing:
            raise self.failing
        self.asked.append(list(remote_ids))
        yield from (self.published[each] for each in remote_ids if each in self.published)


LOG = DecisionWriter(policy=POLICY, app_version="t", author_key=b"k" * 32)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def opened(database, site, clock):
    """Sources as a program that was just started has them."""

    def start():
        plans = {"site": Plan(system="x", pull_every_s=60, delivers=False)}
        return Sources(database, Intake(database, LOG, clock=clock), plans, lambda _: site, clock=clock)

    return start


@pytest.fixture
def review(database, clock):
    return Review(database, POLICY, moderator="anna", app_version="t", author_key=b"k" * 32, clock=clock)


def card(review):
    (row,) = review.first_rows(QueueQuery(), 10)
    return review.card(row.id)


def test_it_is_read_beside_its_answer_and_asked_for_once(database, site, opened, review):
    sources = opened()
    assert sources.pull("site").added == 1
    found = card(review)
    assert (found.remote_id, found.parent_missing) == ("c1", False)
    assert (found.parent.author_name, found.parent.body, found.parent.status) == ("Ann", "It was raining.", None)
    sources.pull("site")
    opened().pull("site")
    assert site.asked == [["p1"]]
    with database.read() as conn:
        assert [(each.body, each.parent_body) for each in waiting(conn, 10)] == [("No, it wasn't.", "It was raining.")]


def test_it_is_in_no_queue_and_nobody_decides_on_it(database, opened, review, clock):
    opened().pull("site")
    number = card(review).parent.id
    assert sum(review.status_counts().values()) == 1
    assert review.ids(QueueQuery(statuses=frozenset(Status))).tolist() == [card(review).row.id]
    assert review.rows([number]) == []
    with pytest.raises(NotFoundError):
        review.card(number)
    with pytest.raises(NotFoundError):
        review.decide(Intent(comment_id=number, revision=1, action=Action.APPROVE))
    (state,) = Figures(database, POLICY, clock).source_states.read()
    assert (state.comments, state.waiting) == (1, 1)


@pytest.mark.parametrize("body", ["It was raining.", "It was snowing."], ids=["same text", "edited"])
def test_once_it_waits_itself_it_is_a_comment_like_any_other(site, opened, review, body):
    sources = opened()
    sources.pull("site")
    site.held.append(make_comment(remote_id="p1", body=body, author_name="Ann"))
    summary = sources.pull("site")
    assert summary.added + summary.revised == 1
    assert summary.reopened == 0
    cards = {each.remote_id: each for each in map(review.card, review.ids(QueueQuery()))}
    assert (cards["p1"].body, cards["p1"].row.scoring.value) == (body, "waiting")
    assert cards["c1"].parent.status is Status.PENDING
    outcome = review.decide(Intent(comment_id=cards["p1"].row.id, revision=cards["p1"].revision, action=Action.APPROVE))
    assert outcome.status is Status.APPROVED


def test_what_is_gone_there_is_not_asked_for_again(site, opened, review):
    site.published.clear()
    sources = opened()
    sources.pull("site")
    assert card(review).parent_missing
    sources.pull("site")
    assert site.asked == [["p1"]]


def test_a_site_that_falls_silent_is_asked_again_with_the_next_pull(site, opened, review, clock):
    site.failing = ConnectorUnavailableError("the site answered 503")
    (pull,) = opened().pull_due()
    assert pull.error == "the site answered 503"
    assert card(review).parent_missing
    site.failing = None
    clock.advance(61)
    assert opened().pull_due()[0].summary.added == 0
    assert card(review).parent.body == "It was raining."


def test_a_site_that_refuses_keeps_nobody_from_reading_the_answers(site, opened, review):
    site.failing = ConnectorError("no rights")
    assert opened().pull("site").added == 1
    assert card(review).parent_missing
