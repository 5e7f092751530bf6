"""What is written as JSON Lines or CSV is read back as it was, and no bytes whatever stop the stream."""

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.connectors.base import BadRecord
from moderator.connectors.files.csv import CsvSource
from moderator.connectors.files.dates import DateReader, UnknownDateError
from moderator.connectors.files.jsonl import JsonlSource
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.record import FileOptions
from moderator.domain.comment import AuthorKind, IncomingComment

NOW_MS = 1_793_534_400_000
OPTIONS = FileOptions(now_ms=NOW_MS, source="site")

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
names = texts.map(str.strip)
ids = names.filter(bool)
comments = st.builds(
    IncomingComment,
    source=st.just("site"),
    remote_id=ids,
    body=texts,
    article_url=names.map("https://news.example/{}".format),
    article_title=names,
    section=names,
    author_name=names,
    author_kind=st.sampled_from(AuthorKind),
    author_remote_id=st.none() | ids,
    parent_remote_id=st.none() | ids,
    posted_at_ms=st.none() | st.integers(631_152_000_000, NOW_MS),
    likes=st.integers(0, 2**53),
    dislikes=st.integers(0, 2**53),
    language=st.none() | st.sampled_from(["en", "ru", "yue"]),
)


def lines(data: bytes) -> Lines:
    return Lines(io.BufferedReader(io.BytesIO(data)), "given", OPTIONS.longest_line)


def when(ms):
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def as_json(comment, *, escaped):
    record = {
        "id": comment.remote_id,
        "text": comment.body,
        "article": {"url": comment.article_url, "title": comment.article_title, "section": comment.section},
        "author": {"name": comment.author_name, "id": comment.author_remote_id, "kind": comment.author_kind},
        "parent_id": comment.parent_remote_id,
        "posted_at": when(comment.posted_at_ms),
        "likes": comment.likes,
        "dislikes": comment.dislikes,
        "lang": comment.language,
    }
    return json.dumps(record, ensure_ascii=escaped)


COLUMNS = (
    "remote_id",
    "body",
    "article_url",
    "article_title",
    "section",
    "author_name",
    "author_kind",
    "author_id",
    "parent",
    "posted_at",
    "likes",
    "dislikes",
    "lang",
)


def as_row(comment):
    return [
        comment.remote_id,
        comment.body,
        comment.article_url,
        comment.article_title,
        comment.section,
        comment.author_name,
        comment.author_kind,
        comment.author_remote_id or "",
        comment.parent_remote_id or "",
        when(comment.posted_at_ms) or "",
        comment.likes,
        comment.dislikes,
        comment.language or "",
    ]


@given(st.lists(comments, max_size=5), st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_json_lines_are_read_back(given_comments, escaped, ending):
    data = "".join(as_json(comment, escaped=escaped) + ending for comment in given_comments)
    assert list(JsonlSource(lines(data.encode()), OPTIONS).records()) == given_comments


@given(st.lists(comments, max_size=5), st.sampled_from(",;\t"), st.permutations(range(len(COLUMNS))), st.booleans())
def test_csv_is_read_back(given_comments, delimiter, order, quote_all):
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerow([COLUMNS[place] for place in order])
    for comment in given_comments:
        row = as_row(comment)
        writer.writerow([row[place] for place in order])
    assert list(CsvSource(lines(out.getvalue().encode()), OPTIONS).records()) == given_comments


@given(st.binary(max_size=200), st.sampled_from([JsonlSource, CsvSource]))
def test_no_bytes_stop_the_stream(junk, kind):
    good = {JsonlSource: b'{"id": "last", "text": "Fine."}', CsvSource: b"last,Fine."}[kind]
    start = {JsonlSource: b"\n", CsvSource: b"id,text\n"}[kind]
    records = list(kind(lines(start + junk + b"\n" + good + b"\n"), OPTIONS).records())
    assert all(isinstance(record, IncomingComment | BadRecord) for record in records)
    # Whatever came before, the last line is reached: read, or named as part of what is bad.
    last = records[-1]
    if isinstance(last, IncomingComment):
        assert last.body.endswith("Fine.")
    else:
        assert b'"' in junk or b"\r" in junk


@settings(deadline=None)  # a language's words are loaded when they're first met
@given(st.text(max_size=70) | st.integers() | st.floats() | st.none() | st.booleans())
def test_a_date_is_read_or_refused_and_never_out_of_range(value):
    with suppress(UnknownDateError):
        assert 631_152_000_000 <= DateReader(NOW_MS).read(value).ms <= NOW_MS + 86_400_000


@given(st.integers(631_152_000_000, NOW_MS))
def test_every_common_form_of_a_time_means_the_same(ms):
    reader = DateReader(NOW_MS)
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    seconds = ms // 1000 * 1000
    assert reader.read(moment.isoformat(timespec="milliseconds")).ms == ms
    assert reader.read(ms).ms == reader.read(str(ms)).ms == ms
    assert reader.read(ms // 1000).ms == reader.read(moment.strftime("%Y-%m-%d %H:%M:%SZ")).ms == seconds
    assert reader.read(moment.strftime("%d.%m.%Y %H:%M:%S")).ms == seconds
    assert reader.read(moment.strftime("%Y/%m/%d %H:%M:%S")).ms == seconds
    assert reader.read(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")).ms == seconds
