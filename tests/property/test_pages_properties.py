"""No page, feed or export, however it was cut, mixed or made hostile, stops a reader with anything but a sentence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from saved_pages import OPTIONS, SAVED

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileFormat, open_source
from moderator.connectors.files.opened import open_bytes
from moderator.connectors.files.recognition import recognize
from moderator.connectors.markup import text_of_html
from moderator.connectors.pages.copied import read_copied
from moderator.connectors.pages.encoding import decode
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

CONTENTS = [path.read_bytes() for path in SAVED]
NASTY = [
    b"<",
    b"]]>",
    b"<![CDATA[",
    b"&#0;",
    b"\x00",
    b"\xff\xfe",
    b"</rss>",
    b"<item>",
    b"<wp:comment>",
    b"--><!--",
    b"<b>" * 99,
]
STREAMED = [FileFormat.WXR, FileFormat.DISQUS, FileFormat.FEED, FileFormat.PAGE, FileFormat.TEXT]
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def opened(content):
    return open_bytes(content, "given", OPTIONS.now_ms, "", "")


def read(content, file_format=None):
    """Reads to the end, or to a sentence; everything given has the right shape."""
    said = "given"
    try:
        for record in open_source(opened(content), OPTIONS, file_format).records():
            assert isinstance(record, IncomingComment | BadRecord)
    except ConnectorError as error:
        said = error.message
    assert said.startswith("given")
    assert said.isprintable()


@quick
@given(st.sampled_from(CONTENTS), st.data())
def test_cut_and_mixed_files(content, data):
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    middle = data.draw(st.sampled_from(NASTY) | st.binary(max_size=12))
    read(content[:start] + middle + content[data.draw(st.sampled_from([start, end])) :])


@quick
@given(st.binary(max_size=300), st.sampled_from(STREAMED))
def test_bytes_of_any_kind(content, file_format):
    read(content, file_format)
    assert recognize(opened(content)) in FileFormat


@quick
@given(st.text(max_size=200), st.booleans())
def test_markup_of_any_kind_has_a_text(html, keep_lines):
    text = text_of_html(html, keep_lines=keep_lines)
    assert text == text.strip()
    assert text_of_html(f"<p>{html.replace('<', '&lt;')}</p>") is not None


@quick
@given(
    st.lists(
        st.sampled_from(["Guest", "Reply", "1 day ago", "", "Ann", "Comments (2)", "5", "A text.", "Best", "•"]),
        max_size=30,
    )
)
def test_copied_lines_in_any_order(lines):
    page = read_copied("\n".join(lines), lambda text: text == "1 day ago")
    assert len(page.comments) <= lines.count("1 day ago")
    assert not [each for each in page.comments if each.text in {"Reply", "Best", "Comments (2)"}]


@quick
@given(st.binary(max_size=200), st.text(max_size=40))
def test_anything_decodes(content, content_type):
    assert isinstance(decode(content, content_type), str)


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "\N{RIGHT-TO-LEFT OVERRIDE}x", "[/]", "'; DROP TABLE comment;--", "<script>x"]
)
def test_a_hostile_text_is_kept_as_it_is(text):
    import html

    wxr = (
        '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><wp:comment><wp:comment_id>1</wp:comment_id>'
        f"<wp:comment_approved>0</wp:comment_approved><wp:comment_content>{html.escape(html.escape(text))}"
        "</wp:comment_content></wp:comment></item></channel></rss>"
    )
    (one,) = open_source(opened(wxr.encode()), OPTIONS, FileFormat.WXR).records()
    assert one.body == text.replace("\x1b", "\N{REPLACEMENT CHARACTER}")  # XML has no escape character
