"""Marks, ranges, numbers before a key, repeating, acts on many and their one undo, jumping, named queues."""

import threading
from dataclasses import replace

import pytest
from textual import events

from moderator.domain.comment import Order, Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.storage.text_index import index_texts
from moderator.tui.keys import resolve


def shared_batch(stored, count):
    """The number that the last decisions share, which each of them has."""
    batches = {one.batch_id for one in stored.colleague.history(count)}
    assert len(batches) == 1
    return batches.pop()


async def test_a_decision_is_about_all_that_are_marked_and_one_undo_takes_all_of_it_back(desk, stored):
    ids = list(stored.some(5))
    async with desk() as it:
        await it.press("space", "j", "j", "space")
        assert "2 marked" in it.text("#top")
        await it.press("r")
        assert "Reject 2 marked because" in it.text("#reasons")
        await it.press("s")
        await it.settled()
        assert stored.decisions() == [("reject", ids[0]), ("reject", ids[2])]
        assert shared_batch(stored, 2) is not None
        assert it.session.current == ids[3], "on to what still waits"
        assert "undoes all of it" in it.text("#status")
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 4, "both undone by one key")
        await it.settled()
        assert [row.status for row in stored.colleague.rows(ids)] == [Status.PENDING] * 5
        assert "2 comments as before" in it.text("#status")


async def test_a_range_a_number_and_everything_can_be_marked(desk, stored):
    ids = list(stored.some(8))
    async with desk() as it:
        await it.press("space", "j", "j", "V")
        assert list(it.session.marks) == ids[:3]
        await it.press("escape")
        assert not it.session.marks
        await it.press("g", "4", "space")
        assert list(it.session.marks) == ids[:4]
        assert it.session.cursor == 4
        await it.press("*")
        assert not it.session.marks
        await it.press("*")
        assert list(it.session.marks) == ids
    assert stored.decisions() == []


async def test_a_number_before_a_key_says_how_often_or_where(desk, stored):
    stored.some(10)
    async with desk() as it:
        await it.press("3", "j")
        assert it.session.cursor == 3
        await it.press("2", "k")
        assert it.session.cursor == 1
        await it.press("1", "0", "G")
        assert it.session.cursor == 9
        await it.press("5", "g")
        assert it.session.cursor == 4
        await it.press("4")
        assert "4" in it.text("#status")
        await it.press("escape", "j")
        assert it.session.cursor == 5, "the number was given up"
        await it.press("3", "v", "j")
        assert it.session.cursor == 6, "a number doesn't wait beyond the next key"


async def test_a_dot_repeats_the_last_decision_with_its_reason(desk, stored):
    ids = list(stored.some(4))
    async with desk() as it:
        await it.press(".")
        assert "Nothing was decided yet" in it.text("#status")
        await it.press("r", "s", ".", ".")
        await it.settled()
        assert stored.decisions() == [("reject", one) for one in ids[:3]]
        assert {one.reason_code for one in stored.colleague.history(3)} == {"spam"}


async def test_more_than_the_configured_number_asks_for_it_to_be_typed(desk, stored):
    ids = list(stored.some(4))
    async with desk(confirm_above=3) as it:
        await it.press("*", "a")
        await it.until(lambda: "Type 4" in it.text("#entry Static"), "asked")
        await it.press("3", "enter")
        assert "4 was asked for" in it.text("#entry Static")
        assert stored.decisions() == []
        await it.press("escape", "a")
        await it.until(lambda: "Type 4" in it.text("#entry Static"), "asked again")
        await it.press("4", "enter")
        await it.until(lambda: len(stored.decisions()) == 4, "approved")
        assert sorted(one for _, one in stored.decisions()) == sorted(ids)


async def test_what_cannot_be_decided_comes_back_and_the_others_are_decided(desk, stored):
    ids = list(stored.some(3))
    async with desk() as it:
        stored.colleagues_gone()
        stored.colleague.decide(Intent(comment_id=ids[1], revision=1, action=Action.REJECT, reason_code="spam"))
        await it.press("*", "a")
        await it.until(lambda: ids[1] in it.session.failures, "one came back")
        await it.settled()
        assert [one for action, one in stored.decisions() if action == "approve"] == [ids[0], ids[2]]
        assert "already rejected by olena" in it.text("#queue")
        assert "1 came back" in it.text("#status")


async def test_undo_says_why_a_decision_stays_and_goes_on_to_the_one_before(desk, stored):
    ids = list(stored.some(3))
    async with desk() as it:
        await it.press("a", "a")
        await it.settled()
        stored.colleagues_gone()
        theirs = stored.colleague
        theirs.undo_decision(stored.colleague.history(1)[0].seq)
        theirs.decide(Intent(comment_id=ids[1], revision=1, action=Action.REJECT, reason_code="spam"))
        stored.colleagues_gone()
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 5, "the one before, since the last was undone already")
        await it.settled()
        assert stored.decisions()[-1] == ("undo", ids[0])


async def test_a_comment_is_jumped_to_by_its_number_and_escape_goes_back(desk, stored):
    ids = list(stored.some(5))
    async with desk() as it:
        await it.press("#", *str(ids[3]), "enter")
        await it.until(lambda: it.session.current == ids[3], "there")
        await it.press("g", "a")
        await it.settled()
        await it.press("o", "o", "o", "o")
        await it.until(lambda: it.session.complete and len(it.session.ids) == 4, "without the decided one")
        await it.press(*str(ids[0]), "#")
        await it.until(lambda: it.session.current == ids[0], "also where it's decided")
        await it.settled()
        assert it.session.query.id == ids[0]
        await it.press("escape")
        await it.until(lambda: len(it.session.ids) == 4, "back in the queue")
        assert it.session.query == QueueQuery()


