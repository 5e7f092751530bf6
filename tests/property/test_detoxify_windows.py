"""Windows leave no token out and buckets lose no piece, whatever the lengths."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderator.scoring.detoxify_windows import buckets, token_windows

SIZES = st.integers(2, 600)


@given(st.integers(0, 20_000), SIZES, st.integers(0, 600))
def test_windows_cover_every_token_and_none_is_larger_than_the_model_s(count, size, overlap):
    windows = token_windows(count, size, overlap)
    assert windows[0][0] == 0
    assert windows[-1][1] == count
    assert all(end - start <= size for start, end in windows)
    assert all(start < end for start, end in windows) or windows == [(0, 0)]
    for (_, end), (start, _) in pairwise(windows):
        assert start <= end, "a token between two windows would be seen by none"


@given(st.integers(0, 20_000), SIZES, st.integers(0, 600))
def test_neighbours_share_what_was_asked_for_and_no_window_is_a_short_rest(count, size, overlap):
    windows = token_windows(count, size, overlap)
    shared = min(overlap, size // 2)
    for (_, end), (start, _) in pairwise(windows):
        assert end - start >= shared
    if count >= size:
        assert all(end - start == size for start, end in windows)


@given(st.integers(600, 20_000))
def test_windows_are_not_many_more_than_needed(count):
    assert len(token_windows(count, 510)) <= count / (510 - 64) + 2


@given(st.lists(st.integers(0, 600), max_size=80), st.integers(1, 1024))
def test_buckets_hold_every_piece_once_and_little_padding(lengths, budget):
    pieces = [(owner, [7] * length) for owner, length in enumerate(lengths)]
    groups = buckets(pieces, budget)
    assert sorted(owner for group in groups for owner, _ in group) == list(range(len(lengths)))
    assert all(groups)
    for group in groups:
        longest = max(len(ids) for _, ids in group)
        assert len(group) == 1 or longest * len(group) <= budget
    flat = [len(ids) for group in groups for _, ids in group]
    assert flat == sorted(lengths, reverse=True)
