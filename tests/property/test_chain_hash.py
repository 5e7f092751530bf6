from hypothesis import given
from hypothesis import strategies as st

from moderator.storage.chain import HASHED, author_ref, keyed_digest, row_hash

VALUES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=10)
ROWS = st.fixed_dictionaries(dict.fromkeys(HASHED, VALUES))


@given(ROWS, st.randoms(use_true_random=False))
def test_a_hash_does_not_depend_on_the_order_of_fields(row, chance):
    shuffled = list(row.items())
    chance.shuffle(shuffled)
    assert row_hash(dict(shuffled)) == row_hash(row)


@given(ROWS, st.sampled_from(HASHED), VALUES)
def test_a_hash_changes_with_every_field(row, name, value):
    changed = {**row, name: value}
    same = type(row[name]) is type(value) and row[name] == value
    assert (row_hash(changed) == row_hash(row)) == same


@given(ROWS)
def test_a_hash_ignores_what_is_not_under_it(row):
    assert row_hash({**row, "note": "private", "row_hash": "x"}) == row_hash(row)


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
def test_an_author_is_known_only_with_the_key(source, author, other):
    assert author_ref(b"key", source, author) != author_ref(b"another", source, author)
    assert (author_ref(b"key", source, author) == author_ref(b"key", source, other)) == (author == other)


def test_known_digests():
    # RFC 4231, test case 2.
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keyed_digest(b"Jefe", "what do ya want for nothing?") == expected
