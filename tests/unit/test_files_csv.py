import io
import time
import tracemalloc

import pytest

from moderator.connectors.base import BadRecord, Source
from moderator.connectors.files.csv import CsvSource
from moderator.connectors.files.lines import Lines
from moderator.connectors.files.record import FileOptions
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

NOW_MS = 1_793_534_400_000
HEADER = "id,text,article_url\n"
GOOD = "c{},Fine.,https://news.example/a\n"


def source(data: str | bytes, **options) -> CsvSource:
    options = FileOptions(now_ms=NOW_MS, **options)
    raw = data.encode() if isinstance(data, str) else data
    return CsvSource(Lines(io.BufferedReader(io.BytesIO(raw)), "comments.csv", options.longest_line), options)


def read(data: str | bytes, **options):
    return list(source(data, **options).records())


def test_columns_in_any_order_under_names_that_others_use():
    data = (
        "Created At,Likes,Comment,Author,User ID,Comment-ID,Page URL,Title,Category,Parent,Lang,Thumbs Down,Something\n"
        '2024-03-05 10:00,7,"Fine, really.",Ann,u5,c1,https://news.example/a,A title,sport,c0,en,2,else\n'
    )
    (comment,) = read(data, source="site")
    assert comment == IncomingComment(
        source="site",
        remote_id="c1",
        body="Fine, really.",
        article_url="https://news.example/a",
        article_title="A title",
        section="sport",
        author_name="Ann",
        author_kind="registered",
        author_remote_id="u5",
        parent_remote_id="c0",
        posted_at_ms=1_709_632_800_000,
        likes=7,
        dislikes=2,
        language="en",
    )


def test_empty_cells_are_absent():
    (comment,) = read(
        "id,text,article_url,author_id,parent,posted_at,likes,lang,author_kind\nc1,Fine.,/a,,,,,,\n",
    )
    assert (comment.author_remote_id, comment.parent_remote_id, comment.posted_at_ms) == (None, None, None)
    assert (comment.likes, comment.language, comment.author_kind) == (0, None, "guest")


def test_columns_named_by_the_configuration():
    data = "nr,said by,what\n1,Ann,Fine.\n"
    (comment,) = read(data, columns={"id": "nr", "text": "WHAT", "author_name": "said_by"})
    assert (comment.remote_id, comment.body, comment.author_name) == ("1", "Fine.", "Ann")
    with pytest.raises(ConnectorError, match="no column 'when', which is set to hold posted_at"):
        read(data, columns={"text": "what", "posted_at": "when"})


@pytest.mark.parametrize("header", ["a,b,c\n1,2,3\n", "1\n2\n", "Fine words,\n"])
def test_without_a_column_for_the_text_the_file_is_refused(header):
    with pytest.raises(ConnectorError, match="known to hold the text") as caught:
        read(header)
    assert "intake.columns" in caught.value.hint
    assert "Fine" not in str(caught.value), "a file without a header starts with somebody's words"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(delimiter):
    data = f"id,text,url\n1,{'a;b' if delimiter == ',' else 'a.b'},/a\n".replace(",", delimiter)
    (comment,) = read(data)
    assert (comment.remote_id, comment.article_url) == ("1", "/a")


def test_known_names_beat_the_number_of_columns_when_the_delimiter_is_found_out():
    (comment,) = read('id;text;"a,b,c,d,e"\n1;Fine.;x\n')
    assert comment.body == "Fine."


def test_a_delimiter_can_be_given_or_stand_in_the_first_line():
    assert read("id|text\n1|Fine.\n", delimiter="|")[0].body == "Fine."
    assert read("sep=|\r\nid|text\r\n1|Fine.\r\n")[0].body == "Fine."
    assert read("sep=;\nid;text\n1;a,b\n")[0].body == "a,b"


