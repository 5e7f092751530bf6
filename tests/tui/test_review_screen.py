"""What keys do on the review screen, on a real database."""

import builders
import pytest
from textual import events

from moderator.domain.comment import Order
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label, SpanRole


def held_by(stored, *ids):
    return [row.held_by for row in stored.colleague.rows(ids)]


async def test_the_riskiest_comment_can_be_read_with_its_scores_and_why_it_is_here(desk, stored):
    stored.some(3)
    async with desk() as it:
        assert "First comment." in it.text("#card")
        assert "The bridge is closed" in it.text("#card")
        assert "registered" in it.text("#card")
        assert "toxicity 0.95 ≥ 0.90 (+0.05)" in it.text("#scores")
        assert "embedded 1" in it.text("#scores")
        assert "3 waiting" in it.text("#top")
        assert "Second comment." in it.text("#queue")


async def test_one_key_approves_and_the_next_comment_is_there(desk, stored):
    first, second, *_ = stored.some(3)
    async with desk() as it:
        await it.press("a")
        assert it.session.current == second
        await it.settled()
        assert stored.decisions() == [("approve", first)]
        assert "approved" in it.text("#queue")
        assert "undoes" in it.text("#status")
        assert "Second comment." in it.text("#card")


async def test_a_row_says_saving_until_the_decision_is_durable(desk, stored):
    stored.some(2)
    async with desk() as it:
        services = it._opened[0]
        decide, held = services.review.decide, []
        services.review.decide = lambda intent: held.append(intent) or wait(intent)

        import threading

        gate = threading.Event()

        def wait(intent):
            assert gate.wait(10)
            return decide(intent)

        await it.press("a")
        await it.until(lambda: held, "the decision sent")
        await it.pilot.pause()
        assert "saving…" in it.text("#queue")
        assert stored.decisions() == []
        gate.set()
        await it.settled()
        assert "saving…" not in it.text("#queue")
        assert len(stored.decisions()) == 1


async def test_reject_asks_for_a_reason_and_takes_one_key(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        await it.press("r")
        assert "blames a whole group" in it.text("#reasons")
        assert it.screen.query_one("#reasons").display
        await it.press("i")
        await it.settled()
        assert not it.screen.query_one("#reasons").display
        decision = stored.colleague.history(1)[0]
        assert (decision.action, decision.comment_id, decision.reason_code) == (Action.REJECT, first, "insult")


async def test_while_a_reason_is_asked_other_keys_do_nothing_and_escape_gives_up(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        await it.press("r", "a", "j", "8")
        assert it.session.current == first
        await it.press("escape")
        assert not it.screen.query_one("#reasons").display
        await it.press("j")
        assert it.session.cursor == 1
    assert stored.decisions() == []


async def test_keys_typed_faster_than_the_screen_follows_mean_what_they_say(desk, stored):
    ids = list(stored.some(4))
    async with desk() as it:
        for key in ("r", "s", "a", "slash", "a", "escape", "r", "i"):
            name = "/" if key == "slash" else key
            it.app.post_message(events.Key(key, name if len(name) == 1 else None))
        await it.until(lambda: len(stored.decisions()) == 3, "three decisions")
        await it.settled()
        assert stored.decisions() == [("reject", ids[0]), ("approve", ids[1]), ("reject", ids[2])]
        assert it.session.query == QueueQuery()


async def test_escalate_defer_and_skip(desk, stored):
    ids = stored.some(4)
    async with desk() as it:
        await it.press("e", "d", "s")
        await it.settled()
        assert it.session.current == ids[3]
        assert stored.decisions() == [("escalate", ids[0]), ("defer", ids[1])]
        assert "1 escalated" in it.text("#top")


async def test_undo_goes_back_step_by_step_with_the_cursor(desk, stored):
    ids = stored.some(3)
    async with desk() as it:
        await it.press("a", "a")
        await it.settled()
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 3, "undone")
        await it.settled()
        assert it.session.current == ids[1]
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 4, "undone twice")
        await it.settled()
        assert it.session.current == ids[0]
        assert "waits again" in it.text("#status")
        await it.press("u")
        await it.until(lambda: "nothing to undo" in it.text("#status"), "said so")


