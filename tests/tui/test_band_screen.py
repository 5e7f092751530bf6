"""A band of scores: handles over a histogram, a sample, one act, one undo."""

from array import array

from moderator.domain.decision import Action
from moderator.domain.queue import Scored
from moderator.domain.score import Label
from moderator.tui.band import SAMPLE, STEPS, Band
from moderator.tui.screens.band import BandScreen


def scored(*scores):
    ordered = sorted(scores)
    numbers = range(1, len(ordered) + 1)
    return Scored(array("d", ordered), array("q", numbers), array("l", [1] * len(ordered)), 2)


def test_a_band_holds_its_lower_end_and_not_its_upper_one_unless_that_is_one():
    band = Band(Label.INSULT, 0.5)
    band.scored = scored(0.1, 0.5, 0.69, 0.7, 1.0)
    assert list(band.revisions()) == [5, 4, 3, 2]
    band.at_high = True
    band.move(-30)
    assert list(band.revisions()) == [3, 2]
    assert band.score_of(3) == 0.69


def test_handles_stop_at_each_other_and_at_the_ends():
    band = Band(Label.INSULT, 0.5)
    band.move(STEPS)
    assert (band.low, band.high) == (99, 100)
    band.move(-STEPS * 2)
    assert band.low == 0
    band.grab(0.8)
    assert (band.low, band.high, band.at_high) == (0, 80, True)


def test_a_sample_is_of_the_band_and_never_larger():
    band = Band(Label.INSULT, 0.5, seed=1)
    band.scored = scored(*[at / 100 for at in range(100)])
    sample = band.sample()
    assert len(sample) == SAMPLE
    assert all(band.score_of(one) >= 0.5 for one in sample)
    assert sample == sorted(sample, reverse=True)
    assert sum(band.scored.histogram(7)) == 100
    band.scored = scored()
    assert band.sample() == []


async def test_a_band_is_chosen_looked_at_and_rejected_in_one_act(desk, stored):
    for at in range(10):
        stored.put(f"Comment {at}.", {"toxicity": 0.05 + at / 10, "insult": 0.1})
    ids = list(stored.ids)
    async with desk(size=(100, 30), confirm_above=2) as it:
        await it.press("b")
        await it.until(lambda: isinstance(it.app.screen, BandScreen), "the band")
        band = it.app.screen.band
        await it.until(lambda: band.scored is not None, "the scores")
        assert band.label is Label.TOXICITY
        await it.press("shift+right")
        assert (band.low, band.count) == (60, 4)
        await it.until(lambda: "Comment 9." in it.text("#sample"), "a sample")
        assert "4 comments of 10" in it.text("#what")
        await it.press("r", "s")
        await it.until(lambda: "Type 4" in it.text("#entry Static"), "asked for the number")
        await it.press("4", "enter")
        await it.until(lambda: len(stored.decisions()) == 4, "rejected")
        assert {one for _, one in stored.decisions()} == set(ids[6:])
        assert len({one.batch_id for one in stored.colleague.history(4)}) == 1
        await it.settled()
        assert it.session.current == ids[5], "back at the queue, on what still waits"
        await it.press("u")
        await it.until(lambda: len(stored.decisions()) == 8, "all of it undone")


async def test_nothing_happens_until_it_is_asked_for_and_escape_leaves(desk, stored):
    stored.some(3)
    async with desk() as it:
        await it.press("b")
        await it.until(lambda: isinstance(it.app.screen, BandScreen), "the band")
        screen = it.app.screen
        await it.until(lambda: screen.band.scored is not None, "the scores")
        await it.press("tab")
        assert screen.band.at_high
        await it.press("r", "escape")
        assert not screen.choices.has_class("-open")
        await it.press("b")
        assert screen.band.label is not Label.TOXICITY
        await it.until(lambda: screen.band.scored is not None, "other scores")
        await it.press("escape")
        await it.until(lambda: it.screen is not screen, "left")
        assert stored.decisions() == []
        assert it.session.last is None
        await it.press("a")
        await it.settled()
        assert stored.decisions()[0][0] == Action.APPROVE
