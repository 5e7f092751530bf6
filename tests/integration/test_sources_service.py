"""Sources are pulled when it's time, from where the last pull ended, and say what went wrong."""

import threading

import pytest
from builders import POLICY, make_comment

from moderator.connectors.base import Finding, Position
from moderator.errors import ConfigError, ConnectorUnavailableError
from moderator.services.delivery import Delivery
from moderator.services.intake import Intake
from moderator.services.sources import Plan, Sources
from moderator.services.upkeep import Upkeep, UpkeepNews
from moderator.storage.decisions import DecisionWriter
from moderator.storage.source_rows import source_states


class Site:
    """A site in memory."""

    name = "site"
    position = Position("https://site.example", None, 0, None)

    def __init__(self):
        self.cursor = ""
        self.begun_at = []
        self.comments = [make_comment(remote_id=str(number)) for number in range(3)]
        self.failing = None

    def records(self):
        self.begun_at.append(self.cursor)
        yield self.comments[0]
        if self.failing:
            raise self.failing
        yield from self.comments[1:]
        self.cursor = "the end"

    def held_count(self):
        return len(self.comments)

    def check(self):
        return [Finding(True, "It's there.")]

    def close(self):
        pass


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def sources(database, site, clock):
    log = DecisionWriter(policy=POLICY, app_version="t", author_key=b"k" * 32)
    plans = {"site": Plan(system="x", pull_every_s=60, delivers=False)}
    return Sources(database, Intake(database, log, clock=clock), plans, lambda _: site, clock=clock)


def state(database):
    with database.read() as conn:
        return source_states(conn)[0]


def test_a_pull_goes_on_where_the_last_one_ended(database, site, sources):
    assert sources.pull("site").added == 3
    assert sources.pull("site").added == 0
    assert site.begun_at == ["", "the end"]
    assert (state(database).waiting, state(database).held_there) == (3, 3)


def test_one_that_breaks_off_keeps_what_came_and_begins_again(database, site, sources, clock):
    site.failing = ConnectorUnavailableError("the site answered 503", wait_s=600)
    (pull,) = sources.pull_due()
    assert (pull.summary, pull.error) == (None, "the site answered 503")
    found = state(database)
    assert (found.comments, found.failures, found.problem) == (1, 1, "the site answered 503")
    assert found.next_pull_ms == clock() + 600_000
    site.failing = None
    assert sources.pull_due() == []
    clock.advance(601)
    (pull,) = sources.pull_due()
    assert pull.summary.added == 2
    assert site.begun_at == ["", ""]
    assert (state(database).failures, state(database).problem) == (0, None)


def test_two_programs_take_turns(sources, clock):
    assert len(sources.pull_due()) == 1
    clock.advance(59)
    assert sources.pull_due() == []
    clock.advance(2)
    assert len(sources.pull_due()) == 1


def test_a_strangers_source_that_breaks_is_told(database, site, sources):
    site.failing = ZeroDivisionError("a reader said so")
    (pull,) = sources.pull_due()
    assert pull.error == "the connector failed: ZeroDivisionError"


def test_a_name_that_is_not_configured_is_refused(sources):
    with pytest.raises(ConfigError, match="no source is called 'blog'") as caught:
        sources.pull("blog")
    assert "Configured: site" in caught.value.hint


def test_a_dry_run_leaves_no_trace(database, sources, site):
    assert sources.pull("site", dry_run=True).added == 3
    assert sources.pull("site").added == 3
    assert site.begun_at == ["", ""]


def test_upkeep_tells_of_what_it_did_and_stops(database, sources, clock):
    log = DecisionWriter(policy=POLICY, app_version="t", author_key=b"k" * 32)
    upkeep = Upkeep(sources, Delivery(database, log, [], lambda _: None, clock=clock))
    stop, told = threading.Event(), []

    def tell(news):
        told.append(news)
        stop.set()

    upkeep.run(stop, tell)
    assert [news.added for news in told] == [3]
    assert upkeep.round() == UpkeepNews()
    upkeep.start()(5.0)
