"""What every connector keeps, a stranger's too: each runs through the same tests, on its system's documented shapes.

A connector is its source, its sink, and a `RecordedSite` that answers as its system does.
"""

import httpx
import pytest
from example_connector import ExampleSink, ExampleSource
from parcels import make_parcel
from recorded_sites import BODY, Blogger, Coral, Discourse, Disqus, Example

from moderator.connectors.base import Finding, Sink, Site, SiteSettings, Source, Threaded, Verdict
from moderator.connectors.blogger import BloggerSink, BloggerSource
from moderator.connectors.coral import CoralSink, CoralSource
from moderator.connectors.discourse import DiscourseSink, DiscourseSource
from moderator.connectors.disqus import DisqusSink, DisqusSource
from moderator.domain.comment import IncomingComment, Status
from moderator.domain.decision import Action
from moderator.errors import ConfigError, ConnectorError, ConnectorUnavailableError

CONNECTORS = {
    "disqus": (Disqus, DisqusSource, DisqusSink),
    "coral": (Coral, CoralSource, CoralSink),
    "discourse": (Discourse, DiscourseSource, DiscourseSink),
    "blogger": (Blogger, BloggerSource, BloggerSink),
    "example": (Example, ExampleSource, ExampleSink),
}
SECRETS = ("KEY-SECRET", "TOKEN-SECRET", "REFRESH-SECRET", "CLIENT-SECRET", "access-1")


class Connector:
    """One connector with its system, freshly made."""

    def __init__(self, name):
        recorded, source, sink = CONNECTORS[name]
        self.site = recorded()
        self.settings = SiteSettings(name="site", system=name, **recorded.settings)
        self.source = source(self.settings, transport=self.site.transport)
        self.sink = sink(self.settings, transport=self.site.transport)
        self.make_source = source
        self.first = self.site.ids[0]

    def send(self, action, **given):
        return self.sink.send(make_parcel(given.pop("id", self.first), action, given.pop("body", BODY), **given))


