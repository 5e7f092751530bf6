import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from moderator.connectors.base import BadRecord, Source
from moderator.connectors.files.jsonl import JsonlSource
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.record import FileOptions
from moderator.domain.comment import AuthorKind, IncomingComment
from moderator.errors import ConfigError, ConnectorError

NOW_MS = 1_793_534_400_000
GOOD = {"id": "c1", "text": "Fine.", "article": {"url": "https://news.example/a"}}


def source(data: bytes, **options) -> JsonlSource:
    options = FileOptions(now_ms=NOW_MS, **options)
    return JsonlSource(Lines(io.BufferedReader(io.BytesIO(data)), "comments.jsonl", options.longest_line), options)


def read(data: bytes, **options):
    return list(source(data, **options).records())


def read_one(record: dict, **options) -> IncomingComment | BadRecord:
    (one,) = read(json.dumps(record).encode(), **options)
    return one


def test_a_full_record():
    comment = read_one(
        {
            "id": "c7",
            "text": "Line one\nline two \U0001f600",
            "article": {"url": "https://news.example/a", "title": "A title", "section": "world"},
            "author": {"name": "Ann", "id": "u5", "kind": "registered"},
            "parent_id": "c6",
            "posted_at": "1 day ago",
            "likes": 12,
            "dislikes": 3,
            "lang": "en-GB",
            "something": ["else"],
        },
        source="demo",
    )
    assert comment == IncomingComment(
        source="demo",
        remote_id="c7",
        body="Line one\nline two \U0001f600",
        article_url="https://news.example/a",
        article_title="A title",
        section="world",
        author_name="Ann",
        author_kind=AuthorKind.REGISTERED,
        author_remote_id="u5",
        parent_remote_id="c6",
        posted_at_ms=NOW_MS - 86_400_000,
        likes=12,
        dislikes=3,
        language="en",
    )


def test_flat_names_that_others_use():
    comment = read_one(
        {
            "comment_id": 7,
            "body": "Fine.",
            "url": "https://news.example/a",
            "headline": "A title",
            "category": "sport",
            "author": "Ann",
            "reply_to": 6,
            "created_at": 1_700_000_000,
            "upvotes": 2.0,
            "downvotes": 1,
            "language": "DE",
        }
    )
    assert (comment.remote_id, comment.body, comment.article_url) == ("7", "Fine.", "https://news.example/a")
    assert (comment.article_title, comment.section, comment.author_name) == ("A title", "sport", "Ann")
    assert (comment.parent_remote_id, comment.posted_at_ms) == ("6", 1_700_000_000_000)
    assert (comment.likes, comment.dislikes, comment.language) == (2, 1, "de")
    assert comment.author_kind is AuthorKind.GUEST


def test_our_own_name_beats_an_alias():
    assert read_one({"text": "ours", "body": "theirs", "id": "1", "article": "A"}).body == "ours"


def test_a_mapping_reaches_into_objects():
    record = {"nr": 9, "payload": {"said": "Fine.", "when": {"at": "2024-03-05"}}, "text": "not this"}
    mapping = {"id": "nr", "text": "payload.said", "posted_at": "payload.when.at", "likes": "payload.no.where"}
    comment = read_one(record, fields=mapping)
    assert (comment.remote_id, comment.body, comment.likes) == ("9", "Fine.", 0)
    assert comment.posted_at_ms == int(datetime(2024, 3, 5, tzinfo=UTC).timestamp() * 1000)


def test_a_mapping_of_an_unknown_field_is_refused():
    with pytest.raises(ConfigError, match="there is no field 'txt'"):
        FileOptions(now_ms=NOW_MS, fields={"txt": "body"})


@pytest.mark.parametrize(
    ("article", "url", "title"),
    [
        ("https://news.example/a", "https://news.example/a", ""),
        ("/2024/a", "/2024/a", ""),
        ("The bridge", "title:The bridge", "The bridge"),
        ({"title": "The bridge"}, "title:The bridge", "The bridge"),
        ({}, "", ""),
        (None, "", ""),
    ],
)
def test_an_article_is_known_by_its_url_or_at_last_by_its_title(article, url, title):
    comment = read_one({"id": "1", "text": "Fine.", "article": article})
    assert (comment.article_url, comment.article_title) == (url, title)


