"""How the review screen looks at its smallest and at a usual size. Each picture is paired with what it must do.

`pytest tests/tui/test_looks.py --snapshot-update` takes new pictures; look at them before they are committed.
"""

import sys
import time

import pytest
from effort import PATIENCE_S

from moderator.domain.comment import AuthorKind
from moderator.domain.score import Label, SpanRole
from moderator.tui.app import DeskApp
from moderator.tui.look import Look

PICTURED = (3, 11)

pytestmark = [
    pytest.mark.skipif(sys.version_info[:2] != PICTURED, reason="the pictures were taken with Python 3.11"),
    pytest.mark.xdist_group("looks"),
]


@pytest.fixture
def scene(stored):
    """A queue with one of each: masked words, a thread, an edit, several languages."""
    hour = 3_600_000
    now = stored.clock()
    stored.put(
        "What a load of drivel. You utter idiots should be ashamed, all of you.\n\nNobody reads this paper anyway.",
        {"toxicity": 0.93, "insult": 0.97, "severe_toxicity": 0.12, "collective_blame": None},
        [("idiots", SpanRole.TOXIC, Label.INSULT), ("all of you", SpanRole.QUANTIFIER, Label.COLLECTIVE_BLAME)],
        remote_id="c1",
        parent_remote_id="c0",
        author_name="Guest",
        article_title="Bridge over the Mill stays closed until spring",
        section="local",
        posted_at_ms=now - 2 * hour,
        language="en",
        columns={"lead_label": "insult", "lead_score": 0.97},
    )
    stored.put(
        "My bus takes an hour longer now.",
        {"toxicity": 0.02, "insult": 0.01},
        remote_id="c0",
        author_name="Hanne_K",
        author_kind=AuthorKind.REGISTERED,
        article_title="Bridge over the Mill stays closed until spring",
        section="local",
        posted_at_ms=now - 30 * hour,
        language="en",
    )
    stored.put(
        "Speak for yourself, I read it daily.",
        {"toxicity": 0.31, "insult": 0.22},
        parent_remote_id="c1",
        author_name="mairead.d",
        author_kind=AuthorKind.REGISTERED,
        article_title="Bridge over the Mill stays closed until spring",
        section="local",
        posted_at_ms=now - hour,
        language="en",
    )
    stored.put(
        "Спасибо за текст.", {"toxicity": None}, author_name="Анна Л.", section="world", posted_at_ms=now - 50 * hour
    )
    stored.put(
        "橋はいつ開きますか", {"toxicity": 0.75}, author_name="健", section="local", posted_at_ms=now - 300 * hour
    )
    return stored


@pytest.fixture
def picture(scene, snap_compare):
    """`picture(size, keys=..., check=...)` presses keys, checks what they did, and compares the screen."""
    made = []

    def connect():
        made.append(scene.services())
        return made[-1]

    def compare(size, *, keys=(), check, theme="dark", shown=lambda _: True):
        app = DeskApp(connect, Look(moderator="anna", theme=theme, clock=scene.clock))

        async def settle(pilot):
            end = time.monotonic() + PATIENCE_S
            while not (getattr(pilot.app.screen, "desk", None) and pilot.app.screen.desk.session.complete):
                assert time.monotonic() < end, "the queue was never read"
                await pilot.pause(0.01)

        async def act(pilot):
            await settle(pilot)
            desk = pilot.app.screen.desk
            for key in keys:
                await pilot.press(key)
            end = time.monotonic() + PATIENCE_S
            while desk.session.pending or desk.card is None or len(desk.known.counts) == 0:
                assert time.monotonic() < end, "never settled"
                await pilot.pause(0.01)
            while not shown(pilot.app.screen):
                assert time.monotonic() < end, "what was waited for was never shown"
                await pilot.pause(0.01)
            await pilot.pause(0.05)
            check(pilot.app.screen)

        try:
            assert snap_compare(app, terminal_size=size, run_before=act)
        finally:
            app.close_backend(10)
            for services in made:
                services.db.close()

    return compare


def drawn(screen, selector):
    widget = screen.query_one(selector)
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def test_the_smallest_terminal(picture):
    def check(screen):
        assert "You utter i•••••" in drawn(screen, "#card")
        assert "insult           0.97" in drawn(screen, "#scores")

    picture((80, 24), check=check)


def test_the_smallest_terminal_asks_for_a_reason(picture):
    def check(screen):
        assert "personal data" in drawn(screen, "#reasons")
        assert "You utter i•••••" in drawn(screen, "#card"), "the comment is still there to be read"

    picture((80, 24), keys=["r"], check=check)


def test_a_usual_terminal_after_a_decision(picture):
    def check(screen):
        assert screen.desk.session.cursor == 1
        assert "approved" in drawn(screen, "#queue")

    picture((140, 40), keys=["a"], check=check)


def test_a_usual_terminal_in_light_with_the_thread_unfolded(picture):
    def check(screen):
        assert screen.desk.session.thread_open
        assert "Speak for yourself" in drawn(screen, "#card")

    picture((140, 40), keys=["t", "v"], check=check, theme="light")


def test_the_smallest_terminal_in_light_with_the_author_unfolded(picture):
    def check(screen):
        assert "first seen" in drawn(screen, "#card")
        assert screen.desk.session.author_open

    picture((80, 24), keys=["i"], check=check, theme="light")


def test_a_usual_terminal_with_marks_that_are_about_to_be_rejected(picture):
    def check(screen):
        assert "Reject 3 marked because" in drawn(screen, "#reasons")
        assert len(screen.desk.session.marks) == 3

    picture((140, 40), keys=["3", "space", "r"], check=check)


def band_read(screen):
    return screen.band.scored is not None and "0.9" in drawn(screen, "#sample")


def test_a_band_in_the_smallest_terminal(picture):
    def check(screen):
        assert "2 comments" in screen.what.text
        assert "i•••••" in drawn(screen, "#sample"), "what is severe is masked here too"

    picture((80, 24), keys=["b", "b", "b", "b", "b"], check=check, shown=band_read)


def test_a_band_in_a_usual_terminal_in_light(picture):
    def check(screen):
        assert "0.80 \u2264 insult" in screen.what.text

    picture(
        (140, 40), keys=["b", "shift+right", "shift+right", "shift+right"], check=check, theme="light", shown=band_read
    )
