import pytest
from effort import calls_made

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileFormat, FileOptions, open_source
from moderator.connectors.files.opened import open_bytes
from moderator.connectors.pages.encoding import decode
from moderator.errors import ConnectorError

NOW_MS = 1_795_348_800_000
COMMENT = '<li class="comment" id="comment-{}"><b class="fn">Ann</b><div class="comment-content"><p>{}</p></div></li>'


def source(content, where="page.html", url="", content_type="", file_format=None, **options):
    content = content if isinstance(content, bytes) else content.encode()
    opened = open_bytes(content, where, NOW_MS, url, content_type)
    return open_source(opened, FileOptions(now_ms=NOW_MS, **options), file_format)


def read(content, **options):
    return list(source(content, **options).records())


def page(*comments, head=""):
    return f"<!DOCTYPE html><head>{head}</head><body><ol class=comment-list>{''.join(comments)}</ol></body>"


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("Дякую".encode(), "", "Дякую"),
        (b"\xef\xbb\xbfx", "text/html; charset=koi8-r", "x"),
        ("Дякую".encode("cp1251"), 'text/html; charset="windows-1251"', "Дякую"),
        (
            b"<meta charset=latin-1>it\x92s \x80",
            "",
            "<meta charset=latin-1>it\N{RIGHT SINGLE QUOTATION MARK}s \N{EURO SIGN}",
        ),
        (b'<meta http-equiv=Content-Type content="text/html; charset=utf-16">x', "", None),
        ("x".encode("utf-16"), "", "x"),
        (b"a\xffb", "text/html; charset=utf-8", "a\N{REPLACEMENT CHARACTER}b"),
        (b"<meta charset=nonsense>\xc3\xa9", "", "<meta charset=nonsense>é"),
        (("Це речення українською мовою, досить довге, щоб його впізнати. " * 5).encode("cp1251"), "", None),
    ],
)
def test_encodings_as_browsers_treat_them(content, content_type, text):
    decoded = decode(content, content_type)
    assert decoded == text if text is not None else "речення" in decoded or decoded.endswith("x")


@pytest.mark.parametrize(
    ("body", "what", "hint"),
    [
        ("<div id=disqus_thread></div>", "Disqus loads them by script", "Export them at disqus.com"),
        ("<section id=isso-thread></section>", "Isso loads them by script", "comments.db"),
        ("<div id=coral_thread></div>", "Coral loads them by script", "source for Coral"),
        ("<script>DiscourseEmbed = {}</script>", "Discourse loads them by script", "source for Discourse"),
        ("<div>Loading comments...</div>", "a script loads them", "Save the page"),
        ("<a class=comment-form>Post a Comment</a>", "has a form for comments", "feeds/comments/default"),
        ("<form id=commentform></form>", "has a form for comments", "feed/ behind it"),
        ("<p>An article.</p>", "no comments in any form that is known", "name a feed or an export"),
    ],
)
def test_a_page_without_comments_says_why_and_where_they_are(body, what, hint):
    with pytest.raises(ConnectorError, match=what) as caught:
        read(f"<html><body><h1>T</h1>{body}</body></html>")
    assert hint in caught.value.hint
    assert caught.value.exit_status == 5
    feed = '<link rel=alternate type="application/atom+xml" href="/comments/feed.xml">'
    with pytest.raises(ConnectorError) as caught:
        read(
            f"<html><head>{feed}</head><body>{body}</body></html>",
            url="https://s.example/a",
            where="https://s.example/a",
        )
    assert caught.value.hint == "Read the feed that it names: moderator intake https://s.example/comments/feed.xml"


def test_two_pages_of_unknown_sites_never_share_ids():
    one, other = (read(page(COMMENT.format(7, "x")), where=name, name_by_site=True)[0] for name in ("a.html", "b.html"))
    assert one.source == other.source == "import"
    assert one.remote_id != other.remote_id
    assert read(page(COMMENT.format(7, "x")), where="dir/a.html", name_by_site=True)[0].remote_id == one.remote_id
    assert read(page(COMMENT.format(7, "x")), source="mine")[0].remote_id == "7"


def test_a_page_that_calls_another_sites_address_its_own_is_not_believed():
    head = '<link rel="canonical" href="https://victim.example/a">'
    (one,) = read(page(COMMENT.format(7, "x"), head=head), url="https://s.example/p", name_by_site=True)
    assert (one.source, one.article_url) == ("s.example", "https://s.example/p")


def test_the_article_given_on_the_command_line_counts():
    head = '<link rel="canonical" href="https://a.example/x">'
    (one,) = read(page(COMMENT.format(7, "x"), head=head), article_url="https://b.example/y", name_by_site=True)
    assert (one.source, one.article_url) == ("b.example", "https://b.example/y")


