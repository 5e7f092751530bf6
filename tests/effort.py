"""How much work a call is, counted instead of timed: a clock tells what else the machine does."""

import sys

PATIENCE_S = 240.0
"""For what comes on any machine that isn't stuck, however much else it does."""


def calls_made(work):
    """Runs `work` and returns how many functions, Python's and C's, were called meanwhile."""
    count = 0

    def profile(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
