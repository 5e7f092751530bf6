import time

import pytest

from moderator.connectors.markup import NestedTooDeepError, check_nesting, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain  and\nsimple", "plain and simple"),
        ("<p>One &amp; <b>two</b>,<br>three</p>\n<p>Four</p>", "One & two,\nthree\n\nFour"),
        ("a<blockquote><p>q</p><p>r</p></blockquote>b", "a\n\n> q\n\n> r\n\nb"),
        ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
        ('<a href="https://spam.example/x">cheap</a>', "cheap (https://spam.example/x)"),
        ('<a href="https://a.example/long/path">a.example/lo…</a>', "https://a.example/long/path"),
        ('<a href="/u/ann">@Ann</a> <a href="javascript:x">y</a>', "@Ann y"),
        ('<img class="emoji" alt="😀"> <img src="x">', "😀"),
        ("x<script>alert(1)</script><style>p{}</style>y", "xy"),
        ("5 &lt; 7 &copy; &#x1F600; &nbsp;!", "5 < 7 © 😀 !"),
        ("<pre>  if x:\n    y</pre>", "if x:\n    y"),
        ("a < b and c > d", "a < b and c > d"),
        ("<frameset><frame>", ""),
        ("</p></div></body>still", "still"),
        ("", ""),
    ],
)
def test_the_text_that_was_meant(html, text):
    assert text_of_html(html) == text


def test_line_ends_count_where_the_system_means_them():
    assert text_of_html("a\r\nb\n\n\n\n<b>c</b>", keep_lines=True) == "a\nb\n\nc"
    assert text_of_html("a\n b", keep_lines=True) == "a\n b"


@pytest.mark.parametrize(
    "html", ["<div>" * 100_000, "".join(f"<b id={i}>" for i in range(900)) + "<p>" * 20_000], ids=["deep", "copies"]
)
def test_html_made_to_exhaust_its_reader_is_told_and_costs_little(html):
    with pytest.raises(NestedTooDeepError):
        check_nesting(html)
    start = time.process_time()
    assert text_of_html(html + "end") == "end"
    assert time.process_time() - start < 10  # the tree would take minutes


def test_pages_that_never_close_what_need_not_be_closed_are_fine():
    check_nesting("<p>x<li>y<td>z<br>" * 5000)


def test_half_of_a_surrogate_pair_is_left_for_the_door_to_refuse():
    assert text_of_html("<b>x</b>\ud800") == "x \ud800"