async def test_named_queues_are_offered_and_opened_by_a_digit(desk, stored):
    ids = list(stored.some(4))
    async with desk(queues={"guests": "author:guest order:newest", "everything": "status:all"}) as it:
        await it.press("f")
        assert "1  guests" in it.text("#reasons")
        await it.press("1")
        await it.until(lambda: it.session.complete, "read")
        assert list(it.session.ids) == [ids[1], ids[3]]
        assert it.session.query.order is Order.NEWEST
        await it.press("f", "2")
        await it.until(lambda: len(it.session.ids) == 4, "the other one")


async def test_copies_are_counted_listed_marked_and_decided_together(desk, stored):
    wave = "Take the licences away from every driver in this miserable town before another child is hurt"
    first = stored.put(wave, {"toxicity": 0.95})
    second = stored.put(wave.replace("miserable", "wretched"), {"toxicity": 0.5})
    other = stored.put("Nothing of the kind.", {"toxicity": 0.4})
    with stored.db.write() as conn:
        index_texts(conn, stored.ids)
    async with desk() as it:
        await it.until(lambda: "1 other like this" in it.text("#card"), "counted")
        await it.press("=")
        await it.until(lambda: len(it.session.marks) == 2, "listed and marked")
        assert list(it.session.ids) == [first, second]
        await it.press("r", "s")
        await it.until(lambda: len(stored.decisions()) == 2, "decided")
        assert {one for _, one in stored.decisions()} == {first, second}
        shared_batch(stored, 2)
        await it.press("escape")
        await it.until(lambda: list(it.session.ids) == [other], "back in the queue")


async def test_without_single_keys_only_named_keys_act(desk, stored):
    first, *_ = stored.some(2)
    async with desk(single_keys=False, keys={"approve": "f9"}) as it:
        await it.press("a", "r", "j", "space", "3")
        assert it.session.cursor == 0
        assert list(it.session.marks) == [first]
        await it.press("space", "down", "up", "f9")
        await it.settled()
        assert stored.decisions() == [("approve", first)]
    without = resolve({}, single_keys=False)
    assert without.shown("approve") == "ctrl+p"
    assert without.hints()[:2] == [("ctrl+p", "all by name"), ("", "approve")], "words to click, not one key for all"


async def test_the_bottom_line_and_the_reasons_can_be_clicked(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        await it.pilot.click("#hints", offset=(14, 0))
        await it.until(lambda: "Reject because" in it.text("#reasons"), "reject was clicked")
        await it.pilot.click("#reasons", offset=(4, 1))
        await it.settled()
        assert stored.decisions() == [("reject", first)]
        assert stored.colleague.history(1)[0].reason_code == "collective_blame"


async def test_tab_completes_the_filter_and_a_mistake_is_shown_where_it_is(desk, stored):
    stored.some(2)
    async with desk() as it:
        await it.press("slash", *"sta", "tab", *"esc", "tab")
        assert it.screen.query_one("Input").value == "status:escalated"
        for key in " lable:x":
            it.app.post_message(events.Key({" ": "space", ":": "colon"}.get(key, key), key))
        await it.press("enter")
        assert "from character 18" in it.text("#entry Static")
        assert it.screen.query_one("Input").cursor_position == 17


async def test_the_hold_back_window_is_shown_as_it_runs_down(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        services = it._opened[0]
        decide = services.review.decide
        held = stored.clock.now_ms + 30_000
        services.review.decide = lambda intent: replace(decide(intent), held_until_ms=held)
        await it.press("a")
        await it.settled()
        assert "30 s" in it.text("#status")
        assert "▰▰▰▰▰▰" in it.text("#status")
        stored.clock.advance(20)
        it.screen.tick()
        assert "10 s" in it.text("#status")
        assert "▰▰▱▱▱▱" in it.text("#status")
        stored.clock.advance(11)
        it.screen.tick()
        assert "on its way to the site" in it.text("#status")
        assert stored.decisions() == [("approve", first)]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_thread_and_author_unfold_around_the_comment(desk, stored, size):
    stored.put("The very first word.", {"toxicity": 0.1}, remote_id="t0", author_name="Orla")
    stored.put("The parent.", {"toxicity": 0.2}, remote_id="t1", parent_remote_id="t0", author_name="Piet")
    stored.put("A sibling.", {"toxicity": 0.2}, parent_remote_id="t1", columns={"status": "rejected"})
    stored.put("Here.", {"toxicity": 0.95}, remote_id="t2", parent_remote_id="t1", author_name="Rosa")
    stored.put("What Rosa said before.", {"toxicity": 0.1}, author_name="Rosa", columns={"status": "approved"})
    async with desk(size=size) as it:
        card = " ".join(it.text("#card").split())
        assert "↳ answers Piet: The parent." in card
        assert "1 more answer to it: ✗ 1 rejected" in card
        await it.press("t")
        card = it.text("#card")
        assert "The very first word." in card
        assert "├ ✗" in card
        await it.press("t", "i")
        assert "✓" in it.text("#card")
        assert "What Rosa said before." in it.text("#card")


async def test_a_decision_typed_behind_an_undo_is_about_the_comment_that_comes_back(desk, stored):
    first, second, *_ = stored.some(3)
    async with desk() as it:
        await it.press("a")
        await it.settled()
        services, gate = it._opened[0], threading.Event()
        undoable = services.review.undoable
        services.review.undoable = lambda skip: gate.wait(10) and undoable(skip)
        await it.press("u", "e")
        assert it.session.current == second
        assert not it.session.pending
        gate.set()
        await it.until(lambda: len(stored.decisions()) == 3, "undone, then handed over")
        await it.settled()
        assert stored.decisions() == [("approve", first), ("undo", first), ("escalate", first)]
