"""What a page says of itself: its address, headline and section, and the feeds that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from moderator.connectors.links import joined, named_host
from moderator.connectors.markup import words_of_node

_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(https?://\S{1,1900}) -->")
_COMMENTS = re.compile(r"comment|/feeds/\d+/|kommentar|комент", re.IGNORECASE)
_ADDRESSES = (
    ('link[rel~="canonical"]', "href"),
    ('meta[property="og:url"]', "content"),
    ('meta[name="twitter:url"]', "content"),
    ('[itemprop~="mainEntityOfPage"]', "itemid"),
    ('[itemprop~="mainEntityOfPage"]', "href"),
    ('[itemprop~="mainEntityOfPage"]', "content"),
)
_FEED_TYPES = (
    'link[rel~="alternate"][type="application/rss+xml"]',
    'link[rel~="alternate"][type="application/atom+xml"]',
)


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of itself. Whatever it doesn't say is empty.

    Attributes:
        comment_feed: Address of a feed of its comments.
    """

    url: str = ""
    title: str = ""
    section: str = ""
    comment_feed: str = ""


def read_about(tree: LexborHTMLParser, markup: str, fetched_from: str) -> About:
    """Reads it.

    Args:
        tree: The page.
        markup: The same, as text.
        fetched_from: Its address, empty for a file.
    """
    base = fetched_from or _saved_from(markup)
    canonical = joined(base, _first(tree, *_ADDRESSES))
    # A page may call another site's its own; then where it came from counts.
    foreign = bool(base) and named_host(canonical) != named_host(base)
    url = base if foreign or not named_host(canonical) else canonical
    heading = tree.css_first("h1") or tree.css_first("title")
    title = _first(tree, ('meta[property="og:title"]', "content")) or (words_of_node(heading) if heading else "")
    section = _first(tree, ('meta[property="article:section"]', "content"), ('meta[name="section"]', "content"))
    return About(url.partition("#")[0], title, section, _comment_feed(tree, url))


def _saved_from(markup: str) -> str:
    """Browsers note the address at the top of a page that they save."""
    match = _SAVED_FROM.search(markup[:4000])
    return match[1] if match else ""


def _first(tree: LexborHTMLParser, *places: tuple[str, str]) -> str:
    for selector, attribute in places:
        node = tree.css_first(selector)
        value = (node.attributes.get(attribute) or "").strip() if node else ""
        if value:
            return value
    return ""


def _comment_feed(tree: LexborHTMLParser, url: str) -> str:
    """The last feed that speaks of comments: the site's own come before the article's."""
    found = ""
    for selector in _FEED_TYPES:
        for node in tree.css(selector):
            address, title = node.attributes.get("href") or "", node.attributes.get("title") or ""
            if address and (_COMMENTS.search(address) or _COMMENTS.search(title)):
                found = joined(url, address)
    return found