def test_the_article_of_the_command_line_fills_the_gap():
    given = "https://news.example/given"
    assert read_one({"text": "Fine.", "article": "The bridge"}, article_url=given).article_url == given
    assert read_one({**GOOD}, article_url=given).article_url == GOOD["article"]["url"]


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        ({"name": "Ann"}, AuthorKind.GUEST),
        ({"name": "Ann", "id": 5}, AuthorKind.REGISTERED),
        ({"name": "Ann", "id": 5, "kind": "guest"}, AuthorKind.GUEST),
        ({"name": "Ann", "kind": "Registered"}, AuthorKind.REGISTERED),
        ({"kind": "anonymous"}, AuthorKind.GUEST),
        ({}, AuthorKind.GUEST),
    ],
)
def test_whoever_has_an_id_is_registered_unless_said_otherwise(author, kind):
    assert read_one({**GOOD, "author": author}).author_kind is kind


BAD_LINES = [
    (b"not json", "json.broken", "broken JSON"),
    (b'{"id": "x", "text": "cut off', "json.broken", "broken JSON"),
    (b'{"text": "a"} {"text": "b"}', "json.broken", "broken JSON"),
    (b'{"text": "a", "likes": NaN}', "json.broken", "broken JSON"),
    (b'{"text": "a", "likes": 1e999}', "json.number", "a number out of range"),
    (b'["text", "a"]', "json.not_object", "not a JSON object"),
    (b'"text"', "json.not_object", "not a JSON object"),
    (b"null", "json.not_object", "not a JSON object"),
    (b"7", "json.not_object", "not a JSON object"),
    (b"[" * 5000, "json.nested", "nested too deep"),
    (b'{"text": "caf\xe9"}', "encoding.utf8", "invalid UTF-8 at byte 14"),
    (b'{"text": "\xed\xa0\x80"}', "encoding.utf8", "invalid UTF-8 at byte 11"),
    (b'{"text": "a\0b"}', "text.nul", "NUL byte at byte 12"),
    (b'{"text": "\\ud83d"}', "text.surrogate", "holds half of a surrogate pair"),
    (b"{}", "text.missing", "text: missing"),
    (b'{"id": "1", "text": null}', "text.missing", "text: missing"),
    (b'{"text": 5}', "text.type", "text: not text"),
    (b'{"text": ["a"]}', "text.type", "text: not text"),
    (b'{"text": "a", "id": 1.5}', "id.type", "id: not text or a whole number"),
    (b'{"text": "a", "id": true}', "id.type", "id: not text or a whole number"),
    (b'{"text": "a", "id": {"a": 1}}', "id.type", "id: not text or a whole number"),
    (b'{"text": "a", "parent_id": []}', "parent_id.type", "parent_id: not text or a whole number"),
    (b'{"text": "a", "article": 5}', "article.type", "article: not an object or text"),
    (b'{"text": "a", "article": {"url": 5}}', "article_url.type", "article_url: not text"),
    (b'{"text": "a", "article": {"title": []}}', "article_title.type", "article_title: not text"),
    (b'{"text": "a", "section": 5}', "section.type", "section: not text"),
    (b'{"text": "a", "author": 5}', "author_name.type", "author_name: not text"),
    (b'{"text": "a", "author": {"name": 5}}', "author_name.type", "author_name: not text"),
    (b'{"text": "a", "author": {"kind": "robot"}}', "author_kind.type", "author_kind: neither guest nor registered"),
    (b'{"text": "a", "author": {"kind": 5}}', "author_kind.type", "author_kind: neither guest nor registered"),
    (b'{"text": "a", "posted_at": "some day"}', "date.unknown", "posted_at: unknown date: not a known form"),
    (b'{"text": "a", "posted_at": {}}', "date.unknown", "posted_at: unknown date: neither text nor a number"),
    (b'{"text": "a", "likes": -1}', "likes.range", "likes: negative"),
    (b'{"text": "a", "likes": "5"}', "likes.type", "likes: not a whole number"),
    (b'{"text": "a", "likes": 1.5}', "likes.type", "likes: not a whole number"),
    (b'{"text": "a", "likes": true}', "likes.type", "likes: not a whole number"),
    (b'{"text": "a", "likes": false}', "likes.type", "likes: not a whole number"),
    (b'{"text": "a", "likes": []}', "likes.type", "likes: not a whole number"),
    (b'{"text": "a", "dislikes": 99999999999999999999}', "dislikes.range", "dislikes: too large"),
    (b'{"text": "a", "lang": 5}', "lang.type", "lang: not text"),
    (b'{"text": "a", "text": "b"}', "json.repeated_key", "the key 'text' twice"),
    (b'{"text": "a", "te\\u0078t": "b"}', "json.repeated_key", "the key 'text' twice"),
    (b'{"text" :"a","text":"b"}', "json.repeated_key", "the key 'text' twice"),
    (b'{"text": "a", "article": {"x": 1, "x": 2}}', "json.repeated_key", "a key twice"),
    (b'{"text": "a \\": \\":", "author": {"name": "", "name": ""}}', "json.repeated_key", "a key twice"),
    (b'{"a\\\\":1,"text":"a","b":1,"b":2}', "json.repeated_key", "a key twice"),
    (b'{"text": "a", "extra": [{"k": 1, "k": 2}]}', "json.repeated_key", "a key twice"),
]


