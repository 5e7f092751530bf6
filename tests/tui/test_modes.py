"""The modes beside the review, and the care taken of who sits at the desk, on a real database."""

import json
import logging
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import builders
import pytest
from inertness import harmful
from screens import shown

from moderator.domain.decision import Action, Intent
from moderator.domain.policy import Route
from moderator.domain.score import Label, SpanRole
from moderator.tui.modes import NAMES

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile.jsonl"
KEYS = {"review": "f2", "history": "f3", "insights": "f4", "tuning": "f5", "sources": "f6"}


async def go(it, mode):
    """Presses a mode's key and waits until its screen has what it shows."""
    await it.press(KEYS[mode])
    await it.until(lambda: it.app.current_mode == mode, mode)
    ready = {
        "review": lambda: it.session.complete,
        "history": lambda: it.screen.decisions.count or "Nothing" in it.text("#status"),
        "insights": lambda: it.screen.found,
        "tuning": lambda: it.screen._trial is not None,
        "sources": lambda: it.screen.overview is not None,
    }[mode]
    await it.until(ready, f"{mode} filled")
    await it.pilot.pause()


def decide(stored, comment_id, action, **given):
    return stored.colleague.decide(Intent(comment_id=comment_id, revision=1, action=action, **given)).decision


async def test_every_mode_is_reached_from_every_other_and_mounted_when_first_wanted(desk, stored):
    stored.some(2)
    async with desk() as it:
        assert {type(screen).__name__ for screen in it.app.screen_stack} == {"ReviewScreen"}
        made = set()
        for first in NAMES:
            for second in [name for name in NAMES if name != first]:
                if it.app.current_mode != first:
                    await go(it, first)
                await go(it, second)
                made.add(type(it.screen))
                if second != "review":
                    assert f"[{second}]" in shown(it.app)
        assert len(made) == len(NAMES)
        await go(it, "insights")
        await it.press("escape")
        await it.until(lambda: it.app.current_mode == "review", "back")


def test_the_desk_imports_no_charts_before_somebody_wants_them():
    code = "import sys, moderator.tui.screens.review, moderator.tui.modes; print('plotext' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_a_mode_can_be_clicked(desk, stored):
    stored.some(1)
    async with desk() as it:
        await go(it, "history")
        line = shown(it.app).splitlines()[0]
        await it.pilot.click("#modes", offset=(line.index("insights"), 0))
        await it.until(lambda: it.app.current_mode == "insights", "insights")


async def test_the_palette_offers_what_the_mode_at_hand_can_do(desk, stored):
    stored.some(1)
    async with desk() as it:
        await go(it, "tuning")
        await it.press("ctrl+p")
        await it.until(lambda: type(it.screen).__name__ == "CommandPalette", "the palette")
        await it.press(*"how the queue and the work")
        await it.pilot.pause(0.3)
        await it.press("enter", "enter")
        await it.until(lambda: it.app.current_mode == "insights", "insights")


# Insights --------------------------------------------------------------------------------------------------------


async def test_insights_shows_what_the_service_finds_and_when_it_did(desk, stored):
    ids = stored.some(4)
    decide(stored, ids[0], Action.REJECT, reason_code="spam", seconds_open=3.0)
    stored.clock.advance(60)
    decide(stored, ids[1], Action.APPROVE, seconds_open=5.0)
    async with desk(size=(140, 40)) as it:
        await go(it, "insights")
        report = it.screen.found["last 7 days"].report
        assert (report.decisions.decided, report.queue.waiting) == (2, 2)
        said = shown(it.app)
        assert "2 wait" in said
        assert "2 decisions by people" in said
        assert "found 20" in said
        assert "posted and decided" in said
        await it.press("G")
        await it.pilot.pause()
        assert "spam" in shown(it.app)
        await it.press("w")
        await it.until(lambda: "last 24 hours" in it.screen.found, "another window")
        assert "last 24 hours" in it.text("#top")


async def test_a_decision_does_not_wait_for_figures(desk, stored):
    first, *_ = stored.some(3)
    gate = threading.Event()
    async with desk() as it:
        stats = it._opened[0].figures.stats
        report = stats.report

        def slow(*given, **named):
            assert gate.wait(30)
            return report(*given, **named)

        stats.report = slow
        try:
            await it.press("f4")
            await it.until(lambda: "go on working" in it.text("#status"), "reading")
            await it.press("f2", "a")
            await it.until(lambda: stored.decisions() == [("approve", first)], "decided meanwhile")
        finally:
            gate.set()
        await go(it, "insights")
        assert "1 decision" in shown(it.app)


