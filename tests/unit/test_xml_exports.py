import io
import tracemalloc

import pytest

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileFormat, FileOptions, Standing, open_source
from moderator.connectors.files.opened import Opened, open_bytes
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

NOW_MS = 1_795_348_800_000
WP = 'xmlns:wp="http://wordpress.org/export/1.2/"'


def comment(number, text="Fine.", **fields):
    given = {"comment_id": number, "comment_content": text, "comment_approved": "1"} | fields
    return "<wp:comment>" + "".join(f"<wp:{k}>{v}</wp:{k}>" for k, v in given.items()) + "</wp:comment>\n"


def wxr(inner, head='<?xml version="1.0" encoding="UTF-8"?>\n'):
    item = "<item><title>T</title><link>https://s.example/a</link>\n"
    return f"{head}<rss {WP}><channel>\n{item}{inner}</item></channel></rss>"


def source(data, file_format=None, **options):
    content = data if isinstance(data, bytes) else data.encode()
    return open_source(open_bytes(content, "x.xml", NOW_MS, "", ""), FileOptions(now_ms=NOW_MS, **options), file_format)


def read(data, file_format=None, **options):
    return list(source(data, file_format, **options).records())


def ids(records):
    return [each.remote_id if isinstance(each, IncomingComment) else each.code for each in records]


BOMBS = {
    "entities": f'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss {WP}><channel>&b;</channel></rss>',
    "outside file": f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss {WP}><channel>&x;</channel></rss>',
    "depth": f"<rss {WP}><channel><item>" + "<a>" * 5000,
    "a tag without end": f'<rss {WP}><channel><item><wp:comment a="' + "x" * 20_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_words(name):
    with pytest.raises(ConnectorError) as caught:
        read(BOMBS[name], FileFormat.WXR)
    assert caught.value.code == "connector.xml_bomb"
    assert caught.value.hint
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "connector.xml_kind"),
        ("<html></html>", "connector.xml_bomb"),
        ("<rss", "connector.xml_broken"),
        ("<rss><<", "connector.xml_broken"),
        ("<?xml version='1.0' encoding='klingon'?><rss/>", "connector.encoding"),
    ],
)
def test_what_is_no_export_is_one_error(data, code):
    with pytest.raises(ConnectorError) as caught:
        read(data, FileFormat.WXR)
    assert caught.value.code in {code, "connector.xml_kind"}


@pytest.mark.parametrize("fault", ["a & b", "<b>", "</wp:x>", "<![CDATA[ x ]]>]]>", "<a b=c>", "<>"])
def test_a_broken_record_costs_itself_alone(fault):
    records = read(wxr(comment(1) + comment(2, fault) + comment(3)))
    assert ids(records) == ["1", "xml.broken", "3"]
    assert records[1].line == 5
    assert records[2].article_url == "https://s.example/a"


def test_a_quotation_that_is_never_closed_costs_a_bounded_stretch():
    inner = comment(1) + comment(2, "<![CDATA[open") + "".join(comment(n, "x" * 500) for n in range(3, 300))
    found = ids(read(wxr(inner), max_text_chars=100))
    assert found[:2] == ["1", "record.too_long"]
    assert found[-1] == "299"
    assert len(found) > 150


def test_a_file_cut_short_gives_what_came_before():
    whole = wxr(comment(1) + comment(2))
    for length in range(whole.index("<item>"), len(whole)):
        found = ids(read(whole[:length]))
        assert found[-1] == "xml.truncated" or length == len(whole)
        assert found[:-1] in (["1", "2"][:n] for n in range(3))


def test_a_record_beyond_all_bounds_is_left_out_and_the_next_is_read():
    records = read(wxr(comment(1, "x" * 3_000_000) + comment(2)), max_text_chars=1000)
    assert ids(records) == ["record.too_long", "2"]
    assert records[0].line == 4


def test_lines_are_counted_across_broken_records():
    records = read(wxr("\n\n" + comment(1, "&") + "\n" + comment(2, "&") + comment(3, "x", comment_approved="?")))
    assert [(each.code, each.line) for each in records] == [("xml.broken", 6), ("xml.broken", 8), ("status.unknown", 9)]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "utf-8-sig"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16"),
        ("\n\n<?xml version='1.0'?>", "utf-8"),
    ],
)
def test_encodings(head, encoding):
    (one,) = read(wxr(comment(1, "Дякую"), head).encode(encoding), FileFormat.WXR)
    assert one.body == "Дякую"