@pytest.mark.parametrize(("line", "code", "reason"), BAD_LINES)
def test_a_bad_line_has_its_reason_and_its_neighbours_survive(line, code, reason):
    good = json.dumps(GOOD).encode()
    before, bad, after = read(good + b"\n" + line + b"\n" + good)
    assert isinstance(before, IncomingComment)
    assert isinstance(after, IncomingComment)
    assert (bad.where, bad.line, bad.code, bad.reason) == ("comments.jsonl", 2, code, reason)
    assert bad.raw == (line + b"\n")[:4096]


@pytest.mark.parametrize(
    "line",
    [
        b'{"text": "He said \\": and \\\\\\": and " , "id" : "1"}',
        b'{"text":"a : b","id":"1","extra":{"a":{"b":[{"c":1},{"c":2}]}}}',
        b'{"text":"\\\\","id":"1","x\\\\":1}',
        b'\t{"text":\r"a","id"\t:"1"}\r',
    ],
)
def test_keys_that_only_look_repeated_are_fine(line):
    (comment,) = read(line)
    assert comment.remote_id == "1"


def test_reasons_quote_no_text():
    for line, _, reason in BAD_LINES:
        assert "cut off" not in reason
        assert "some day" not in reason, line
    (bad,) = read(b'{"my secret": 1, "my secret": 2, "text": "a"}')
    assert "secret" not in bad.reason


def test_a_byte_order_mark_line_ends_and_blank_lines():
    good = json.dumps(GOOD).encode()
    data = b"\xef\xbb\xbf" + good + b"\r\n\r\n  \t \n" + good + b"\r\nbad\r\n\n"
    first, second, bad = read(data)
    assert first == second
    assert bad.line == 5
    assert read(b"") == read(b"\n \r\n") == read(b"\xef\xbb\xbf") == []