async def test_figures_that_cannot_be_read_are_a_sentence_and_what_was_shown_stays(desk, stored):
    from moderator.errors import StorageError

    stored.some(1)
    async with desk() as it:
        await go(it, "insights")

        def broken(*_, **__):
            raise StorageError("the database can't be read", hint="Look at the disk.")

        it._opened[0].figures.stats.report = broken
        await it.press("r")
        await it.until(lambda: "Look at the disk." in it.text("#status"), "said")
        assert "1 wait" in shown(it.app)


# Tuning ----------------------------------------------------------------------------------------------------------


async def test_a_moved_threshold_shows_at_once_what_it_would_do_and_changes_nothing(desk, stored):
    stored.some(5)  # toxicity 0.95, just below 0.90, 0.85, just below 0.80, 0.75; against 0.7 and 0.9
    before = [row.route for row in stored.colleague.rows(stored.ids)]
    async with desk(size=(140, 40)) as it:
        await go(it, "tuning")
        effect = it.screen.effect
        assert effect._effect.then == {Route.PRIORITY: 1, Route.REVIEW: 4, Route.APPROVE: 0}
        await it.press(*["right"] * 12)
        assert it.screen.sliders.wanted[Label.TOXICITY].review == 0.82
        assert effect._effect.then == {Route.PRIORITY: 1, Route.REVIEW: 2, Route.APPROVE: 2}
        assert effect._effect.now == {Route.PRIORITY: 1, Route.REVIEW: 4, Route.APPROVE: 0}
        said = shown(it.app)
        assert "[policy.thresholds.toxicity]" in said
        assert "review = 0.82  # was 0.70" in said
        assert "(-2)" in said
        await it.press("tab", "shift+left")
        assert it.screen.sliders.wanted[Label.TOXICITY].priority == 0.8
        await it.press("x")
        assert effect._effect.then == effect._effect.now
        assert "0.82" not in shown(it.app)
    assert [row.route for row in stored.colleague.rows(stored.ids)] == before
    assert stored.decisions() == []


async def test_a_click_on_the_line_takes_the_nearer_handle(desk, stored):
    stored.some(2)
    async with desk(size=(140, 40)) as it:
        await go(it, "tuning")
        sliders = it.screen.sliders_list
        width = sliders._room(sliders.paint_width)
        await it.pilot.click("#sliders", offset=(sliders._left + round(0.3 * (width - 1)), 0))
        await it.pilot.pause()
        assert it.screen.sliders.wanted[Label.TOXICITY].review == pytest.approx(0.3, abs=0.02)


async def test_tuning_an_empty_queue_says_so(desk, stored):
    async with desk() as it:
        await go(it, "tuning")
        assert "Nothing waits" in it.text("#effect")


# History ---------------------------------------------------------------------------------------------------------


async def test_the_log_is_searched_by_a_line_and_escape_goes_back_step_by_step(desk, stored):
    ids = stored.some(4)
    decide(stored, ids[0], Action.APPROVE)
    decide(stored, ids[1], Action.REJECT, reason_code="spam")
    decide(stored, ids[2], Action.REJECT, reason_code="insult")
    async with desk(size=(140, 40)) as it:
        await go(it, "history")
        assert it.screen.decisions.count == 3
        await it.press("slash", *"reason:spam", "enter")
        await it.until(lambda: it.screen.decisions.count == 1, "one found")
        assert it.screen.decisions.current.comment_id == ids[1]
        assert "reason:spam" in it.text("#top")
        await it.press("slash", *" bogus:1", "enter")
        await it.until(lambda: "isn't something to filter the log by" in shown(it.app), "said")
        await it.press("escape", "escape")
        await it.until(lambda: it.screen.decisions.count == 3, "all of it again")
        await it.press("escape")
        await it.until(lambda: it.app.current_mode == "review", "back")


