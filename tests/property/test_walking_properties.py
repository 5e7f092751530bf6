"""A list that shrinks under the reader gives every entry that stays, whatever is taken out and when."""

from hypothesis import given
from hypothesis import strategies as st

from moderator.connectors.walking import walk


@given(
    keys=st.lists(st.integers(0, 8), max_size=40),
    page_size=st.integers(2, 7),
    taken=st.lists(st.lists(st.integers(0, 39), max_size=6), max_size=12),
    unique=st.booleans(),
)
def test_what_stays_is_given_once(keys, page_size, taken, unique):
    entries = [(at if unique else key, at) for at, key in enumerate(sorted(keys))]
    waiting, calls = list(entries), iter(taken)

    def fetch(offset):
        gone = set(next(calls, ()))
        waiting[:] = [entry for entry in waiting if entry[1] not in gone]
        return waiting[offset : offset + page_size]

    found = list(
        walk(fetch, key=lambda entry: entry[0], identity=lambda entry: entry[1], page_size=page_size, unique=unique)
    )
    assert len(found) == len(set(found))
    most_of_a_key = max((sum(entry[0] == key for entry in entries) for key in range(9)), default=0)
    if unique or most_of_a_key < page_size:
        assert set(waiting) <= set(found)
