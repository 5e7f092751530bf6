"""What a site won't take back is on the screen before the key, and beside the decision before it's undone."""

from types import SimpleNamespace

import pytest

from moderator.connectors.base import Abilities
from moderator.domain.decision import Action


@pytest.fixture
def sites(stored):
    """Two sites that comments come from: one follows whatever is done here, the other doesn't."""
    stored.sinks["blog"] = SimpleNamespace(abilities=Abilities(takes_back=frozenset({Action.APPROVE, Action.REJECT})))
    stored.sinks["isso"] = SimpleNamespace(abilities=Abilities(remarks={Action.REJECT: "deletes it for good"}))
    for source in ("isso", "blog"):
        stored.put(f"From {source}.", {"toxicity": 0.9 if source == "isso" else 0.1}, source=source)
    return stored


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_a_comment_says_what_its_site_will_not_take_back(desk, sites, size):
    said = "once sent · approve: isso can't take it back · reject: isso deletes it for good"
    async with desk(size=size) as it:
        await it.until(lambda: said in " ".join(it.text("#card").split()), "the warning")
        await it.press("r")
        assert "Reject (isso deletes it for good) because …" in it.text("#reasons")
        await it.press("escape", "j")
        await it.settled()
        assert "From blog." in it.text("#card")
        assert "once sent" not in it.text("#card")
        await it.press("r")
        assert "Reject because …" in it.text("#reasons")


async def test_the_hold_back_bar_says_what_comes_after_it(desk, sites, clock):
    async with desk(size=(120, 30)) as it:
        await it.until(lambda: "once sent" in it.text("#card"), "the warning")
        await it.press("a")
        await it.settled()
        assert "then for good" in it.text("#status")
        clock.advance(31)
        it.screen.tick()
        assert "with the site, which can't take it back" in it.text("#status")


async def test_the_history_says_where_an_undo_does_not_reach(desk, sites, clock):
    async with desk(size=(120, 30)) as it:
        await it.press("a")
        await it.settled()
        with sites.db.write() as conn:
            conn.exec_driver_sql("UPDATE outbox SET state = 'sent'")
        await it.press("h")
        said = "can't take that back: it stays approved there"
        await it.until(lambda: said in " ".join(it.text("#detail").split()), "the warning")