async def test_while_a_filter_is_typed_no_key_is_a_command(desk, stored):
    ids = stored.some(2)
    decide(stored, ids[0], Action.APPROVE)
    async with desk() as it:
        await go(it, "history")
        await it.press("slash", "u", "q", "h", "question_mark")
        await it.pilot.pause()
        assert it.app.current_mode == "history"
        assert it.screen.query_one("Input").value == "uqh?"
    assert len(stored.decisions()) == 1


async def test_a_decision_is_shown_with_all_that_was_on_the_table_and_the_edit_before_it(desk, stored):
    comment_id = stored.put("The bridge is open again.", {"toxicity": 0.8, "insult": None}, remote_id="edited")
    with stored.db.write() as conn:
        builders.put_revision(conn, comment_id, 2, "The bridge is closed again.")
        conn.exec_driver_sql("UPDATE comment SET revision = 2")
        builders.put_scores(conn, comment_id, {"toxicity": 0.75, "insult": None}, revision=2)
    done = stored.colleague.decide(
        Intent(comment_id=comment_id, revision=2, action=Action.APPROVE, note="checked", seconds_open=4.2)
    )
    async with desk(size=(140, 40)) as it:
        await go(it, "history")
        await it.until(lambda: "The bridge is" in it.text("#detail"), "the detail")
        said = " ".join(it.text("#detail").split())
        assert "approved" in said
        assert "by olena" in said
        assert "note: checked" in said
        assert "4.2 s on screen" in said
        assert "decided without showing masked words" in said
        assert "toxicity 0.75 ● of 0.70 / 0.90" in said
        assert "insult not scored" in said
        assert "The bridge is [-open-]{+closed+} again." in said
        assert done.decision.rule in said


async def test_a_severe_text_is_masked_in_the_log_too(desk, stored):
    comment_id = stored.put("You utter idiots.", {"toxicity": 0.97, "insult": 0.99})
    decide(stored, comment_id, Action.REJECT)
    async with desk(size=(140, 40)) as it:
        await go(it, "history")
        await it.until(lambda: "masked, v shows" in it.text("#detail"), "the detail")
        assert "Y•• u•••• i•••••." in it.text("#detail")
        await it.press("v")
        assert "You utter idiots." in it.text("#detail")


# Care ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def severe(stored):
    spans = [("idiots", SpanRole.TOXIC, Label.INSULT)]
    stored.put("You utter idiots.", {"toxicity": 0.97, "insult": 0.99}, spans)
    stored.put("All of you idiots!", {"toxicity": 0.95, "insult": 0.98}, spans)
    return stored


async def test_severe_words_are_masked_first_and_again_on_leaving_and_the_log_knows_who_did_not_look(desk, severe):
    async with desk() as it:
        assert "idiots" not in shown(it.app)
        assert "i•••••" in it.text("#card")
        await it.press("v")
        assert "idiots" in it.text("#card")
        await it.press("j")
        await it.settled()
        await it.press("k")
        await it.settled()
        assert "idiots" not in shown(it.app)
        await it.press("a", "a")
        await it.settled()
    revealed = {one.comment_id: one.revealed for one in severe.colleague.history(10)}
    assert revealed == {severe.ids[0]: True, severe.ids[1]: False}


async def test_the_session_is_counted_for_the_moderator_and_reminds_of_the_stop_they_set(desk, severe):
    async with desk() as it:
        await it.press("v", "j")
        await it.settled()
        await it.press("a")
        await it.settled()
        await it.press("f7")
        await it.until(lambda: type(it.screen).__name__ == "SittingScreen", "the session")
        await it.press("plus", "plus", "up")
        await it.pilot.pause()
        said = " ".join(it.screen.query_one("#sitting").content.plain.split())
        assert "decided 1" in said
        assert "2 comments, 1 of them read unmasked" in said
        assert "stop after 30 minutes at work 10 severe comments" in said
        await it.press("down", "escape")
        it.app.clear_notifications()
        it.app._sitting._at_work_s = 31 * 60
        it.app.remind()
        it.app.remind()
        await it.pilot.pause()
        told = [note.message for note in it.app._notifications]
        assert len(told) == 1
        assert "You wanted to stop" in told[0]


def dump(stored):
    """Every row of every table but the leases."""
    with closing(sqlite3.connect(stored.db.path)) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
        return {name: raw.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names if name != "lease"}


