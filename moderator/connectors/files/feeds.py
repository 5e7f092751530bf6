"""Comment feeds: RSS and Atom, as WordPress, Blogger and Isso write them, and Blogger's own export.

A feed is read with the same guarded, streaming parser as the exports: so it may be as large as they are, one broken
entry costs itself alone, and a place can be named for it. feedparser would hold the whole document several times over.
Source: RSS 2.0, RFC 4287 (Atom), RFC 4685 (`thr:in-reply-to`), feeds of WordPress 6, Blogger and Isso 0.14.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from moderator.connectors.base import BadRecord
from moderator.connectors.files.record import FieldError
from moderator.connectors.files.xml_elements import Broken, Element, Shape, Taken
from moderator.connectors.files.xml_source import XmlSource
from moderator.connectors.links import named_host
from moderator.connectors.markup import text_of_html
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_FRAGMENT_ID = re.compile(r"(?:li-)?(?:comment|isso|c)[-_]?(\d+)", re.IGNORECASE)
_GUID_ID = re.compile(r"(?:\.post-|/isso/\d+/)(\d+)$")
_ABOUT_COMMENTS = re.compile(
    r"^\W*(?:new |latest |recent )?comment|^https?://\S*(?:comments|/feeds/\d+/)|^kommentar|^commentaire|^comentario|^комм?ент",
    re.IGNORECASE,
)
_TITLE_PREFIX = re.compile(
    r"^(?:Comments? (?:on|for)|Kommentare? zu|Commentaires? sur|Comentarios? en):? +", re.IGNORECASE
)
_IN_REPLY_TO = re.compile(r"\s*<p>[^<]{0,40}<a [^>]*#comment-(\d+)[^>]*>.{0,300}?</a>[^<]{0,10}</p>\s*")
"""What WordPress writes above an answer in its RSS feeds ("In reply to Ann."), in whatever language."""

_NEVER_CLOSED = frozenset({"br", "img", "hr", "wbr"})
_BLOGGER_KIND = "/blogger/2008/kind#"
_ITEMS = frozenset({"channel/item", "item", "entry"})
_MOST_TITLES = 20_000


class FeedSource(XmlSource):
    """Comments of a feed."""

    shape = Shape(
        roots=frozenset({"rss", "RDF", "feed"}),
        taken=_ITEMS | {"channel/title", "channel/link", "title", "link", "id"},
        begins=frozenset(),
        resume={"item": "channel/item", "entry": "entry"},
    )

    def read_items(self) -> Iterator[IncomingComment | BadRecord]:
        """One record per entry.

        Raises:
            ConnectorError: It's a feed of articles.
        """
        about: list[str] = [self.opened.url]
        title = ""
        articles: dict[str, tuple[str, str]] = {}
        checked = False
        for item in self.items():
            if isinstance(item, Broken):
                yield self.broken(item)
            elif isinstance(item, Taken) and item.path not in _ITEMS:
                about.append(item.element.text.strip() or item.element.attributes.get("href", ""))
                title = title or (about[-1] if item.element.name == "title" else "")
                self.name_by(named_host(about[-1]))
            elif isinstance(item, Taken):
                entry = _Entry(item.element)
                if entry.kind not in {"", "comment"}:
                    if len(articles) < _MOST_TITLES:
                        articles[entry.number] = (entry.link, entry.title)
                    continue
                if not checked or entry.is_article:
                    self._refuse_articles(entry, about)
                    checked = True
                yield self._comment(entry, title, articles)

    def _refuse_articles(self, entry: _Entry, about: list[str]) -> None:
        """A feed of articles must not end up in a queue of comments."""
        if entry.is_comment or (not entry.is_article and any(_ABOUT_COMMENTS.search(text) for text in about)):
            return
        where = entry.comments_feed
        hint = f"Its comments: moderator intake {visible_line(where)}" if where else None
        raise ConnectorError(
            f"{visible_line(self.opened.where)}: is a feed of articles, not of comments",
            code="connector.feed_of_articles",
            hint=hint
            or "Name the feed of comments: .../comments/feed/ of WordPress, /feeds/comments/default of Blogger.",
        )

    def _comment(
        self, entry: _Entry, feed_title: str, articles: dict[str, tuple[str, str]]
    ) -> IncomingComment | BadRecord:
        self.name_by(named_host(entry.link))
        try:
            return self.reader.read_fields(entry.fields(feed_title, articles))
        except FieldError as error:
            return self.bad(error.code, str(error))


class _Entry:
    """One `item` or `entry`, whichever kind of feed it is in."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._is_atom = element.name == "entry"
        self.guid = element.get("id" if self._is_atom else "guid")
        self.link = self._find_link()
        self.title = html.unescape(element.get("title"))
        self.number = comment_number(self.link, self.guid) or self.guid
        self._answers = element.child("in-reply-to")

    @property
    def kind(self) -> str:
        """What Blogger's export calls it: `post`, `comment`, `settings`; empty elsewhere."""
        said = self._element.get("type", "blogger")
        for child in self._element.children:
            term = child.attributes.get("term", "")
            if child.name == "category" and _BLOGGER_KIND in term:
                said = term.partition("#")[2]
        return said.lower()

    @property
    def is_comment(self) -> bool:
        """Whether it says that it's a comment."""
        return self._answers is not None or self.kind == "comment" or bool(comment_number(self.link, ""))

    @property
    def is_article(self) -> bool:
        """Whether it says that it has comments of its own."""
        return bool(self.comments_feed) or any(child.name in {"comments", "total"} for child in self._element.children)

    @property
    def comments_feed(self) -> str:
        """Where the comments of this article are fed, if it's one that says so."""
        replies = (child for child in self._element.children if child.attributes.get("rel") == "replies")
        feeds = (child.attributes.get("href", "") for child in replies if "xml" in child.attributes.get("type", ""))
        return self._element.get("commentRss") or next(feeds, "")

    def fields(self, feed_title: str, articles: dict[str, tuple[str, str]]) -> dict[str, Any]:
        """Values by our names."""
        url, parent = self._article_and_parent()
        text, answered = self._text()
        title = _TITLE_PREFIX.sub("", feed_title) if _TITLE_PREFIX.match(feed_title) else ""
        if self._answers is not None:
            known = articles.get(comment_number("", self._answers.attributes.get("ref", "")))
            url, title = (known[0] or url, known[1]) if known else (url, title)
        author = self._author()
        return {
            "id": self.number or None,
            "text": text,
            "article_url": url,
            "article_title": self._own_title(author) or title,
            "author_name": author,
            "parent_id": parent or answered,
            "posted_at": self._first("published", "pubDate", "date", "updated") or None,
        }

    def _find_link(self) -> str:
        for child in self._element.children:
            if child.name == "link" and child.attributes.get("rel", "alternate") == "alternate":
                found = child.text.strip() or child.attributes.get("href", "")
                if found:
                    return found
        return self.guid if "://" in self.guid else ""

    def _article_and_parent(self) -> tuple[str, str | None]:
        article = re.sub(r"\?showComment=\d+$", "", self.link.partition("#")[0])
        if self._answers is None:
            return article, None
        ref, href = self._answers.attributes.get("ref", ""), self._answers.attributes.get("href", "")
        # Blogger always names the article here; its parent comment is the last part of a `related` link.
        related = next((c for c in self._element.children if c.attributes.get("rel") == "related"), None)
        if ".post-" in ref:
            parent = related.attributes.get("href", "").rstrip("/").rpartition("/")[2] if related else ""
            return article or href, parent if parent.isdigit() else None
        if ref == self.guid:
            return article, None
        return article or href.partition("#")[0], comment_number("", ref) or comment_number(href, "") or None

    def _text(self) -> tuple[str | None, str | None]:
        """What was written, and the comment that it answers where the text itself says so."""
        content = self._element.child("encoded", "content") or self._element.child("content")
        content = content or self._element.child("description") or self._element.child("summary")
        if content is None:
            return None, None
        if content.attributes.get("type") == "xhtml":
            return text_of_html(_as_html(content)), None
        if content.attributes.get("type") == "text":
            return content.text.strip(), None
        above = _IN_REPLY_TO.match(content.text)
        return text_of_html(content.text[above.end() if above else 0 :]), above[1] if above else None

    def _author(self) -> str:
        author = self._element.child("author")
        name = author.get("name") if author else ""
        plain = author.text.strip() if author and not author.children else ""
        # RSS writes "ann@example.org (Ann)"; Blogger "noreply@blogger.com (Ann)".
        bracketed = re.fullmatch(r"\S+@\S+ \((.*)\)", plain)
        return html.unescape(self._element.get("creator") or name or (bracketed[1] if bracketed else plain))

    def _own_title(self, author: str) -> str:
        """The article's, out of "Comment on TITLE by AUTHOR" in a feed of all comments."""
        match = re.match(
            r"(?:Comment on|Kommentar zu|Commentaires? sur|Comentario en) (.+) (?:by|von|par|por) (.+)", self.title
        )
        return match[1] if match and (not author or match[2] == author) else ""

    def _first(self, *names: str) -> str:
        return next((text for name in names if (text := self._element.get(name))), "")


def comment_number(link: str, guid: str) -> str:
    """A comment's id at its site, out of its address (`#comment-12`) or its feed id; empty where neither says."""
    for address in (link, guid):
        match = _FRAGMENT_ID.fullmatch(address.partition("#")[2])
        if match:
            return match[1]
    found = _GUID_ID.search(guid)
    return found[1] if found else ""


def _as_html(element: Element) -> str:
    """Elements back into markup: Atom's `xhtml` holds a tree."""
    pieces: list[str] = []
    for part in element.parts:
        if isinstance(part, str):
            pieces.append(html.escape(part))
        elif part.name in _NEVER_CLOSED:
            pieces.append(f"<{part.name}>")
        else:
            pieces.append(f"<{part.name}>{_as_html(part)}</{part.name}>")
    return "".join(pieces)
