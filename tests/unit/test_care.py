"""A sitting's figures and its stop, and mild comments among the worst. All of it is plain state."""

import ast
from array import array
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.tui.interleaving import interleaved
from moderator.tui.sitting import Sitting

PACKAGE = Path(__file__).parents[2] / "moderator"


class Hands:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s

    def work(self, minutes):
        self.now_s += minutes * 60


def test_time_at_work_leaves_pauses_out():
    clock = Hands()
    sitting = Sitting(clock=clock)
    for _ in range(10):
        clock.work(2)
        sitting.saw(1, severe=False, shown=False)
    clock.work(45)
    sitting.decided()
    clock.work(1)
    view = sitting.look()
    assert view.open_s == 66 * 60
    assert view.at_work_s == 21 * 60
    assert view.since_pause_s == 60


def test_pace_is_of_the_last_quarter_of_an_hour():
    clock = Hands()
    sitting = Sitting(clock=clock)
    assert sitting.look().pace is None
    for _ in range(60):
        clock.work(0.5)
        sitting.decided()
    assert sitting.look().decided == 60
    assert 116 <= sitting.look().pace <= 124


def test_exposure_counts_each_comment_once_and_what_was_read_unmasked():
    sitting = Sitting(clock=Hands())
    sitting.saw(1, severe=True, shown=False)
    sitting.saw(1, severe=True, shown=True)
    sitting.saw(2, severe=True, shown=False)
    sitting.saw(3, severe=False, shown=True)
    assert (sitting.look().severe, sitting.look().shown) == (2, 1)


def test_a_stop_is_said_once_and_again_after_ten_minutes_and_never_without_a_wish():
    clock = Hands()
    sitting = Sitting(clock=clock)
    for _ in range(20):
        clock.work(4)
        sitting.decided()
    assert not sitting.is_time_to_say_so()
    sitting.wish(minutes=45)
    assert sitting.is_time_to_say_so()
    assert not sitting.is_time_to_say_so()
    clock.work(11)
    assert sitting.is_time_to_say_so()
    sitting.wish(minutes=-45)
    assert not sitting.look().over


def test_a_stop_by_number_of_severe_comments():
    sitting = Sitting(clock=Hands())
    sitting.wish(severe=10)
    for comment_id in range(10):
        assert not sitting.look().over
        sitting.saw(comment_id, severe=True, shown=False)
    assert sitting.is_time_to_say_so()
    sitting.wish(severe=-100)
    assert sitting.look().stop_after_severe == 0


def test_nothing_that_stores_exports_or_logs_knows_a_sitting():
    """The layers below the screen can't import it, and nothing in it writes."""
    for path in PACKAGE.rglob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
            for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
        }
        if any("sitting" in name for name in names):
            assert path.is_relative_to(PACKAGE / "tui"), path
    for module in ("tui/sitting.py", "tui/screens/sitting.py"):
        text = (PACKAGE / module).read_text(encoding="utf-8")
        assert not {"log.", "logging", "open(", "write_text", "json", "Path"} & set(text.split()), module
        assert "logging" not in text


@given(st.integers(0, 200), st.integers(0, 12))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_interleaving_keeps_every_comment_and_the_order_of_the_riskiest(count, every):
    ids = array("q", range(count))
    mixed = interleaved(ids, every)
    assert sorted(mixed) == list(ids)
    mild = count // (every + 1) if every else 0
    assert [one for one in mixed if one < count - mild] == list(range(count - mild))
    if every:
        assert list(mixed[every :: every + 1])[:mild] == [count - 1 - at for at in range(mild)]


def test_after_three_of_the_worst_comes_the_mildest():
    assert list(interleaved(array("q", range(8)), 3)) == [0, 1, 2, 7, 3, 4, 5, 6]