def test_a_date_that_cannot_be_read_costs_the_date_alone():
    comment = COMMENT.format(7, "x").replace("<div", '<div class="comment-meta"><a>long ago, maybe</a></div><div', 1)
    made = source(page(comment))
    (one,) = made.records()
    assert one.posted_at_ms is None
    assert "One comment has no date that can be read" in made.remarks[0]


def test_a_page_speaks_of_more_comments_than_it_shows():
    made = source(page("<h3>12 comments</h3>", COMMENT.format(7, "x")))
    list(made.records())
    assert "It speaks of 12 comments and shows 1" in made.remarks[0]


def test_an_empty_comment_is_left_out_with_its_place():
    from moderator.services.admission import problem

    _, empty = read(page(COMMENT.format(7, "x"), COMMENT.format(8, "")))
    assert problem(empty)[0] == "text.empty"


def test_a_page_made_to_exhaust_its_reader_is_refused():
    with pytest.raises(ConnectorError) as caught:
        read("<html>" + "<div>" * 50_000)
    assert caught.value.code == "connector.html_bomb"


def test_a_page_larger_than_any_page_is_refused(monkeypatch):
    monkeypatch.setattr("moderator.connectors.pages.source.LARGEST_PAGE_BYTES", 10_000)
    with pytest.raises(ConnectorError, match="larger than"):
        read("<html>" + "x" * 20_000)


def test_work_grows_with_the_comments_and_no_faster():
    def work(count):
        html = page(*(COMMENT.format(n, "x " * 20) for n in range(count)))
        found = []
        made = calls_made(lambda: found.extend(read(html)))
        assert len(found) == count
        return made

    few, many = work(100), work(1_000)
    assert many < 11 * few


COPIED = """Comments (2)
Best
Oldest
Newest
{first}
{body}
Reply
Bo
2 hours ago
Second.
Reply
"""


@pytest.mark.parametrize(
    "first", ["Guest\n1 day ago", "Guest\n\n• 1 day ago", "Guest • 1 day ago", "Guest Guest | 1 day ago"]
)
@pytest.mark.parametrize(
    "spoiler",
    [
        "",
        "This comment contains spoilers.\nClick here if you want to read.\n",
        "This comment contains spoilers. Click here if you want to read.\n",
        "This comment contains spoilers...\n",
    ],
)
def test_text_copied_from_the_widget(first, spoiler):
    one, two = read(
        COPIED.format(first=first, body=f"{spoiler}A text.\n\nWith two lines."), file_format=FileFormat.TEXT
    )
    assert (one.body, one.author_name) == ("A text.\n\nWith two lines.", "Guest")
    assert one.posted_at_ms == NOW_MS - 86_400_000
    assert (two.body, two.author_name) == ("Second.", "Bo")


def test_what_looks_like_a_date_within_a_comment_stays_there():
    one, _ = read(
        COPIED.format(first="Ann\n3 days ago", body="I met them\nyesterday\nat the pier."), file_format=FileFormat.TEXT
    )
    assert one.body == "I met them\nyesterday\nat the pier."


def test_copied_text_is_recognized_and_other_text_is_refused():
    assert len(read(COPIED.format(first="Guest\n1 day ago", body="A text."), where="-")) == 2
    with pytest.raises(ConnectorError, match="no comments are recognized"):
        read("Just a text.\nNothing else.", where="notes.txt")


def test_a_pingback_is_told_apart():
    (one,) = read(
        page('<li class="pingback" id="comment-3"><div class="comment-body">Pingback: <a href="#">x</a></div></li>')
    )
    assert isinstance(one, BadRecord)
    assert one.where == "page.html: comment 1 (#3)"


def test_broken_structured_data_does_not_hide_the_rest():
    script = '<script type="application/ld+json">{}</script>'
    good = '{"@type":"Comment","text":"Kept\nwhole","author":{"name":["x"]},"upvoteCount":true}'
    nested = '{"a":' * 3000 + "1" + "}" * 3000
    (one,) = read(f"<html>{script.format('{oops')}{script.format(nested)}{script.format(good)}</html>")
    assert one.body == "Kept\nwhole"


@pytest.mark.parametrize("address", ["http://[x/y", "//]]>", "http://a]b/"])
def test_an_address_that_is_none_stops_no_page(address):
    links = f'<link rel="canonical" href="{address}"><link rel=alternate type="application/rss+xml" href="{address}/c">'
    (comment,) = read(page(COMMENT.format(7, "x"), head=links))
    assert comment.body == "x"


def test_a_heading_below_the_last_copied_comment_is_no_part_of_it():
    (comment,) = read("Guest\n1 day ago\nHello\nComments (2)\n", file_format=FileFormat.TEXT)
    assert comment.body == "Hello"
