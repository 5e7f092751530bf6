import io
import json

from hypothesis import given
from hypothesis import strategies as st

from moderator.services.tabular import (
    Column,
    ExportFormat,
    Kind,
    from_iso,
    in_batches,
    read_rows,
    to_cells,
    to_iso,
    write_batches,
)

# What both databases can hold: every code point but NUL and lone surrogates.
TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "",
        "'",
        "''",
        "'=1",
        "=1+1",
        "-2",
        "\r",
        "\n",
        "\r\n",
        ",",
        '"',
        '"\'"',
        "\t",
        " =1",
        "\u2028",
        "\uff1d1",
        "@a",
        "null",
    ]
)
TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
VALUES = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.REAL: st.floats(allow_nan=False, allow_infinity=False),
    Kind.FLAG: st.booleans(),
    Kind.TIME: TIMES,
    Kind.JSON: st.dictionaries(TEXTS, JSON, max_size=3),
}
COLUMNS = [
    Column(f"{kind.value}{'?' if optional else ''}", kind, optional) for kind in Kind for optional in (False, True)
]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            column.name: (st.none() | VALUES[column.kind]) if column.optional else VALUES[column.kind]
            for column in COLUMNS
        }
    ),
    max_size=4,
)


@given(ROWS, st.sampled_from(ExportFormat))
def test_reading_back_gives_the_same_rows(rows, form):
    given = [row | {n: json.dumps(row[n]) for n in ("json", "json?") if row[n] is not None} for row in rows]
    out = io.StringIO(newline="")
    assert write_batches(in_batches(given, COLUMNS), COLUMNS, out, form) == len(rows)
    out.seek(0)
    assert list(read_rows(out, COLUMNS, form)) == rows


@given(TEXTS, st.booleans())
def test_no_cell_starts_a_formula(text, optional):
    (cell,) = to_cells(Column("text", Kind.TEXT, optional), [text])
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


@given(TIMES)
def test_times_keep_every_millisecond(time_ms):
    assert from_iso(to_iso(time_ms)) == time_ms


def test_a_time_looks_like_one():
    assert to_iso(1_793_534_400_000) == "2026-11-01T12:00:00.000Z"
