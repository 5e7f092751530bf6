"""History, help, palette, themes, and how the desk behaves when something doesn't work."""

import json
import threading
from pathlib import Path

import pytest
from inertness import harmful

from moderator.bootstrap import open_reading
from moderator.domain.decision import Action, Intent
from moderator.domain.score import Label, SpanRole
from moderator.errors import StorageError
from moderator.tui.keys import KEYS
from moderator.tui.themes import THEMES

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile.jsonl"


async def history(it):
    await it.press("h")
    await it.until(lambda: type(it.screen).__name__ == "HistoryScreen" and it.screen.decisions.count, "the history")
    await it.pilot.pause()


async def test_the_history_says_who_did_what_when_and_why(desk, stored):
    _, second, *_ = stored.some(3)
    stored.colleague.decide(Intent(comment_id=second, revision=1, action=Action.REJECT, reason_code="spam", note="ad"))
    async with desk(size=(140, 40)) as it:
        await it.press("a")
        await it.settled()
        await history(it)
        lines = it.text("#list").splitlines()
        assert "anna" in lines[0]
        assert "✓ approved" in lines[0]
        assert "First comment." in lines[0]
        assert "olena" in lines[1]
        assert "spam or advertising" in lines[1]
        await it.press("j")
        assert "note: ad" in it.text("#status")
        await it.press("escape")
        await it.until(lambda: type(it.screen).__name__ == "ReviewScreen", "back")


async def test_a_decision_is_taken_back_from_the_history_and_waits_again(desk, stored):
    first, second, *_ = stored.some(3)
    async with desk() as it:
        await it.press("a", "a")
        await it.settled()
        await history(it)
        await it.press("j", "u")
        await it.until(lambda: len(stored.decisions()) == 3, "undone")
        await it.until(lambda: it.screen.decisions.count == 3, "listed")
        assert it.screen.decisions.current.seq == 1
        await it.press("u")
        assert "can't be taken back" in it.text("#status")
        await it.press("q")
        await it.until(lambda: type(it.screen).__name__ == "ReviewScreen", "back")
        await it.until(lambda: first in it.session.ids and second not in it.session.ids, "it waits again")


async def test_an_empty_history_says_so(desk, stored):
    stored.some(1)
    async with desk() as it:
        await it.press("h")
        await it.until(lambda: type(it.screen).__name__ == "HistoryScreen", "the history")
        await it.until(lambda: "Nothing was decided yet" in it.text("#status"), "said so")


async def test_help_lists_every_key_in_force(desk, stored):
    stored.some(1)
    async with desk(size=(100, 60), keys={"approve": "y"}) as it:
        await it.press("question_mark")
        await it.until(lambda: type(it.screen).__name__ == "HelpScreen", "help")
        await it.pilot.pause()
        shown = " ".join(str(one.render()) for one in it.screen.query("Static"))
        for key in KEYS:
            assert key.title in shown
        assert "y             approve" in shown
        await it.press("escape")
        await it.until(lambda: type(it.screen).__name__ == "ReviewScreen", "back")


