import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from moderator.connectors.base import BadRecord
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.services.admission import problem
from moderator.services.rejects import RejectsFile, rejects_path_for

GOOD = IncomingComment(
    source="site",
    remote_id="c1",
    body="Fine.",
    article_url="https://news.example/a",
    article_title="A title",
    section="world",
    author_name="Ann",
    author_remote_id="u1",
    parent_remote_id="c0",
    language="en",
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"body": "x" * 100},
        {"body": "\U0001f600" * 100},
        {"body": "\x1b[31m\u202e\ufeff"},
        {"author_name": "", "article_url": "", "section": "", "article_title": "", "parent_remote_id": None},
        {"author_name": "\x1b]0;title\x07"},
        {"remote_id": "x" * 1000},
        {"author_name": "й" * 500},
    ],
)
def test_what_is_let_in(change):
    assert problem(replace(GOOD, **change), 100) is None


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"body": ""}, "text.empty", "text: empty"),
        ({"body": " \t\n\u2003"}, "text.empty", "text: empty"),
        ({"body": "x" * 1001}, "text.too_long", "text: 1,001 characters, the limit is 1,000"),
        ({"body": "a\0b"}, "text.nul", "text: holds a NUL character"),
        ({"body": "a\ud83db"}, "text.surrogate", "text: holds half of a surrogate pair"),
        ({"remote_id": ""}, "id.missing", "id: missing"),
        ({"source": ""}, "id.missing", "id: missing"),
        ({"remote_id": "a\0"}, "id.nul", "id: holds a NUL character"),
        ({"remote_id": "x" * 1001}, "id.too_long", "id: longer than 1,000 bytes"),
        ({"parent_remote_id": "x" * 1001}, "parent_id.too_long", "parent_id: longer than 1,000 bytes"),
        ({"author_remote_id": "x" * 1001}, "author_id.too_long", "author_id: longer than 1,000 bytes"),
        ({"author_name": "й" * 501}, "author_name.too_long", "author_name: longer than 1,000 bytes"),
        ({"author_name": "\udc80"}, "author_name.surrogate", "author_name: holds half of a surrogate pair"),
        ({"article_url": "x" * 2001}, "article_url.too_long", "article_url: longer than 2,000 bytes"),
        ({"article_title": "\0"}, "article_title.nul", "article_title: holds a NUL character"),
        ({"section": "x" * 401}, "section.too_long", "section: longer than 400 bytes"),
        ({"language": "e\0n"}, "lang.nul", "lang: holds a NUL character"),
    ],
)
def test_what_is_not_let_in(change, code, reason):
    assert problem(replace(GOOD, **change), 1000) == (code, reason)


def test_where_rejects_go():
    assert rejects_path_for("-") == Path("stdin.rejects.jsonl")
    assert rejects_path_for("/data/a.jsonl") == Path("/data/a.jsonl.rejects.jsonl")
    assert rejects_path_for("/data/a.csv") != rejects_path_for("/data/a.jsonl")


BAD = BadRecord("da\u202eta.jsonl", 7, "text: empty", "text.empty", b'{"text": "\xff\x1b[31m"}\n')


def test_rejects_are_ascii_and_for_the_owner_alone(tmp_path):
    path = tmp_path / "rejects.jsonl"
    with RejectsFile(path, keep_lines=True) as rejects:
        rejects.add(BAD)
        rejects.add(replace(BAD, line=None, raw=b""))
    content = path.read_bytes()
    assert content.isascii()
    assert not set(content) & (set(range(32)) - {10}), "no raw control byte"
    first, second = (json.loads(line) for line in content.splitlines())
    assert first == {
        "file": "da\u202eta.jsonl",
        "line": 7,
        "code": "text.empty",
        "reason": "text: empty",
        "raw": '{"text": "\\xff\x1b[31m"}\n',
    }
    assert second["line"] is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_record_itself_is_left_out_unless_asked_for(tmp_path):
    path = tmp_path / "rejects.jsonl"
    with RejectsFile(path) as rejects:
        rejects.add(BAD)
    assert "raw" not in json.loads(path.read_text())


def test_without_rejects_an_earlier_file_is_left_alone_and_none_is_made(tmp_path):
    path = tmp_path / "rejects.jsonl"
    with RejectsFile(path) as rejects:
        assert rejects.written is None
    assert not path.exists()
    with RejectsFile(None) as rejects:
        rejects.add(BAD)
        assert rejects.written is None


def test_a_second_run_starts_the_file_anew(tmp_path):
    path = tmp_path / "rejects.jsonl"
    for _ in range(2):
        with RejectsFile(path) as rejects:
            rejects.add(BAD)
            assert rejects.written == path
    assert len(path.read_text().splitlines()) == 1


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path):
    with pytest.raises(ConnectorError, match="can't be written") as caught, RejectsFile(tmp_path) as rejects:
        rejects.add(BAD)
    assert "--rejects" in caught.value.hint
