"""A real Isso, by its admin page and by its database: its queue comes in, decisions go back."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from live_sites import isso_is_here, start
from parcels import make_parcel

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import isso

from moderator.connectors.base import SiteSettings, Verdict
from moderator.connectors.isso import IssoSink, IssoSource
from moderator.domain.comment import Status
from moderator.domain.decision import Action

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("isso")]


@pytest.fixture(scope="module")
def live():
    site = start("isso", "ISSO", isso_is_here)
    site.run("seed", "104")
    yield site
    site.down()


def settings(live, way):
    return SiteSettings(
        name="site",
        system="isso",
        url=live.facts["url"],
        password=live.facts["admin_password"] if way == "page" else "",
        allow_addresses=("127.0.0.0/8",),
        plain_http=True,
        options={"database": live.facts["database"]} if way == "database" else {},
    )


def modes(live):
    with closing(sqlite3.connect(f"file:{live.facts['database']}?mode=ro", uri=True)) as database:
        return dict(database.execute("SELECT id, mode FROM comments"))


@pytest.mark.parametrize("way", ["page", "database"])
def test_a_queue_comes_in_and_decisions_go_back(live, way):
    source, sink = IssoSource(settings(live, way)), IssoSink(settings(live, way))
    waiting = sorted(number for number, mode in modes(live).items() if mode == 2)
    found = {each.remote_id: each for each in source.records()}
    assert sorted(map(int, found)) == waiting
    assert source.held_count() == len(waiting) > 100
    assert all(finding.ok for finding in source.check())
    first, second, third = (str(number) for number in waiting[:3])
    comment = found[first]
    assert (comment.body, comment.author_name, comment.article_url, comment.article_title) == (
        f"Seeded comment number {first}.",
        f"Seeded guest {first}",
        "/open-thread/",
        "Open thread",
    )
    approve = make_parcel(first, Action.APPROVE, found[first].body)
    assert (sink.send(approve).verdict, sink.send(approve).verdict) == (Verdict.TAKEN, Verdict.TAKEN)
    reject = make_parcel(second, Action.REJECT, found[second].body, reason="spam")
    assert (sink.send(reject).verdict, sink.send(reject).verdict) == (Verdict.TAKEN, Verdict.TAKEN)
    assert sink.send(make_parcel(first, Action.REJECT, found[first].body)).verdict is Verdict.CONFLICT
    assert sink.send(make_parcel(third, Action.APPROVE, "Something else.")).verdict is Verdict.CONFLICT
    undo = make_parcel(first, Action.UNDO, found[first].body, stood=Status.APPROVED)
    assert sink.send(undo).verdict is Verdict.STAYS
    after = modes(live)
    assert (after[int(first)], int(second) in after, after[int(third)]) == (1, False, 2)
    source.close()
    sink.close()


@pytest.fixture
def site(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the checkout's settings are nobody's here
    return isso.Site(live, tmp_path)


@pytest.mark.parametrize("way", isso.WAYS)
def test_decisions_arrive_although_its_server_is_killed_meanwhile(site, way):
    assert isso.run(site, way, 0, 5, score=False).wrong == []


def test_a_wrong_password_is_told_in_words_and_nothing_comes(site):
    assert isso.wrong_password(site).wrong == []