async def test_the_palette_runs_what_is_named(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        await it.press("ctrl+p")
        await it.until(lambda: type(it.screen).__name__ == "CommandPalette", "the palette")
        await it.press(*"hand to a senior")
        await it.pilot.pause(0.3)
        await it.press("enter", "enter")
        await it.until(lambda: stored.decisions() == [("escalate", first)], "escalated")


@pytest.mark.parametrize("theme", [*(theme.name for theme in THEMES), "nord"])
async def test_every_theme_can_be_drawn(desk, stored, theme):
    stored.some(2)
    async with desk(theme=theme) as it:
        assert it.app.theme == theme
        assert "First comment." in it.text("#card")


async def test_an_unknown_theme_is_the_usual_one_and_a_sentence(desk, stored):
    stored.some(1)
    async with desk(theme="purple rain") as it:
        assert it.app.theme == "dark"
        assert "no theme 'purple rain'" in " ".join(note.message for note in it.app._notifications)


async def test_a_database_that_cannot_be_opened_is_said_on_the_screen_with_what_to_do(desk, stored):
    def refuse():
        raise StorageError("moderator.sqlite3: the disk is full", hint="Make room and start again.")

    async with desk(connect=refuse, ready=False) as it:
        await it.until(lambda: getattr(it.screen, "desk", None) and "disk is full" in it.text("#card"), "said")
        assert "Make room and start again." in it.text("#card")
        assert "q leaves" in it.text("#card")
        assert "no database" in it.text("#top")
        assert "moderator doctor" in it.text("#card")
        await it.press("a", "r", "u", "h", "b", "slash", "f4")
        assert type(it.screen).__name__ == "ReviewScreen", "nothing is left waiting for an answer that can't come"
        assert it.app.fatal_status == 3


async def test_a_read_that_fails_is_a_sentence_and_the_desk_goes_on(desk, stored):
    stored.some(2)
    async with desk() as it:
        services = it._opened[0]

        def broken(*_):
            raise StorageError("the database can't be read", hint="Look at the disk.")

        services.review.first_rows, kept = broken, services.review.first_rows
        await it.press("o")
        await it.until(lambda: "can't be read" in it.text("#status"), "said")
        services.review.first_rows = kept
        await it.press("o")
        await it.until(lambda: it.session.complete, "read again")
        await it.settled()
        await it.press("a")
        await it.settled()
        assert len(stored.decisions()) == 1


async def test_a_defect_ends_the_desk_with_a_sentence_and_quotes_nobody(desk, stored, capsys):
    stored.put("the secret words of a reader", {"toxicity": 0.95})
    opened = desk()
    it = await opened.__aenter__()

    def planted():
        body = it.screen.desk.card.body
        raise RuntimeError(f"planted {len(body)}")

    it.screen.desk.skip = planted
    await it.press("s")
    with pytest.raises(RuntimeError, match="planted"):
        await opened.__aexit__(None, None, None)
    assert it.app.return_code == 1
    said = capsys.readouterr().err
    assert "defect in moderator" in said
    assert "secret words" not in said
    assert "Traceback" not in said


async def test_hostile_comments_are_drawn_inert_on_every_part_of_the_screen(desk, stored):
    rows = [json.loads(line) for line in HOSTILE.read_text(encoding="ascii").splitlines()]
    for row in rows:
        text = row["text"].encode("utf-8", "replace").decode()
        if "\0" in text:
            continue
        given = {"author_name": text[:80], "article_title": text[:200], "section": text[:40], "language": text[:8]}
        stored.put(text, {"toxicity": 0.95}, **given)
    async with desk(size=(140, 40)) as it:
        for _ in range(len(stored.ids)):
            await it.settled()
            for part in ("#queue", "#card", "#scores", "#top", "#status"):
                assert harmful(it.text(part)) == [], it.session.current
            it.screen.action_next()


async def test_the_first_comment_is_there_while_the_settings_are_still_being_checked(desk, stored):
    spans = [("idiots", SpanRole.TOXIC, Label.INSULT)]
    first = stored.put("You utter idiots.", {"toxicity": 0.97, "insult": 0.99}, spans)
    stored.some(2)
    gate, made = threading.Event(), []

    def connect():
        assert gate.wait(20)
        made.append(stored.services())
        return made[-1]

    file = Path(stored.url.removeprefix("sqlite:///"))
    try:
        async with desk(connect=connect, ready=False, open_reading=lambda: open_reading(file)) as it:
            await it.until(lambda: getattr(it.screen, "desk", None) and it.session.ids, "a glimpse")
            await it.pilot.pause()
            assert "You utter i•••••." in it.text("#card")
            assert "idiots" not in it.text("#queue")
            await it.press("a")
            assert stored.decisions() == []
            gate.set()
            await it.until(lambda: it.session.complete, "the whole queue")
            await it.settled()
            assert stored.decisions() == [("approve", first)]
            assert "toxicity" in it.text("#scores")
    finally:
        gate.set()
        for services in made:
            services.db.close()


async def test_a_glimpse_that_fails_is_left_to_whoever_opens_the_database(desk, stored):
    stored.some(1)

    def broken():
        raise StorageError("written by a newer version")

    async with desk(open_reading=broken) as it:
        assert "First comment." in it.text("#card")