@pytest.fixture(params=CONNECTORS)
def connector(request, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    made = Connector(request.param)
    yield made
    made.source.close()
    made.sink.close()


def test_it_keeps_the_protocols(connector):
    assert isinstance(connector.source, Source)
    assert isinstance(connector.source, Site)
    assert isinstance(connector.sink, Sink)
    assert connector.source.name == connector.sink.name == "site"
    assert connector.site.requests == [], "making one asks nobody"


def test_it_gives_what_waits_once_and_the_same_again(connector):
    found = list(connector.source.records())
    assert all(type(each) is IncomingComment for each in found)
    assert sorted(each.remote_id for each in found) == sorted(connector.site.ids)
    assert {each.source for each in found} == {"site"}
    assert {each.body for each in found} == {BODY}
    assert all(each.posted_at_ms for each in found)
    assert list(connector.source.records()) == found


def test_what_is_answered_can_be_asked_for(connector):
    if not isinstance(connector.source, Threaded):
        pytest.skip("not asked of every source")
    found = list(connector.source.records())
    wanted = [each.parent_remote_id for each in found if each.parent_remote_id]
    assert wanted
    answered = list(connector.source.parents([*wanted, "404.404"]))
    assert [each.remote_id for each in answered] == wanted
    assert {(each.source, each.body) for each in answered} == {("site", BODY)}


def test_what_is_decided_between_two_pages_makes_it_miss_nothing():
    connector, given = Connector("discourse"), []
    site, decided = connector.site, {Discourse.ids[0]}
    answer = site.answer

    def answer_and_decide(request):
        reply = answer(request)
        if len(given) > 1 and decided:
            site.stands[decided.pop()] = 1
        return reply

    site.answer = answer_and_decide
    for each in connector.source.records():
        given.append(each.remote_id)  # noqa: PERF401  # one by one, since the answers depend on it
    assert sorted(given) == sorted(Discourse.ids)


def test_a_check_that_finds_nothing_wrong_says_so(connector):
    assert all(type(each) is Finding and each.ok for each in connector.source.check())


@pytest.mark.parametrize(
    ("name", "missing"), [(name, key) for name, (site, *_) in CONNECTORS.items() for key in site.settings]
)
def test_a_setting_that_is_missing_is_named(name, missing):
    recorded, source, _ = CONNECTORS[name]
    given = {key: value for key, value in recorded.settings.items() if key != missing}
    with pytest.raises(ConfigError, match="missing"):
        source(SiteSettings(name="site", system=name, **given), transport=recorded().transport)


@pytest.mark.parametrize(
    ("action", "reason", "status"),
    [
        (Action.APPROVE, None, Status.APPROVED),
        (Action.REJECT, "spam", Status.REJECTED),
        (Action.REJECT, "x", Status.REJECTED),
    ],
)
def test_a_decision_arrives_and_a_second_time_changes_nothing(connector, action, reason, status):
    answer = connector.send(action, reason=reason)
    assert (answer.verdict, answer.stands_at) == (Verdict.TAKEN, status)
    assert len(connector.site.writes) == 1
    assert connector.send(action, reason=reason).verdict is Verdict.TAKEN
    assert len(connector.site.writes) == 1


def test_what_another_decided_is_a_conflict_and_stays(connector):
    connector.send(Action.APPROVE)
    answer = connector.send(Action.REJECT)
    assert (answer.verdict, answer.stands_at) == (Verdict.CONFLICT, Status.APPROVED)
    assert len(connector.site.writes) == 1


def test_an_edited_text_is_a_conflict(connector):
    answer = connector.send(Action.APPROVE, body="What it was before.")
    assert answer.verdict is Verdict.CONFLICT
    assert BODY not in answer.detail
    assert connector.site.writes == []


def test_what_is_gone_is_a_conflict_to_approve_and_done_to_reject(connector):
    assert connector.send(Action.APPROVE, id="404.404").verdict is Verdict.CONFLICT
    assert connector.send(Action.REJECT, id="404.404").verdict is Verdict.TAKEN


def test_there_is_no_way_back_to_waiting_and_it_says_so(connector):
    connector.send(Action.APPROVE)
    answer = connector.send(Action.UNDO, stood=Status.APPROVED)
    assert answer.verdict is Verdict.STAYS
    assert Action.APPROVE not in connector.sink.abilities.takes_back
    assert len(connector.site.writes) == 1


def test_a_yes_that_changed_nothing_is_found_out(connector):
    connector.site.silent = True
    assert connector.send(Action.APPROVE).verdict is Verdict.LATER


def test_a_refusal_and_a_limit_are_told_apart_and_quote_no_secret(connector, caplog):
    caplog.set_level(0)
    said = []
    for (status, body), kind in (
        (connector.site.refusal, ConnectorError),
        (connector.site.limit, ConnectorUnavailableError),
    ):

        def answer(request, status=status, body=body):
            if request.url.host == "oauth2.googleapis.com":
                return httpx.Response(200, json={"access_token": "access-1"})
            return httpx.Response(status, json=body, headers={"Retry-After": "4000"})

        connector.site.answer_with = answer
        for work in (
            connector.source.check,
            lambda: list(connector.source.records()),
            lambda: connector.send(Action.APPROVE),
        ):
            with pytest.raises(ConnectorError) as caught:
                work()
            assert type(caught.value) is kind
            said.append(f"{caught.value!r} {caught.value.hint}")
    assert not [secret for secret in SECRETS if secret in " ".join(said) + caplog.text + repr(connector.settings)]


@pytest.mark.parametrize("body", [b"<html>A login wall</html>", b"", b'{"data": null}'])
def test_an_answer_of_another_shape_is_an_error_and_no_crash(connector, body):
    def answer(request):
        if request.url.host == "oauth2.googleapis.com":
            return httpx.Response(200, json={"access_token": "access-1"})
        return httpx.Response(200, content=body)

    connector.site.answer_with = answer
    with pytest.raises(ConnectorError):
        list(connector.source.records())


def test_codes_of_reasons_become_the_systems_own_words():
    it = Connector("coral")
    it.send(Action.REJECT, reason="collective_blame")
    assert it.site.reasons == ["HATE_SPEECH"]