def test_quoted_line_ends_quotes_and_an_apostrophe_against_formulas_stay_as_they_are():
    first, second, third = read('id,text\r\n1,"one\r\ntwo ""three""\n\nfour"\r\n\r\n2,\'=1+1\r\n3,"\'=1+1"\r\n')
    assert first.body == 'one\r\ntwo "three"\n\nfour'
    assert second.body == third.body == "'=1+1"


def test_a_byte_order_mark_and_a_missing_last_line_end():
    (comment,) = read(b"\xef\xbb\xbf" + "id,text\n1,Schön".encode())
    assert (comment.remote_id, comment.body) == ("1", "Schön")


@pytest.mark.parametrize("data", ["", "\n \r\n", "id,text\n", b"\xef\xbb\xbf", "sep=;"])
def test_nothing_in_it(data):
    assert read(data) == []


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        ("x,y", "csv.width", "2 fields, the header has 3"),
        ("x,y,z,", "csv.width", "4 fields, the header has 3"),
        ('x,"he said "no" to me",z', "csv.quote", "a quote inside a quoted field that isn't doubled"),
        ("x,one\rtwo,z", "csv.line_end", "a carriage return outside quotes"),
        ("x,,z", "text.empty", None),
        (b"x,caf\xe9,z", "encoding.utf8", "invalid UTF-8"),
        (b"caf\xe9,x,z", "encoding.utf8", "invalid UTF-8"),
    ],
)
def test_a_bad_row_has_its_reason_and_its_neighbours_survive(row, code, reason):
    row = row.encode() if isinstance(row, str) else row
    before, bad, after = read((HEADER + GOOD.format(1)).encode() + row + b"\n" + GOOD.format(2).encode())
    assert (before.remote_id, after.remote_id) == ("c1", "c2")
    if code == "text.empty":
        assert bad.body == "", "whether a text may be empty is for the intake to say, for every source"
    else:
        assert (bad.where, bad.line, bad.code, bad.reason) == ("comments.csv", 3, code, reason)
        assert bad.raw == row + b"\n"


@pytest.mark.parametrize(
    ("column", "value", "code", "reason"),
    [
        ("likes", "-3", "likes.range", "likes: negative"),
        ("likes", "many", "likes.type", "likes: not a number"),
        ("likes", "1.5", "likes.type", "likes: not a number"),
        ("likes", "9" * 16, "likes.range", "likes: too large"),
        ("posted_at", "some day", "date.unknown", "posted_at: unknown date: not a known form"),
        (
            "posted_at",
            "03/04/2024",
            "date.unknown",
            "posted_at: unknown date: ambiguous: day or month first? Set day_first",
        ),
        ("author_kind", "robot", "author_kind.type", "author_kind: neither guest nor registered"),
    ],
)
def test_a_bad_value_has_its_reason(column, value, code, reason):
    good, bad = read(f"text,{column}\nFine.,\nFine.,{value}\n")
    assert isinstance(good, IncomingComment)
    assert (bad.code, bad.reason, bad.line) == (code, reason, 3)


@pytest.mark.parametrize(("value", "count"), [("12", 12), ("+12", 12), (" 12 ", 12), ("12.0", 12), ("0", 0)])
def test_counts_as_spreadsheets_write_them(value, count):
    (comment,) = read(f"text,likes\nFine.,{value}\n")
    assert comment.likes == count


def test_an_unclosed_quote_costs_its_own_line():
    rows = [GOOD.format(number) for number in range(50)]
    rows[10] = 'c10,"Fine.,https://news.example/a\n'
    found = read(HEADER + "".join(rows))
    assert [each.remote_id for each in found if isinstance(each, IncomingComment)] == [
        f"c{number}" for number in range(50) if number != 10
    ]
    (bad,) = [each for each in found if isinstance(each, BadRecord)]
    assert (bad.line, bad.code, bad.reason) == (12, "csv.open_quote", "a quote that is never closed")