async def test_nothing_of_a_session_is_stored_logged_or_left_in_a_file(desk, severe, caplog):
    caplog.set_level(logging.DEBUG, logger="moderator")
    before, files = dump(severe), {one.name for one in severe.db.path.parent.iterdir()}
    async with desk(stop_after_min=45) as it:
        await it.press("v", "j", "k", "f7", "plus", "up", "escape")
        await it.pilot.pause()
        it.app._sitting._at_work_s = 61 * 60
        it.app.remind()
        assert it.app._sitting.look().severe == 2
    severe.colleagues_gone()
    assert dump(severe) == before
    left = {one.name.split("-")[0] for one in severe.db.path.parent.iterdir()}
    assert left == {name.split("-")[0] for name in files}
    words = " ".join(record.getMessage() for record in caplog.records)
    assert not {"session", "sitting", "severe", "stop", "pace", "exposure"} & set(words.lower().split())


def test_no_export_has_a_column_of_a_session():
    from moderator.services import export_columns

    names = " ".join(str(value) for value in vars(export_columns).values()).lower()
    for word in ("sitting", "pace", "exposure", "severe_seen", "stop_after"):
        assert f"'{word}" not in names


async def test_mild_comments_come_in_between_where_that_is_wanted(desk, stored):
    ids = stored.some(6)
    async with desk(mild_every=2) as it:
        assert list(it.session.ids) == [ids[0], ids[1], ids[5], ids[2], ids[3], ids[4]]
        await it.press("o")
        await it.until(lambda: it.session.complete, "another order")
        assert sorted(it.session.ids) == sorted(ids)


async def test_the_welcome_is_shown_once_and_its_key_decides_nothing(desk, stored, tmp_path):
    stored.some(1)
    seen = tmp_path / "new" / "welcomed"
    async with desk(welcome=seen, ready=False) as it:
        await it.until(lambda: type(it.screen).__name__ == "WelcomeScreen", "the welcome")
        await it.pilot.pause()
        assert "Any key begins" in shown(it.app)
        await it.press("a")
        await it.until(lambda: type(it.screen).__name__ == "ReviewScreen", "the desk")
    assert seen.exists()
    assert stored.decisions() == []
    async with desk(welcome=seen) as it:
        assert type(it.screen).__name__ == "ReviewScreen"


# Untrusted text --------------------------------------------------------------------------------------------------


async def test_hostile_text_is_inert_in_every_mode(desk, stored):
    rows = [
        json.loads(line)["text"].encode("utf-8", "replace").decode() for line in HOSTILE.read_text("ascii").splitlines()
    ]
    texts = [text for text in rows if "\0" not in text]
    for at, text in enumerate(texts):
        given = {"author_name": text[:80], "article_title": text[:200], "section": text[:40], "source": text[:30]}
        comment_id = stored.put(text, {"toxicity": 0.95}, language=text[:8], remote_id=f"h{at}", **given)
        decide(stored, comment_id, Action.REJECT, reason_code="spam", note=text[:200])
        stored.put(text, {"toxicity": 0.8}, language=text[:8], remote_id=f"w{at}", **given)
    async with desk(size=(140, 40)) as it:
        for mode in ("history", "insights", "tuning", "sources"):
            await go(it, mode)
            for _ in range(len(texts) if mode == "history" else 1):
                assert harmful(shown(it.app)) == [], mode
                if mode == "history":
                    current = it.screen.decisions.current.seq
                    await it.until(lambda now=current: it.screen.detail._view.decision.seq == now, "the detail")
                    it.screen.action_next()
                else:
                    await it.press("G")
                    await it.pilot.pause()
                    assert harmful(shown(it.app)) == [], mode


# First minutes ---------------------------------------------------------------------------------------------------


async def test_an_empty_database_says_what_to_do_next_wherever_one_looks(desk, stored):
    async with desk() as it:
        await it.until(lambda: "No comment has come in yet" in it.text("#card"), "said on the card")
        assert "moderator intake FILE" in it.text("#card")
        assert "moderator doctor" in it.text("#card")
        await go(it, "history")
        assert "Nothing was decided yet" in it.text("#status")
        await go(it, "insights")
        assert "0 wait" in shown(it.app)
        await go(it, "sources")
        assert "moderator intake FILE" in it.text("#sources")
