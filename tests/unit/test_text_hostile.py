import json
from pathlib import Path

import pytest
from inertness import harmful, longest_mark_run

from moderator.text.language import detect
from moderator.text.normalize import fold
from moderator.text.visible import FindingKind, inspect, visible_line

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile.jsonl"
ROWS = [json.loads(line) for line in HOSTILE.read_text(encoding="ascii").splitlines()]
CASES = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["tests"])


def every_text(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from every_text(inner)


def test_the_fixture_holds_what_it_promises():
    assert len(ROWS) >= 60
    assert len({row["tests"] for row in ROWS}) == len(ROWS)
    everything = "".join(text for row in ROWS for text in every_text(row))
    needed = (
        "\x00\x07\x1b\x7f\x85\x9b\x9d\u200b\u200d\u2028\u2029\u202e\u2066\ue000\ufe0f\ufeff\ud83d\U000e0041\U000e0168"
    )
    assert set(needed) <= set(everything)


@CASES
def test_nothing_hostile_gets_through(row):
    for text in every_text(row):
        seen, line = inspect(text), visible_line(text)
        assert harmful(seen.visible) == []
        assert harmful(line, allowed="") == []
        assert longest_mark_run(seen.visible) <= 3
        assert seen.offsets[len(seen.visible)] == len(text)


@CASES
def test_what_scorers_read_is_sound(row):
    for text in every_text(row):
        folded = fold(text)
        folded.text.encode()
        assert folded.offsets[len(folded.text)] == len(text)
        assert 0 <= detect(text).confidence <= 1


def test_the_attacks_are_found():
    found = {finding.kind for row in ROWS for finding in inspect(row["text"]).findings}
    assert found == set(FindingKind)
