"""Comments that a known template laid out: WordPress, Blogger, Buzzy and others. The selectors stand in a data file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from moderator.connectors.markup import text_of_node, words_of_node
from moderator.connectors.pages.found import Found, number_in, without_repetitions
from moderator.connectors.pages.tables import read_table

_BULLETS = " \t\n\r\N{BULLET}\N{MIDDLE DOT}|,"
_SAYS = re.compile(
    r"\s+(?:says|said|sagt|schreibt|dit|dice|пишет|сказал|каже)\s?(?:\.\.\.|\N{HORIZONTAL ELLIPSIS})?:?$"
)
_MOST_COMMENTS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One layout; `data/templates.toml` says what each field means."""

    name: str
    needs: str
    comment: str
    author: tuple[str, ...]
    posted: tuple[str, ...]
    text: tuple[str, ...]
    leave_out: str
    number: str = ""
    author_id: str = ""
    member: str = ""
    guest: str = ""
    likes: str = ""
    dislikes: str = ""
    following: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Table:
    template: tuple[Template, ...]


@cache
def known_templates() -> tuple[Template, ...]:
    """Every layout in the data file, in its order."""
    return read_table("templates", _Table).template


def read_templates(tree: LexborHTMLParser) -> list[Found]:
    """Comments under the template that finds most with a text; none where the page is of no known kind."""
    best: list[Found] = []
    for template in known_templates():
        if tree.css_first(template.needs) is None:
            continue
        comments = without_repetitions(_Layout(tree, template).read())
        if sum(bool(each.text) for each in comments) > sum(bool(each.text) for each in best):
            best = comments
    return best


class _Layout:
    """A page under one template."""

    def __init__(self, tree: LexborHTMLParser, template: Template) -> None:
        self._template = template
        self._items = tree.css(template.comment)[:_MOST_COMMENTS]
        self._ids = {item.mem_id for item in self._items}
        self._added = {node.mem_id for node in tree.css(template.leave_out)}
        self._numbers: dict[int, str] = {}

    def read(self) -> Iterator[Found]:
        for item in self._items:
            comment = self._read(item)
            self._numbers[item.mem_id] = comment.number
            above = self._owner(item.parent)
            comment.parent = self._numbers.get(above.mem_id, "") if above else ""
            if comment.text is not None or comment.number:
                yield comment

    def _read(self, item: LexborNode) -> Found:
        template = self._template
        body = self._first(item, template.text, template.following.get("text", ""))
        author = self._first(item, template.author)
        link = self._first(item, (template.author_id,)) if template.author_id else None
        return Found(
            number=self._number(item),
            text=None if body is None else text_of_node(body, leave_out=self._is_added),
            author=_SAYS.sub("", words_of_node(author)) if author else "",
            author_id=link.attributes.get("data-id") if link else None,
            registered=self._is_registered(item),
            posted=_dates(self._first(item, template.posted, template.following.get("posted", ""))),
            likes=self._words(item, template.likes),
            dislikes=self._words(item, template.dislikes),
            left_out=_not_by_a_reader(item),
        )

    def _number(self, item: LexborNode) -> str:
        inner = self._first(item, (self._template.number,)) if self._template.number else None
        anchor = item.css_first("a[name]")
        places = (item.id, inner.id if inner else "", item.attributes.get("data-id"), item.attributes.get("name"))
        named = anchor.attributes.get("name") if anchor else ""
        found = number_in(*(place or "" for place in (*places, named)))
        return found or (item.attributes.get("data-id") or "")

    def _is_registered(self, item: LexborNode) -> bool | None:
        template = self._template
        if template.member and self._first(item, (template.member,)):
            return True
        return False if template.guest and self._first(item, (template.guest,)) else None

    def _first(self, item: LexborNode, selectors: tuple[str, ...], following: str = "") -> LexborNode | None:
        """What the first selector finds in this comment, not in one that answers it."""
        if following:
            place = _following(item, following)
            if place is None:
                return None
            found = (place.css_first(selector) if selector else place for selector in selectors)
            return next((node for node in found if node is not None), place)
        for selector in selectors:
            for node in item.css(selector) if selector else [item]:
                owner = self._owner(node)
                if owner is not None and owner.mem_id == item.mem_id:
                    return node
        return None

    def _words(self, item: LexborNode, selector: str) -> str:
        node = self._first(item, (selector,)) if selector else None
        return text_of_node(node) if node else ""

    def _owner(self, node: LexborNode | None) -> LexborNode | None:
        while node is not None and node.mem_id not in self._ids:
            node = node.parent
        return node

    def _is_added(self, node: LexborNode) -> bool:
        return node.mem_id in self._ids or node.mem_id in self._added


def _following(item: LexborNode, selector: str) -> LexborNode | None:
    """The next element of that kind before another one of the item's own kind begins."""
    node = item.next
    while node is not None and node.tag != item.tag:
        if node.is_element_node and node.css_matches(selector):
            return node
        node = node.next
    return None


def _dates(node: LexborNode | None) -> tuple[str, ...]:
    """What may be a date: for machines first, then the title, then what is shown."""
    if node is None:
        return ()
    inner = node.css_first("time")
    given = [node.attributes.get("datetime"), inner.attributes.get("datetime") if inner else None]
    shown = words_of_node(node).strip(_BULLETS)
    return tuple(text.strip() for text in (*given, node.attributes.get("title"), shown) if text and text.strip())


def _not_by_a_reader(item: LexborNode) -> tuple[str, str] | None:
    classes = (item.attributes.get("class") or "").split()
    for kind in ("pingback", "trackback"):
        if kind in classes:
            return f"left.{kind}", f"a {kind}, not a reader's comment"
    return None