def test_an_unclosed_quote_in_the_last_line():
    *_, bad = read(HEADER + GOOD.format(1) + 'c2,"Fine.,/a')
    assert (bad.line, bad.code) == (3, "csv.open_quote")


def test_an_unclosed_quote_swallows_no_more_than_a_line_may_have():
    rows = [GOOD.format(number) for number in range(20_000)]
    rows[10] = 'c10,"Fine.,https://news.example/a\n'
    reading = source(HEADER + "".join(rows), max_text_chars=1000)
    tracemalloc.start()
    try:
        counts = {IncomingComment: 0, BadRecord: 0}
        for each in reading.records():
            counts[type(each)] += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counts == {IncomingComment: 19_999, BadRecord: 1}
    assert peak < 3_000_000


def test_an_unclosed_quote_that_a_later_quote_closes():
    first, bad, quoted, last = read(
        HEADER + GOOD.format(1) + 'c2,"Fine.,/a\n' + 'c3,"Fine, too.",/a\n' + GOOD.format(4)
    )
    assert [each.remote_id for each in (first, quoted, last)] == ["c1", "c3", "c4"]
    assert quoted.body == "Fine, too."
    assert (bad.line, bad.code) == (3, "csv.quote")


def test_a_file_made_of_broken_records_takes_linear_time_and_says_what_it_gave_up():
    line = 'a"b,"c\n'
    reading = source(HEADER + line * 60_000, max_text_chars=100)
    start = time.process_time()
    found = list(reading.records())
    assert time.process_time() - start < 20
    assert {type(each) for each in found} == {BadRecord}
    assert "given up with all lines to" in found[-2].reason
    assert found[-1].line > 59_000


def test_a_huge_row_takes_no_memory_and_the_next_one_is_read():
    class Huge(io.RawIOBase):
        """A good row, 64 MB of one row, a good row: made as it's read."""

        def __init__(self):
            self.parts = iter(
                [
                    (HEADER + GOOD.format(1)).encode() + b'x,"',
                    *[b"x" * 65_536] * 1024,
                    b'",/a\n',
                    GOOD.format(2).encode(),
                ]
            )
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
    reading = CsvSource(Lines(io.BufferedReader(Huge()), "-", options.longest_line), options)
    tracemalloc.start()
    try:
        before, bad, after = reading.records()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (before.remote_id, bad.line, bad.code, after.remote_id) == ("c1", 3, "line.too_long", "c2")
    assert peak < 3_000_000


def test_a_text_longer_than_the_parser_takes_by_itself():
    long = "word " * 40_000
    (comment,) = read(f'id,text\n1,"{long}"\n', max_text_chars=300_000)
    assert comment.body == long


def test_invalid_utf8_in_a_column_that_nobody_reads_is_no_fault():
    (comment,) = read(b"id,text,other\n1,Fine.,caf\xe9\n")
    assert comment.body == "Fine."


def test_a_header_that_is_too_long_or_broken():
    with pytest.raises(ConnectorError, match="the header is longer than"):
        read("x" * 2_000_000, max_text_chars=100)
    with pytest.raises(ConnectorError, match="header can't be parsed"):
        read('"id,text\n1,2\n')


def test_lines_are_counted_as_an_editor_counts_them():
    reading = source('id,text\n1,"a\nb\nc"\n2,x,y\n3,Fine.\n')
    first, bad, _last = reading.records()
    assert first.body == "a\nb\nc"
    assert bad.line == 5
    assert reading.position.bytes_read == len('id,text\n1,"a\nb\nc"\n2,x,y\n3,Fine.\n')


def test_it_is_a_source():
    reading = source("id,text\n1,Fine.\n2,Fine.\n", source="site")
    assert isinstance(reading, Source)
    assert reading.name == "site"
    records = reading.records()
    next(records)
    assert reading.position.line == 2
    assert next(records).remote_id == "2"
    assert (reading.position.line, reading.position.raw) == (3, b"2,Fine.\n")
