"""Labelled texts out of files: what is taken, what is skipped, and that nothing of a text is quoted."""

import json
import sys

import pytest

from moderator.domain.score import Label
from moderator.errors import ConnectorError
from moderator.services.labelled import read_blame, read_labelled

QUOTED = "Zanzibarian pancakes"


def write(folder, *lines, name="gold.jsonl"):
    path = folder / name
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def test_a_line_gives_text_surroundings_labels_and_classes(tmp_path):
    row = {"id": 7, "text": "a", "lang": "en", "context": {"title": "t", "parent": "p"}, "functionality": 3}
    (found,) = read_labelled(write(tmp_path, row | {"toxicity": 1, "insult": 0.25, "threat": None})).items
    request = found.request
    assert (request.text, request.language, request.title, request.parent) == ("a", "en", "t", "p")
    assert found.labels == {Label.TOXICITY: 1.0, Label.INSULT: 0.25}
    assert found.classes == {"functionality": "3"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "broken JSON at character 2"),
        (b'{"text": "\xff"}', "invalid UTF-8 at byte 11"),
        (b"[" * 100_000, "nested too deep"),
        (b"[1]", "the line is not a JSON object"),
        (b'{"toxicity": ' + b"9" * 5000 + b"}", "a number with too many digits"),
        ({"toxicity": 1}, "text is missing"),
        ({"text": 5, "toxicity": 1}, "text is not text"),
        ({"text": "\ud800", "toxicity": 1}, "text holds half a character, or isn't UTF-8"),
        ({"text": QUOTED}, "it has no label"),
        ({"text": QUOTED, "toxicity": QUOTED}, "toxicity is not a number"),
        ({"text": QUOTED, "toxicity": -1}, "toxicity is outside 0..1"),
        ({"text": QUOTED, "toxicity": 1, "context": QUOTED}, "context is not a JSON object"),
        ({"text": QUOTED, "toxicity": 1, "lang": [QUOTED]}, "lang is not text"),
    ],
)
def test_a_bad_line_is_told_by_number_and_the_rest_is_read(tmp_path, line, reason):
    good = {"text": "a", "toxicity": 0}
    found = read_labelled(write(tmp_path, good, b"", line, good))
    assert len(found.items) == 2
    assert [(bad.line, bad.reason) for bad in found.bad] == [(3, reason)]


def test_csv_gives_the_same(tmp_path):
    text = b'\xef\xbb\xbftext,toxicity,insult,title\n"a\nb",1,,T\n\xff,0,0,\nc,false,0.5,\nd,maybe,,\n'
    found = read_labelled(write(tmp_path, text, name="gold.csv"))
    assert [one.request.text for one in found.items] == ["a\nb", "c"]
    assert [one.labels for one in found.items] == [{Label.TOXICITY: 1.0}, {Label.TOXICITY: 0.0, Label.INSULT: 0.5}]
    assert found.items[0].request.title == "T"
    assert [bad.line for bad in found.bad] == [4, 6]


def test_parquet_gives_the_same_and_needs_pyarrow(tmp_path, monkeypatch):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "gold.parquet"
    parquet.write_table(arrow.table({"text": ["a", None], "toxicity": [1, 0]}), path)
    found = read_labelled(path)
    assert [one.labels for one in found.items] == [{Label.TOXICITY: 1.0}]
    assert [(bad.line, bad.reason) for bad in found.bad] == [(2, "text is missing")]
    with pytest.raises(ConnectorError, match="no Parquet file"):
        read_labelled(write(tmp_path, b"no", name="broken.parquet"))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConnectorError, match="pyarrow isn't installed"):
        read_labelled(path)


def test_a_file_that_holds_nothing_usable_is_an_error(tmp_path):
    with pytest.raises(ConnectorError, match="no line is a labelled text; line 1: it has no label") as caught:
        read_labelled(write(tmp_path, {"text": QUOTED}))
    assert QUOTED not in str(caught.value)
    with pytest.raises(ConnectorError, match="No such file"):
        read_labelled(tmp_path / "none.jsonl")


def test_blame_lines_are_completed_and_checked(tmp_path):
    span = {"start": 0, "end": 3, "role": "quantifier"}
    rows = [
        {"text": "All bakers are guilty", "label": True, "spans": [span], "pair_id": 4},
        {"text": "Alle Bäcker", "collective_blame": 0, "lang": "de-AT"},
        {"text": "a", "label": 0.5},
        {"text": "a"},
        {"text": "a", "label": 1, "spans": [span]},
        {"text": "abc", "label": 1, "spans": [span | {"role": "hero"}]},
        {"text": "abc", "label": 1, "spans": 3},
    ]
    found = read_blame(write(tmp_path, *rows))
    assert [(one["label"], one["lang"], one["pair_id"]) for one in found.items] == [(1, "en", "4"), (0, "de", None)]
    assert found.items[0]["spans"] == [span]
    assert [bad.line for bad in found.bad] == [3, 4, 5, 6, 7]
