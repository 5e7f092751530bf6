import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import large_file


@pytest.mark.slow
def test_the_memory_that_an_export_takes_does_not_grow_with_it(tmp_path):
    small = large_file.measure(tmp_path, "wxr", 1)
    large = large_file.measure(tmp_path, "wxr", 12)
    assert large["added"] > 10 * small["added"]
    # A batch of texts and a page cache may fill; the file itself must not.
    assert large["peak_mb"] < large_file.LIMIT_MB
