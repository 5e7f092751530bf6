import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import deliver_kills


@pytest.mark.slow
def test_every_decision_arrives_once_however_often_the_deliverer_is_killed(tmp_path):
    summary = deliver_kills.run(tmp_path, kills=6, seed=3)
    assert summary.problems == ()
    assert summary.claimed > 0, "no kill fell between claiming a decision and settling it"