def test_a_byte_order_mark_further_down_is_no_mark():
    first, bad = read(json.dumps(GOOD).encode() + b"\n\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert isinstance(first, IncomingComment)
    assert bad.code == "json.broken"


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_a_huge_line_takes_no_memory_and_the_next_one_is_read(ending):
    class Huge(io.RawIOBase):
        """A good line, 64 MB of one line, a good line: made as it's read."""

        def __init__(self):
            good = json.dumps(GOOD).encode()
            self.parts = iter([good + b'\n{"text": "', *[b"x" * 65_536] * 1024, b'"}\n', good + ending])
            self.rest = b""

        def readable(self):
            return True

        def readinto(self, buffer):
            self.rest = self.rest or next(self.parts, b"")
            taken = self.rest[: len(buffer)]
            buffer[: len(taken)] = taken
            self.rest = self.rest[len(taken) :]
            return len(taken)

    options = FileOptions(now_ms=NOW_MS, max_text_chars=10_000)
    lines = Lines(io.BufferedReader(Huge()), "-", options.longest_line)
    huge = JsonlSource(lines, options)
    tracemalloc.start()
    try:
        before, bad, after = huge.records()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(before, IncomingComment)
    assert isinstance(after, IncomingComment)
    assert (bad.line, bad.code) == (2, "line.too_long")
    assert after == before
    assert huge.position.line == 3
    assert huge.position.bytes_read > 64 * 2**20
    assert peak < 3_000_000


def test_a_line_as_long_as_allowed_is_read():
    options = FileOptions(now_ms=NOW_MS, max_text_chars=100)
    line = json.dumps(GOOD).encode()
    padded = line[:-1] + b" " * (options.longest_line - len(line)) + b"}"
    assert len(padded) == options.longest_line
    results = [type(each) for each in read(padded + b"\n" + padded[:-1] + b" }\n" + padded, max_text_chars=100)]
    assert results == [IncomingComment, BadRecord, IncomingComment]


@pytest.mark.parametrize(
    ("start", "said"),
    [(b"\xff\xfe{", "UTF-16"), (b"\xfe\xff\0{", "UTF-16"), (b"\x1f\x8b\x08", "gzip"), (b"PK\3\4", "zip")],
)
def test_another_kind_of_file_is_refused_as_a_whole(start, said):
    with pytest.raises(ConnectorError, match=said) as caught:
        read(start)
    assert caught.value.hint


def test_a_missing_id_is_made_from_the_content_and_stays_the_same():
    record = {"text": "Fine.", "article": {"url": "https://news.example/a"}, "author": "Ann", "posted_at": "2024-03-05"}
    one = read_one(record)
    assert one.remote_id.startswith("made-")
    assert read_one({**record, "likes": 5}).remote_id == one.remote_id
    others = [
        {**record, "text": "Fine!"},
        {**record, "author": "Bob"},
        {**record, "author": {"name": "Ann", "kind": "registered"}},
        {**record, "posted_at": "2024-03-06"},
        {**record, "article": {"url": "https://news.example/b"}},
        {**record, "parent_id": "1"},
    ]
    assert len({read_one(other).remote_id for other in [record, *others]}) == 7
    reading = source(json.dumps(record).encode() + b"\n" + json.dumps(GOOD).encode())
    assert len(list(reading.records())) == 2
    assert reading.position.derived_ids == 1


def test_a_made_id_does_not_move_with_a_relative_date():
    ids = set()
    for now_ms in (NOW_MS, NOW_MS + 10_000_000):
        options = FileOptions(now_ms=now_ms)
        data = io.BufferedReader(io.BytesIO(b'{"text": "Fine.", "posted_at": "2 hours ago"}'))
        ids |= {each.remote_id for each in JsonlSource(Lines(data, "-", options.longest_line), options).records()}
    assert len(ids) == 1


def test_shapes_are_remembered_but_not_without_end():
    from moderator.connectors.files.fields import KeyFinder

    finder = KeyFinder({})
    for number in range(2000):
        assert finder.values({"text": "a", f"extra{number}": 1})[1] == "a"
        finder.values({"text": "a", "x" * 3000: number})
    assert len(finder._shapes) <= 512


def test_it_is_a_source():
    reading = source(json.dumps(GOOD).encode(), source="site")
    assert isinstance(reading, Source)
    assert reading.name == "site"
    assert reading.position.line is None


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b'[{"id": 1, "text": "x"}, {"id": 2, "text": "y"}]', "'.[]'"),
        (b'\xef\xbb\xbf\n[\n  {"id": 1, "text": "x"},\n  {"id": 2, "text": "y"}\n]\n', "'.[]'"),
        (b'{\n  "id": 1,\n  "text": "x"\n}\n', "'.'"),
    ],
)
def test_one_json_document_is_refused_as_a_whole_with_the_way_to_convert_it(content, hint):
    with pytest.raises(ConnectorError) as caught:
        read(content)
    assert caught.value.code == "connector.json_whole"
    assert hint in caught.value.hint