def test_characters_that_xml_forbids_spoil_only_themselves():
    data = wxr(comment(1, "<![CDATA[a\x0bb]]>") + comment(2, "&#0;&#xD800;&nbsp;&hellip;&bogus;")).encode()
    first, second = read(data.replace(b"Fine", b"\xff"), FileFormat.WXR)
    assert first.body == "a\N{REPLACEMENT CHARACTER}b"
    assert second.body == "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} …&bogus;"


def test_a_reference_at_the_end_of_a_piece_is_whole():
    for pad in range(65_536 - 260, 65_536 - 230):
        (one,) = read(wxr("<!--" + "x" * pad + "-->" + comment(1, "a&nbsp;&eacute;b")), FileFormat.WXR)
        assert one.body == "a éb"


def test_which_comments_are_taken_can_be_said():
    data = wxr("".join(comment(n, comment_approved=n) for n in ("0", "1", "spam", "trash")))
    assert ids(read(data)) == ["0", "1", "left.spam", "left.deleted"]
    assert ids(read(data, take=frozenset(Standing))) == ["0", "1", "spam", "trash"]
    assert ids(read(data, take=frozenset({Standing.HELD})))[1] == "left.published"


def test_the_source_is_named_by_the_site_where_nobody_names_it():
    data = wxr(comment(1)).replace("<item>", "<link>https://blog.example/x</link><item>", 1)
    assert read(data, name_by_site=True)[0].source == "blog.example"
    assert read(data, source="mine")[0].source == "mine"


@pytest.mark.parametrize("prefix", ["http://wordpress.org/export/1.0/", "http://wordpress.org/export/1.1/"])
def test_older_namespaces(prefix):
    (one,) = read(wxr(comment(1)).replace("http://wordpress.org/export/1.2/", prefix))
    assert one.remote_id == "1"


def test_a_feed_of_articles_never_ends_up_in_the_queue():
    feed = (
        '<rss xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel><title>News</title><item><title>Storm</title>'
        "<link>https://s.example/storm</link><description>Long.</description>"
        "<wfw:commentRss>https://s.example/storm/feed/</wfw:commentRss></item></channel></rss>"
    )
    with pytest.raises(ConnectorError, match="a feed of articles, not of comments") as caught:
        read(feed)
    assert "moderator intake https://s.example/storm/feed/" in caught.value.hint


def test_bloggers_own_export_gives_its_comments_alone():
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#{}"/>'
    entry = "<entry><id>tag:blogger.com,1999:blog-1.post-{}</id>{}<title>{}</title><content>{}</content>{}</entry>"
    reply = '<thr:in-reply-to ref="tag:blogger.com,1999:blog-1.post-7" href="http://b.example/7.html"/>'
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
        + entry.format(6, kind.format("settings"), "Setting", "x", "")
        + entry.format(
            7, kind.format("post"), "Frost", "long", '<link rel="alternate" href="http://b.example/7.html"/>'
        )
        + entry.format(8, kind.format("comment"), "Nice", "Nice.", reply)
        + "</feed>"
    )
    (one,) = read(feed)
    assert (one.remote_id, one.body, one.article_title) == ("8", "Nice.", "Frost")
    assert one.article_url == "http://b.example/7.html"


class Endless(io.RawIOBase):
    """A document of a given size that is never in memory as a whole."""

    def __init__(self, size):
        inner = "".join(comment(n, "Fine, and so on. " * 30) for n in range(50))
        whole = wxr("@").encode()
        self.pieces = [whole[: whole.index(b"@")], inner.encode(), whole[whole.index(b"@") + 1 :]]
        self.repeats, self.rest = size // len(inner), b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.rest and self.pieces:
            self.rest = self.pieces[0]
            if len(self.pieces) == 2 and self.repeats:
                self.repeats -= 1
            else:
                self.pieces.pop(0)
        taken = self.rest[: len(buffer)]
        self.rest = self.rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def test_memory_does_not_grow_with_the_file():
    peaks = []
    for size in (1_000_000, 6_000_000):
        opened = Opened(io.BufferedReader(Endless(size)), "x.xml")
        tracemalloc.start()
        count = sum(1 for _ in open_source(opened, FileOptions(now_ms=NOW_MS), FileFormat.WXR).records())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count > size // 1000
    assert peaks[1] < peaks[0] * 1.5
    assert peaks[1] < 8_000_000


def test_a_record_says_file_and_line():
    (bad,) = read(wxr(comment(1, comment_type="pingback")))
    assert bad == BadRecord("x.xml", 4, "a pingback, not a reader's comment", "left.pingback")
