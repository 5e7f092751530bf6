import os
import subprocess
import sys

import pytest

from moderator.connectors.files import FileFormat, FileOptions, open_file
from moderator.connectors.files.csv import CsvSource
from moderator.connectors.files.jsonl import JsonlSource
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

OPTIONS = FileOptions(now_ms=1_793_534_400_000)
JSONL = '{"id": "1", "text": "Fine."}\n'
CSV = "id,text\n1,Fine.\n"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jsonl", JSONL, JsonlSource),
        ("a.NDJSON", JSONL, JsonlSource),
        ("a.csv", CSV, CsvSource),
        ("a.tsv", CSV.replace(",", "\t"), CsvSource),
        ("a.txt", JSONL, JsonlSource),
        ("a", "\ufeff \n" + JSONL, JsonlSource),
        ("a.json", JSONL, JsonlSource),
        ("a.dat", CSV, CsvSource),
    ],
)
def test_the_format_goes_by_the_name_and_then_by_the_content(tmp_path, name, content, kind):
    path = tmp_path / name
    path.write_text(content)
    source = open_file(str(path), OPTIONS)
    assert isinstance(source, kind)
    (comment,) = source.records()
    assert comment.body == "Fine."
    assert source.position.where == str(path)
    assert source.position.bytes_total == source.position.bytes_read == path.stat().st_size


def test_the_format_can_be_given(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(JSONL)
    (comment,) = open_file(str(path), OPTIONS, FileFormat.JSONL).records()
    assert comment.body == "Fine."


def test_a_file_is_closed_at_its_end_and_when_reading_is_given_up(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(JSONL * 3)
    source = open_file(str(path), OPTIONS)
    records = source.records()
    next(records)
    records.close()
    assert source._lines._stream.closed


@pytest.mark.parametrize("what", ["missing.jsonl", "."])
def test_what_cannot_be_opened_is_one_clear_error(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConnectorError, match="can't be opened") as caught:
        open_file(what, OPTIONS)
    assert caught.value.exit_status == 5
    assert caught.value.hint


def test_a_hostile_file_name_is_shown_inert(tmp_path):
    with pytest.raises(ConnectorError) as caught:
        open_file(str(tmp_path / "\x1b[31mred"), OPTIONS)
    assert "\x1b" not in str(caught.value)


def test_a_disk_that_fails_midway_is_one_clear_error(tmp_path):
    from moderator.connectors.files.lines import Lines

    class Failing:
        def __init__(self):
            self.lines = iter([JSONL.encode()])

        def fileno(self):
            raise OSError

        def readline(self, _):
            for line in self.lines:
                return line
            raise OSError(5, "Input/output error")

        def close(self):
            pass

    records = JsonlSource(Lines(Failing(), "a.jsonl", 1000), OPTIONS).records()
    assert isinstance(next(records), IncomingComment)
    with pytest.raises(ConnectorError, match="can't be read after line 1: Input/output error"):
        next(records)


@pytest.mark.parametrize("content", [JSONL, CSV])
def test_the_standard_input(content):
    code = (
        "from moderator.connectors.files import FileOptions, open_file\n"
        "source = open_file('-', FileOptions(now_ms=1_793_534_400_000))\n"
        "for each in source.records(): print(each.remote_id, each.body, source.position.bytes_total)\n"
        "import sys; assert not sys.stdin.closed\n"
    )
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as out:
        out.write(content)
    done = subprocess.run([sys.executable, "-c", code], stdin=reading, capture_output=True, text=True, check=True)
    os.close(reading)
    assert done.stdout == "1 Fine. None\n"
