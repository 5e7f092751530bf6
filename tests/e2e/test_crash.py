import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import crash


@pytest.mark.slow
def test_no_acknowledged_decision_is_lost_to_a_kill(tmp_path):
    summary = crash.run(tmp_path, kills=5, seed=2)
    assert summary.problems == ()
    assert summary.acknowledged > 0
    assert summary.kept >= summary.acknowledged


def test_the_check_sees_a_loss(tmp_path):
    path = tmp_path / "crash.sqlite3"
    crash.fill(path)
    crash.kill_one(path, 0.05)
    assert crash.check(path, set()) == []
    assert crash.check(path, {"never written"}) == ["1 acknowledged decisions are lost"]
