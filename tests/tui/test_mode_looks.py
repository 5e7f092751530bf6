"""How each mode looks at its smallest and at a usual size, by night and by day. Each picture is paired with a check.

`pytest tests/tui/test_mode_looks.py --snapshot-update` takes new pictures; look at them before they are committed.
"""

import sys
import time
from dataclasses import replace

import builders
import pytest
from effort import PATIENCE_S
from screens import shown

from moderator.domain.decision import Action, Intent
from moderator.tui.app import DeskApp
from moderator.tui.look import Look

PICTURED = (3, 11)
HOUR_MS = 3_600_000
SIZES = {"small": (80, 24), "usual": (140, 40)}

pytestmark = [
    pytest.mark.skipif(sys.version_info[:2] != PICTURED, reason="the pictures were taken with Python 3.11"),
    pytest.mark.xdist_group("looks"),
]


@pytest.fixture(autouse=True)
def universal_time(monkeypatch):
    """Times are shown as the clock on the wall has them: here, everywhere the same."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def scene(stored):
    """A queue of several kinds and some days of decisions, two people among them who disagree once."""
    places = ("local", "world", "спорт", "地方")
    for at in range(16):
        stored.put(
            f"Comment number {at} about the bridge.",
            {"toxicity": 0.95 - at * 0.055, "insult": (at % 5) / 5},
            author_name=(
                "健",
                "Анна Л.",
                "\N{HEBREW LETTER DALET}\N{HEBREW LETTER NUN}\N{HEBREW LETTER HE}",
                "Hanne_K",
            )[at % 4],
            article_title="The bridge is closed",
            section=places[at % 4],
            source=("site", "blog")[at % 2],
            remote_id=f"c{at}",
            language=("en", "ru", "uk", "ja")[at % 4],
            posted_at_ms=builders.START_MS - (at * at + 1) * HOUR_MS,
            columns={"lead_label": ("toxicity", "insult")[at % 2]},
        )
    anna, olena = stored.review(stored.db, "anna"), stored.colleague
    for at, comment_id in enumerate(stored.ids[:8]):
        stored.clock.advance(1200)
        who = (anna, olena)[at % 2]
        reject = at % 3 == 0
        intent = Intent(
            comment_id=comment_id,
            revision=1,
            action=Action.REJECT if reject else Action.APPROVE,
            reason_code="insult" if reject else None,
            note="said so before" if at == 6 else None,
            seconds_open=2.0 + at,
        )
        done = who.decide(intent)
        if at == 7:
            anna.undo_decision(done.decision.seq)
            anna.decide(Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code="spam"))
    with stored.db.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO source_cursor (source, cursor, updated_at_ms, tried_at_ms, next_pull_ms, failures, last_error)"
            " VALUES ('site', 'c', ?, ?, ?, 2, 'the site answered 503: Service Unavailable')",
            (stored.clock() - HOUR_MS, stored.clock() - 60_000, stored.clock() + 240_000),
        )
    return stored


CHECKS = {
    "history": lambda text: "disagree" in text or "spam or advertising" in text,
    "insights": lambda text: "decisions by people" in text and "posted and decided" in text,
    "tuning": lambda text: "review = 0.80" in text and "toxicity" in text,
    "sources": lambda text: "the site answered 503" in text and "2 tries failed since" in text,
    "session": lambda text: "Your session" in text and "no time set" in text,
}
KEYS = {
    "history": ("f3",),
    "insights": ("f4",),
    "tuning": ("f5", *["right"] * 10),
    "sources": ("f6",),
    "session": ("f7",),
}


def is_ready(app, mode):
    screen = app.screen
    return {
        "history": lambda: bool(screen.decisions.count) and screen.detail._view is not None,
        "insights": lambda: bool(screen.found),
        "tuning": lambda: screen._trial is not None,
        "sources": lambda: screen.overview is not None,
        "session": lambda: True,
    }[mode]()


@pytest.fixture
def picture(scene, snap_compare):
    made = []

    def connect():
        made.append(scene.services())
        stats = made[-1].figures.stats
        find = stats.report
        stats.report = lambda *given, **named: replace(find(*given, **named), took_s=0.25)
        return made[-1]

    def compare(mode, size, theme):
        app = DeskApp(connect, Look(moderator="anna", theme=theme, clock=scene.clock))

        async def until(pilot, condition):
            end = time.monotonic() + PATIENCE_S
            while not condition():
                assert time.monotonic() < end, "never ready"
                await pilot.pause(0.01)

        async def act(pilot):
            await until(pilot, lambda: hasattr(app.screen, "desk") and app.screen.desk.session.complete)
            app._sitting.__init__(clock=lambda: 0.0)  # on the picture no time passes
            first, *rest = KEYS[mode]
            await pilot.press(first)
            kind = "SittingScreen" if mode == "session" else f"{mode.capitalize()}Screen"
            await until(pilot, lambda: type(app.screen).__name__ == kind and is_ready(app, mode))
            await pilot.press(*rest)
            await pilot.pause(0.05)
            assert CHECKS[mode](shown(app)), shown(app)
            for line in shown(app).splitlines():
                assert "\N{REPLACEMENT CHARACTER}" not in line

        try:
            assert snap_compare(app, terminal_size=size, run_before=act)
        finally:
            app.close_backend(10)
            for services in made:
                services.db.close()

    return compare


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", KEYS)
def test_a_mode_as_it_looks(picture, mode, size, theme):
    picture(mode, SIZES[size], theme)
