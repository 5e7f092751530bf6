"""WXR, the export of WordPress: comments of every status, one post after the other.

Source: `export_wp()` of WordPress (wp-admin/includes/export.php). Namespaces vary by version (1.0 to 1.2) and don't
count here. Spam isn't exported by newer versions; other tools write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moderator.connectors.base import BadRecord
from moderator.connectors.files.record import FieldError, Standing, left_out
from moderator.connectors.files.xml_elements import Begins, Broken, Element, Shape, Taken
from moderator.connectors.files.xml_source import XmlSource
from moderator.connectors.links import named_host
from moderator.connectors.markup import text_of_html
from moderator.domain.comment import IncomingComment

_COMMENT = "channel/item/comment"
_ITEM = "channel/item"
_SITE = ("channel/base_blog_url", "channel/base_site_url", "channel/link")
_STANDINGS = {
    "1": Standing.PUBLISHED,
    "approved": Standing.PUBLISHED,
    "approve": Standing.PUBLISHED,
    "0": Standing.HELD,
    "hold": Standing.HELD,
    "spam": Standing.SPAM,
    "trash": Standing.DELETED,
    "post-trashed": Standing.DELETED,
}
_BY_PEOPLE = frozenset({"", "comment", "review"})
_NO_TIME = "0000-00-00 00:00:00"


@dataclass(slots=True)
class _Post:
    """What is known of the post whose comments come."""

    url: str = ""
    title: str = ""
    section: str = ""


class WxrSource(XmlSource):
    """Comments of a WordPress export.

    Args:
        opened: What is read, once.
        options: How.
    """

    shape = Shape(
        roots=frozenset({"rss"}),
        taken=frozenset({*_SITE, _COMMENT, f"{_ITEM}/title", f"{_ITEM}/link", f"{_ITEM}/guid", f"{_ITEM}/category"}),
        begins=frozenset({_ITEM}),
        resume={"item": _ITEM, "comment": _COMMENT},
    )

    def read_items(self) -> Iterator[IncomingComment | BadRecord]:
        """One record per comment; pingbacks and the like are told as left out."""
        post = _Post()
        for item in self.items():
            if isinstance(item, Begins):
                post = _Post()
            elif isinstance(item, Broken):
                yield self.broken(item)
            elif item.path == _COMMENT:
                yield self._comment(item.element, post)
            else:
                self._learn(item, post)

    def _learn(self, item: Taken, post: _Post) -> None:
        text, name = item.element.text.strip(), item.element.name
        if item.path in _SITE:
            self.name_by(named_host(text))
        elif name == "title":
            post.title = text_of_html(text)
        elif name == "link" or (name == "guid" and not post.url and "://" in text):
            post.url = text or post.url
        elif name == "category" and item.element.attributes.get("domain") == "category":
            post.section = post.section or text

    def _comment(self, element: Element, post: _Post) -> IncomingComment | BadRecord:
        kind = element.get("comment_type").lower()
        if kind not in _BY_PEOPLE:
            known = kind if kind in {"pingback", "trackback"} else "kind"
            what = f"a {known}" if known != "kind" else "of a kind that no reader writes"
            return self.bad(f"left.{known}", f"{what}, not a reader's comment")
        standing = _STANDINGS.get(element.get("comment_approved").lower())
        if standing is None:
            return self.bad("status.unknown", "comment_approved: not a status of WordPress")
        if standing not in self.options.take:
            return self.bad(*left_out(standing))
        try:
            return self.reader.read_fields(_fields(element, post))
        except FieldError as error:
            return self.bad(error.code, str(error))


def _fields(element: Element, post: _Post) -> dict[str, Any]:
    user, parent = element.get("comment_user_id"), element.get("comment_parent")
    # Older versions have no `comment_date_gmt`, and drafts have zeros there; then the site's own time counts.
    posted = next((when for when in _times(element) if when != _NO_TIME), None)
    content = element.child("comment_content")
    return {
        "id": element.get("comment_id"),
        "text": None if content is None else text_of_html(content.text, keep_lines=True),
        "article_url": post.url,
        "article_title": post.title,
        "section": post.section,
        "author_name": text_of_html(element.get("comment_author")),
        "author_id": None if user in {"", "0"} else user,
        "parent_id": None if parent in {"", "0"} else parent,
        "posted_at": posted,
    }


def _times(element: Element) -> Iterator[str]:
    gmt = element.get("comment_date_gmt")
    if gmt:
        yield gmt if gmt == _NO_TIME else f"{gmt}Z"
    site = element.get("comment_date")
    if site:
        yield site
