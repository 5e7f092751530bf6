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
_ID_TAIL = re.compile(
    r"[a-z0-9_-]*?(?:comment|post|reply|message)[a-z_]*-?(?:card-)?(\d+|[0-9a-f]{12,64}|[0-9a-f-]{36})", re.IGNORECASE
)
_DEPTH = re.compile(r"(?:^|\s)depth-(\d+)(?:\s|$)")
_SHOWN_AT = re.compile(r"[?&]showComment=(\d{13})\b")
"""Milliseconds in the links of Blogger's comments."""

_DATE_ATTRIBUTES = ("data-datetime", "data-time", "data-timestamp", "data-utime", "data-created", "data-date", "title")
_PARENT_ATTRIBUTES = ("data-parent-id", "data-parent", "data-parentid", "data-parent-comment-id", "data-reply-to")
_REMOVED = re.compile(
    r"(?:this|the) (?:comment|post|message) (?:has been|was|is) (?:removed|deleted)(?: by [\w ]{1,40})?\.?"
    r"|\[?(?:comment |message )?(?:deleted|removed)\]?|(?:этот )?комментарий (?:был )?удал[её]н[\w ]{0,40}\.?"
    r"|dieser kommentar wurde [\w ]{0,40}(?:entfernt|gelöscht)\.?",
    re.IGNORECASE,
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
    opening: str = ""
    deleted: str = ""
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
        comments = read_layout(tree, template)
        if sum(bool(each.text) for each in comments) > sum(bool(each.text) for each in best):
            best = comments
    return best


def read_layout(tree: LexborHTMLParser, template: Template) -> list[Found]:
    """Comments under one template."""
    return without_repetitions(_Layout(tree, template).read())


class _Layout:
    """A page under one template."""

    def __init__(self, tree: LexborHTMLParser, template: Template) -> None:
        self._template = template
        self._items = tree.css(template.comment)[:_MOST_COMMENTS]
        self._ids = {item.mem_id for item in self._items}
        self._added = {node.mem_id for node in tree.css(template.leave_out)}
        self._numbers: dict[int, str] = {}
        self._at_depth: dict[int, str] = {}
        self._beside: set[int] = set()

    def read(self) -> Iterator[Found]:
        for item in self._items:
            comment = self._read(item)
            self._numbers[item.mem_id] = comment.number
            comment.parent = self._parent(item, comment.number)
            if comment.text is not None or comment.number:
                yield comment

    def _parent(self, item: LexborNode, number: str) -> str:
        """The comment around this one; else the one that an attribute or the depth in its class names."""
        depth = _DEPTH.search(item.attributes.get("class") or "")
        if depth:
            self._at_depth[int(depth[1])] = number
        above = self._owner(item.parent)
        if above is not None:
            return self._numbers.get(above.mem_id, "")
        named = next(filter(None, (item.attributes.get(name) for name in _PARENT_ATTRIBUTES)), "")
        if named and named != "0":
            return number_in(named) or _tail(named) or named
        return self._at_depth.get(int(depth[1]) - 1, "") if depth else ""

    def _read(self, item: LexborNode) -> Found:
        template = self._template
        body = self._first(item, template.text, template.following.get("text", ""))
        author = self._first(item, template.author, within=True)
        posted = self._first(item, template.posted, template.following.get("posted", ""), within=True)
        link = self._first(item, (template.author_id,)) if template.author_id else None
        self._beside = {node.mem_id for node in (author, posted) if node and body and node.mem_id != body.mem_id}
        text = None if body is None else text_of_node(body, leave_out=self._is_added)
        if text and template.opening:
            text = re.sub(rf"^\s*(?:{template.opening})\s*", "", text, flags=re.IGNORECASE)
        return Found(
            number=self._number(item),
            text=text,
            author=_SAYS.sub("", words_of_node(author)) if author else "",
            author_id=link.attributes.get("data-id") if link else None,
            registered=self._is_registered(item),
            posted=_dates(posted),
            likes=self._words(item, template.likes),
            dislikes=self._words(item, template.dislikes),
            left_out=_not_by_a_reader(item) or self._taken_away(item, text or ""),
        )

    def _number(self, item: LexborNode) -> str:
        inner = self._first(item, (self._template.number,)) if self._template.number else None
        anchor = item.css_first("a[name]")
        places = (item.id, inner.id if inner else "", item.attributes.get("data-id"), item.attributes.get("name"))
        named = anchor.attributes.get("name") if anchor else ""
        found = number_in(*(place or "" for place in (*places, named)))
        ids = (item.attributes.get(name) or "" for name in ("data-comment-id", "data-id", "data-commentid"))
        return found or next(filter(None, ids), "") or _tail(item.id or "")

    def _taken_away(self, item: LexborNode, text: str) -> tuple[str, str] | None:
        marked = self._template.deleted and self._first(item, (self._template.deleted,))
        return ("left.deleted", "taken away at its source") if marked or _REMOVED.fullmatch(text) else None

    def _is_registered(self, item: LexborNode) -> bool | None:
        template = self._template
        if template.member and self._first(item, (template.member,)):
            return True
        return False if template.guest and self._first(item, (template.guest,)) else None

    def _first(
        self, item: LexborNode, selectors: tuple[str, ...], following: str = "", *, within: bool = False
    ) -> LexborNode | None:
        """What the first selector finds in this comment, not in one that answers it; `within` it, or itself too."""
        if following:
            place = _following(item, following)
            if place is None:
                return None
            found = (place.css_first(selector) if selector else place for selector in selectors)
            return next((node for node in found if node is not None), place)
        for selector in selectors:
            for node in item.css(selector) if selector else [item]:
                owner = self._owner(node)
                itself = within and selector and node.mem_id == item.mem_id
                if owner is not None and owner.mem_id == item.mem_id and not itself:
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
        return node.mem_id in self._ids or node.mem_id in self._added or node.mem_id in self._beside


def _following(item: LexborNode, selector: str) -> LexborNode | None:
    """The next element of that kind before another one of the item's own kind begins."""
    node = item.next
    while node is not None and node.tag != item.tag:
        if node.is_element_node and node.css_matches(selector):
            return node
        node = node.next
    return None


def _tail(text: str) -> str:
    """The number, or what stands for one, at the end of an element's id."""
    match = _ID_TAIL.fullmatch(text)
    return match[1] if match else ""


def _dates(node: LexborNode | None) -> tuple[str, ...]:
    """What may be a date: for machines first, then the title, then what is shown, then what a link says."""
    if node is None:
        return ()
    inner = node.css_first("time, a, abbr")
    given = [each.attributes.get("datetime") for each in (node, inner) if each]
    given += [each.attributes.get(name) for each in (node, inner) if each for name in _DATE_ATTRIBUTES]
    shown = words_of_node(node).strip(_BULLETS)
    links = (_SHOWN_AT.search(each.attributes.get("href") or "") for each in (node, inner) if each)
    linked = (link[1] for link in links if link)
    return tuple(text.strip() for text in (*given, shown, *linked) if text and text.strip())


def _not_by_a_reader(item: LexborNode) -> tuple[str, str] | None:
    classes = (item.attributes.get("class") or "").split()
    for kind in ("pingback", "trackback"):
        if kind in classes:
            return f"left.{kind}", f"a {kind}, not a reader's comment"
    return None