async def test_undo_reaches_decisions_from_before_a_restart(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        await it.press("a")
        await it.settled()
    async with desk() as it:
        assert it.session.ids.tolist() == stored.ids[1:]
        await it.press("u")
        await it.until(lambda: it.session.current == first, "back under the cursor")
        await it.settled()
        assert "First comment." in it.text("#card")
        await it.press("e")
        await it.settled()
        assert stored.decisions()[-1] == ("escalate", first)


async def test_a_comment_that_somebody_else_decided_comes_back_with_the_reason(desk, stored):
    first, *_ = stored.some(3)
    async with desk() as it:
        await it.until(lambda: held_by(stored, first) == ["anna"], "reserved")
        with stored.db.write() as conn:  # as if this desk had been asleep for longer than its lease
            conn.exec_driver_sql("DELETE FROM lease")
        stored.colleague.decide(Intent(comment_id=first, revision=1, action=Action.REJECT, reason_code="spam"))
        await it.press("a")
        await it.until(lambda: first in it.session.failures, "it came back")
        await it.settled()
        assert "already rejected by olena" in it.text("#queue")
        assert "already rejected by olena" in it.text("#status")
        assert stored.decisions() == [("reject", first)]


async def test_a_comment_that_was_edited_meanwhile_is_not_decided_unread(desk, stored):
    first, *_ = stored.some(2)
    async with desk() as it:
        with stored.db.write() as conn:
            builders.put_revision(conn, first, 2, "Something else entirely.")
            conn.exec_driver_sql("UPDATE comment SET revision = 2 WHERE id = ?", (first,))
        await it.press("a")
        await it.until(lambda: first in it.session.failures, "it came back")
        await it.press("k")
        await it.until(lambda: "Something else entirely." in it.text("#card"), "the new text")
        assert "edited since" in it.text("#card")
        assert stored.decisions() == []
        await it.press("a")
        await it.settled()
        assert stored.decisions() == [("approve", first)]


async def test_a_comment_that_a_colleague_has_open_says_so_and_cannot_be_decided(desk, stored):
    first, *_ = stored.some(2)
    assert stored.colleague.lease(first) is None
    async with desk() as it:
        await it.until(lambda: "olena has this comment open" in it.text("#card"), "said so")
        assert "with olena" in it.text("#queue")
        await it.press("a")
        await it.until(lambda: first in it.session.failures, "refused")
        assert stored.decisions() == []
        await it.press("k")
        stored.colleagues_gone()
        await it.until(lambda: held_by(stored, first) == ["anna"], "ours as soon as she leaves")


async def test_the_comment_on_screen_is_reserved_and_freed_when_it_is_left(desk, stored):
    first, second, *_ = stored.some(2)
    async with desk() as it:
        await it.until(lambda: held_by(stored, first, second) == ["anna", None], "reserved")
        await it.press("j")
        await it.until(lambda: held_by(stored, first, second) == [None, "anna"], "freed, and the next one reserved")
    assert held_by(stored, first, second) == [None, None], "closing frees everything"


async def test_new_comments_arrive_without_moving_the_one_under_the_cursor(desk, stored):
    ids = list(stored.some(3))
    async with desk() as it:
        await it.press("j")
        newest = stored.put("Worse than all.", {"toxicity": 0.99, "insult": 0.1})
        await it.until(lambda: newest in it.session.ids, "it arrived")
        assert it.session.ids.tolist() == [newest, *ids]
        assert it.session.current == ids[1]
        assert it.session.cursor == it.screen.queue.cursor == 2


async def test_waiting_comments_are_scored_in_the_background(desk, stored):
    stored.some(1)
    waiting = stored.put("Nobody scored this yet.")
    async with desk() as it:
        await it.until(lambda: "1 comment scored" in it.text("#status"), "scored")
        await it.press("G")
        await it.until(lambda: it.session.current == waiting and "echo 1" in it.text("#scores"), "shown")


async def test_the_order_key_goes_round(desk, stored):
    ids = stored.some(3)
    async with desk() as it:
        await it.press("o")
        await it.until(lambda: it.session.complete and it.session.ids.tolist() == ids[::-1], "oldest first")
        assert it.session.query.order is Order.OLDEST
        assert "oldest first" in it.text("#top")


async def test_a_filter_is_typed_and_keys_are_letters_meanwhile(desk, stored):
    stored.some(3)
    other = stored.put("Под мостом.", {"toxicity": 0.3}, language="ru")
    async with desk() as it:
        await it.press("slash", *"lang:ru", "enter")
        await it.until(lambda: it.session.complete and it.session.ids.tolist() == [other], "filtered")
        assert "lang:ru" in it.text("#top")
        assert stored.decisions() == []


async def test_a_filter_that_is_not_understood_is_explained_where_it_was_typed(desk, stored):
    stored.some(1)
    async with desk() as it:
        await it.press("slash", *"lable:x", "enter")
        await it.until(lambda: "'lable' isn't something to filter by" in str(it.screen.query_one(".hint").render()), "")
        await it.press("escape", "a")
        await it.settled()
        assert len(stored.decisions()) == 1


async def test_a_filter_without_a_match_says_what_to_do(desk, stored):
    stored.some(1)
    async with desk() as it:
        await it.press("slash", *"lang:xx", "enter")
        await it.until(lambda: "Nothing matches this filter" in it.text("#card"), "said so")


async def test_a_note_goes_with_the_next_decision(desk, stored):
    stored.some(2)
    async with desk() as it:
        await it.press("n", *"rude", "enter")
        await it.until(lambda: "with a note" in it.text("#top"), "the note is kept")
        await it.press("a", "a")
        await it.settled()
        latest, before = stored.colleague.history(2)
        assert (before.note, latest.note) == ("rude", None)


@pytest.mark.parametrize("key", ["ф", "a"])
async def test_the_same_place_on_a_cyrillic_keyboard_works(desk, stored, key):
    first, *_ = stored.some(1)
    async with desk() as it:
        await it.press(key)
        await it.settled()
        assert stored.decisions() == [("approve", first)]


async def test_own_keys_replace_the_shipped_ones(desk, stored):
    first, *_ = stored.some(2)
    async with desk(keys={"approve": "y"}) as it:
        await it.press("a")
        assert it.session.current == first
        await it.press("y")
        await it.settled()
        assert stored.decisions() == [("approve", first)]


async def test_own_keys_that_clash_are_refused_in_a_sentence(desk, stored):
    first, *_ = stored.some(2)
    async with desk(keys={"approve": "s"}) as it:
        said = " ".join(note.message for note in it.app._notifications)
        assert "'s' is set for both 'approve' and 'skip'" in said
        await it.press("a")
        await it.settled()
        assert stored.decisions() == [("approve", first)]


async def test_severe_words_are_masked_until_asked_for_and_the_log_knows(desk, stored):
    spans = [("idiot", SpanRole.TOXIC, Label.INSULT)]
    stored.put("You utter idiot.", {"toxicity": 0.97, "insult": 0.99}, spans)
    stored.put("Fine.", {"toxicity": 0.1})
    async with desk() as it:
        await it.press("j", "v")
        assert "No words are masked here" in it.text("#status")
        await it.press("a", "k")
        await it.settled()
        assert stored.colleague.history(1)[0].revealed is False
        assert "You utter i••••." in it.text("#card")
        assert "masked, v shows" in it.text("#card")
        assert "You utter i••••." in it.text("#queue")
        await it.press("v")
        assert "You utter idiot." in it.text("#card")
        assert "You utter idiot." in it.text("#queue")
        await it.press("j", "k")
        assert "i••••" in it.text("#card"), "masked again when it was left"
        await it.press("a")
        await it.settled()
        assert stored.colleague.history(1)[0].revealed is True


async def test_severe_words_around_a_comment_are_masked_as_well(desk, stored):
    spans = [("idiot", SpanRole.TOXIC, Label.INSULT)]
    stored.put("You utter idiot.", {"toxicity": 0.97, "insult": 0.99}, spans, remote_id="p1", author_name="Piet")
    stored.put("Quite so.", {"toxicity": 0.1}, parent_remote_id="p1", author_name="Quinn")
    async with desk() as it:
        await it.press("j")
        await it.settled()
        assert "answers Piet: You utter i••••." in it.text("#card")
        assert "severe words around this comment · masked, v shows" in it.text("#card")
        await it.press("t")
        assert "idiot" not in it.text("#card")
        await it.press("v")
        assert "You utter idiot." in it.text("#card")
        await it.press("k", "j")
        await it.settled()
        assert "idiot" not in it.text("#card"), "masked again when it was left"


async def test_the_thread_unfolds(desk, stored):
    stored.put("The first word.", {"toxicity": 0.2}, remote_id="p1", author_name="Piet")
    stored.put("The middle of it.", {"toxicity": 0.95}, remote_id="p2", parent_remote_id="p1")
    stored.put("An answer\nin two lines.", {"toxicity": 0.3}, parent_remote_id="p2", author_name="Quinn")
    stored.put("Answers nobody.", {"toxicity": 0.1}, parent_remote_id="gone")
    async with desk() as it:
        assert "↳ answers Piet: The first word." in it.text("#card")
        assert "1 reply" in it.text("#card")
        await it.press("t")
        assert "  in two lines." in it.text("#card")
        await it.press("G")
        await it.settled()
        assert "never arrived" in it.text("#card")


async def test_a_long_comment_says_how_much_is_below_and_scrolls(desk, stored):
    stored.put("\n".join(f"line {number}" for number in range(80)), {"toxicity": 0.95})
    async with desk(size=(80, 24)) as it:
        assert "more lines" in it.text("#card")
        assert "line 12" not in it.text("#card")
        await it.press("J")
        assert "line 12" in it.text("#card")
        await it.press("K")
        assert "line 0" in it.text("#card")


async def test_a_click_picks_a_row(desk, stored):
    ids = stored.some(3)
    async with desk() as it:
        await it.pilot.click("#queue", offset=(10, 2))
        await it.until(lambda: it.session.current == ids[2], "picked")


async def test_an_empty_queue_says_what_to_do_next(desk, stored):
    async with desk() as it:
        assert "moderator intake FILE" in it.text("#card")
        await it.press("a", "r", "s", "j", "u")
        assert it.session.current is None
        first = stored.put("Here I am.", {"toxicity": 0.95})
        await it.until(lambda: it.session.current == first, "it appeared")
        await it.settled()
        assert "Here I am." in it.text("#card")


async def test_the_last_comment_stays_and_says_that_it_is_decided(desk, stored):
    first, *_ = stored.some(1)
    async with desk() as it:
        await it.press("a", "a")
        await it.settled()
        await it.press("r")
        assert "already" in it.text("#status")
        assert stored.decisions() == [("approve", first)]


async def test_labels_that_nobody_could_judge_are_not_scored_rather_than_zero(desk, stored):
    stored.put("Щось українською.", {"toxicity": None, "insult": None}, language="uk", columns={"lead_label": None})
    async with desk() as it:
        assert "not in en" in it.text("#scores")
        assert "0.00" not in it.text("#scores")
        assert "no scorer could judge toxicity" in " ".join(it.text("#scores").split())


async def test_what_no_scorer_spoke_of_is_not_called_a_language_that_nobody_knows(desk, stored):
    stored.put("The bridge is closed.", language="en", columns={"language": "en", "scoring": "failed"})
    async with desk() as it:
        said = " ".join(it.text("#scores").split())
        assert "no scorer spoke yet" in said
        assert "toxicity not scored" in said
        assert "not in en" not in said
        assert "not scored in en" not in said


async def test_hidden_text_is_named_beside_the_comment(desk, stored):
    stored.put("nice\u200b\u200bday \u202edlrow", {"toxicity": 0.95})
    async with desk() as it:
        assert "hidden text" in it.text("#card")
        assert "reversed text" in it.text("#card")
        assert "\u202e" not in it.text("#card") + it.text("#queue")


@pytest.mark.parametrize(("size", "lines"), [((80, 24), 1), ((100, 30), 1), ((140, 40), 2), ((200, 60), 2)])
async def test_every_size_shows_queue_comment_and_scores(desk, stored, size, lines):
    stored.some(5)
    async with desk(size=size) as it:
        assert it.screen.queue.row_height == lines
        assert "Second comment." in it.text("#queue")
        assert "First comment." in it.text("#card")
        assert "insult" in it.text("#scores")
        assert it.screen.query_one("#card").size.width >= 44
        assert it.screen.query_one("#card").size.height >= 10


async def test_the_desk_works_the_same_on_both_databases(desk_on_both, stored_on_both):
    stored = stored_on_both
    first, second, *_ = stored.some(3)
    async with desk_on_both() as it:
        await it.press("a", "r", "s")
        await it.settled()
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 3, "undone")
        newest = stored.put("Worse than all.", {"toxicity": 0.99, "insult": 0.1})
        await it.until(lambda: newest in it.session.ids, "what somebody else wrote")
    assert stored.decisions() == [("approve", first), ("reject", second), ("undo", second)]
    assert held_by(stored, *stored.ids) == [None] * 4


async def test_another_size_lays_the_desk_out_anew_around_the_same_comment(desk, stored):
    ids = list(stored.some(8))
    async with desk(size=(140, 40)) as it:
        await it.press("j", "j", "j", "j")
        await it.pilot.resize_terminal(80, 24)
        await it.until(lambda: it.screen.queue.row_height == 1, "one line a row")
        await it.settled()
        assert it.session.current == ids[4]
        assert "Fifth comment." in it.text("#queue")
        assert "Fifth comment." in it.text("#card")
        await it.pilot.resize_terminal(140, 40)
        await it.until(lambda: it.screen.queue.row_height == 2, "two lines a row")
        assert "Fifth comment." in it.text("#card")
