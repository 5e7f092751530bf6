"""The quick way to a row's canonical JSON gives the bytes that the library gives, and none for what no row holds."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from moderator.storage.canonical import RowHasher, canonical, row_hash, to_json

NAMES = ("ended", "flag", "late", "number", "said", "share", "title")
HASHER = RowHasher(NAMES, later=("late",), json=("said",), flags=("flag",), reals=("number", "share"))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
REALS = st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
JSON = st.dictionaries(TEXTS, st.lists(REALS | TEXTS | st.booleans(), max_size=3), max_size=3)


def row(**given):
    usual = {"ended": 5, "flag": True, "late": None, "number": 0.5, "said": None, "share": None, "title": "t"}
    return usual | given


ROWS = st.builds(
    row,
    ended=st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    flag=st.booleans() | st.none(),
    late=st.none() | TEXTS,
    number=REALS,
    said=JSON,
    share=REALS | st.floats(0, 1),
    title=st.none() | TEXTS,
)


def stored(values):
    """A row as a database hands it over."""
    flag = None if values["flag"] is None else int(values["flag"])
    return tuple((values | {"flag": flag, "said": str(canonical(values["said"]))}).values())


@given(ROWS)
def test_both_ways_give_the_same_bytes(values):
    kept = {name: value for name, value in values.items() if name != "late" or value is not None}
    assert HASHER.canonical(stored(values)) == rfc8785.dumps(kept)
    assert HASHER.hash((*stored(values), "what follows")) == row_hash(values, NAMES, frozenset({"late"}))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("flag", 2),
        ("flag", "1"),
        ("number", -0.0),
        ("number", 0.5000000000000001),
        ("ended", 5.0),
        ("ended", "5"),
        ("said", '{"a": 1}'),
        ("said", '{"a":1.0}'),
        ("said", b'{"a":1}'),
        ("title", None),
        ("late", ""),
    ],
)
def test_another_form_of_the_same_value_is_another_row(name, other):
    values = row(number=0.5 if other != 0 else 0.0, said={"a": 1})
    changed = list(stored(values))
    changed[NAMES.index(name)] = other
    assert HASHER.hash(stored(values)) != HASHER.hash(changed)


def test_bytes_are_not_the_text_that_they_would_be_written_as():
    values = row(title="YWJj")  # base64 of the bytes
    assert HASHER.hash(stored(values)) != HASHER.hash(stored(values | {"title": b"abc"}))


def test_what_is_canonical_is_stored_letter_for_letter():
    assert to_json(canonical({"b": 1.0, "a": "\u00e9"})) == '{"a":"\u00e9","b":1}'
    assert json.loads(to_json({"b": 1.0})) == {"b": 1.0}


def test_names_are_in_order():
    with pytest.raises(ValueError, match="in order"):
        RowHasher(("b", "a"))
