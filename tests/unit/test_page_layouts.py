"""Pages of kinds that the fixtures don't have: saved widgets, older templates, and layouts that nobody knows."""

import pytest

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileOptions, open_source
from moderator.connectors.files.opened import open_bytes
from moderator.connectors.pages.encoding import decode
from moderator.errors import ConnectorError

NOW_MS = 1_795_348_800_000


def read(body, head="", **options):
    html = f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}</body></html>"
    opened = open_bytes(html.encode(), "page.html", NOW_MS, "", "")
    source = open_source(opened, FileOptions(now_ms=NOW_MS, **options))
    return list(source.records()), source.remarks


def told(body, head=""):
    return [
        each.code
        if isinstance(each, BadRecord)
        else (each.author_name, each.body, each.remote_id, each.parent_remote_id)
        for each in read(body, head)[0]
    ]


MADE = "made"
PAGES = {
    "Disqus, saved once it was shown": (
        """<ul id=post-list><li class=post id=post-6001><header><span class=post-byline><span class=author>Ann</span>
        </span> <a class=time-ago title="Thursday, November 12, 2026 9:15 AM">10 days ago</a></header>
        <div class=post-message><p>One</p></div><ul class=children><li class=post id=post-6002>
        <span class=author>Bo</span><div class=post-message><p>Two</p></div></li></ul></li></ul>""",
        [("Ann", "One", "6001", None), ("Bo", "Two", "6002", "6001")],
    ),
    "Isso, saved once it was shown": (
        """<section id=isso-thread><div class=isso-comment id=isso-3><span class=isso-author>Ann</span>
        <time datetime=2026-11-12T09:00:00Z>x</time><div class=isso-text><p>One</p></div><div class=isso-follow-up>
        <div class=isso-comment id=isso-4><div class=isso-text>Two</div></div></div></div></section>""",
        [("Ann", "One", "3", None), ("", "Two", "4", "3")],
    ),
    "WordPress, before 2.7": (
        """<ol class=commentlist><li class=alt id=comment-3><cite><a href=#>Max</a></cite> Says:<br/><small
        class=commentmetadata><a href=#comment-3>June 3rd, 2008</a></small><p>1</p><p>more</p></li></ol>""",
        [("Max", "1\n\nmore", "3", None)],
    ),
    "WordPress, with answers beside what they answer": (
        """<ol class=comment-list><li class="comment depth-1" id=comment-1><b class=fn>A</b><div class=comment-content>
        One</div></li><li class="comment depth-2" id=comment-2><b class=fn>B</b><div class=comment-content>2</div></li>
        <li class="comment depth-1" id=comment-3><b class=fn>C</b><div class=comment-content>Three</div></li></ol>""",
        [("A", "One", "1", None), ("B", "2", "2", "1"), ("C", "Three", "3", None)],
    ),
    "Blogger, with one taken away": (
        """<div id=comments><li class=comment id=c5><cite class=user>A</cite><p class=comment-content>
        <span class=deleted-comment>This comment has been removed by the author.</span></p></li>
        <li class=comment id=c6><cite class=user>B</cite><p class=comment-content>Kept</p></li></div>""",
        ["left.deleted", ("B", "Kept", "6", None)],
    ),
    "an unknown layout in classes": (
        """<div class=comment-count>3</div><div class=c-item__comment><span class=c-item__author>Ann</span>
        <i class=c-item__date>1 day ago</i><div class=c-item__text>One<br>2</div><button>Reply</button></div>""",
        [("Ann", "One\n2", MADE, None)],
    ),
    "an unknown layout in plain elements": (
        """<ul><li class=comment data-id=7><strong>Ann</strong> <small>12.11.2026</small><p>One</p><p>two</p>
        <ul><li class=comment data-id=8><b>Bo</b> <small>13.11.2026</small><p>Three</p></li></ul></li></ul>""",
        [("Ann", "One\n\ntwo", "7", None), ("Bo", "Three", "8", "7")],
    ),
    "structured data with a comma too many and a sign that is no tag": (
        """<script type="application/ld+json">{"@type":"Article","comment":[{"@type":"Comment","@id":"#comment-2",
        "text":"I <3 it, a<b","author":{"name":"Tom &amp; Jo"}},]}</script>""",
        [("Tom & Jo", "I <3 it, a<b", "2", None)],
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_each_layout_gives_its_comments(name):
    body, expected = PAGES[name]
    found = [each if isinstance(each, str) else (*each[:2], each[2][: len(MADE)], each[3]) for each in told(body)]
    assert found == expected


@pytest.mark.parametrize(
    "body",
    [
        "<aside><ul><li class=comment><b class=author>Z</b><p class=text>another</p></li></ul></aside>",
        "<div class=comment-form><p class=text>Write here</p><span class=author>You</span></div>",
        "<div class=comments><p class=text>Be kind.</p></div>",
    ],
)
def test_what_only_sounds_like_comments_is_none(body):
    with pytest.raises(ConnectorError, match="no comments in any form"):
        read(body)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<script src=https://foo.disqus.com/count.js></script><a href='/x#disqus_thread'>0 Comments</a>", "Disqus"),
        ("<hyvor-talk-comments></hyvor-talk-comments>", "Hyvor Talk"),
        ("<script src=https://giscus.app/client.js></script>", "giscus"),
        ("<script data-ghost-comments=https://x/ src=y></script>", "Ghost"),
        ("<section id=comments><amp-list src=https://n.example/c.json></amp-list></section>", "an AMP page"),
        ("<div><noscript>Please enable JavaScript to view the comments.</noscript></div>", "a script loads them"),
        ("<p>Log in to view comments (14)</p>", "to those alone who log in"),
    ],
)
def test_a_page_without_comments_says_what_keeps_them(body, what):
    with pytest.raises(ConnectorError, match=what) as caught:
        read(f"<p>Story.</p>{body}")
    assert caught.value.hint


def test_a_date_that_could_be_two_is_said_to_be():
    comment = (
        "<ol class=comment-list><li class=comment id=comment-1><b class=fn>A</b><time>03/04/2026</time>{}</li></ol>"
    )
    (one,), remarks = read(comment.format("<div class=comment-content>x</div>"))
    assert one.posted_at_ms is None
    assert "intake.day_first" in remarks[-1]


def test_encodings_that_nobody_names():
    western = "<html lang=en><p>Ça va “bien” 10€</p>"
    assert decode(western.encode("cp1252")) == western
    markup = "<html><meta charset=utf-8><p>Привіт, Ann"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode(markup.encode(encoding)) == markup
