"""Comments in a page's microdata: schema.org `Comment` and the older `UserComments`.

Source: https://schema.org/Comment, https://schema.org/UserComments, WHATWG HTML, "Microdata".
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from moderator.connectors.markup import text_of_node, words_of_node
from moderator.connectors.pages.found import Found, number_in

_ITEMS = '[itemscope][itemtype*="schema.org/Comment"], [itemscope][itemtype*="schema.org/UserComments"]'
_MOST_ITEMS = 20_000


def read_microdata(tree: LexborHTMLParser) -> list[Found]:
    """Every comment in the page's microdata, in its order."""
    items = tree.css(_ITEMS)[:_MOST_ITEMS]
    ids = {item.mem_id for item in items}
    numbers: dict[int, str] = {}
    found: list[Found] = []
    for item in items:
        comment = _Item(item, ids).read()
        numbers[item.mem_id] = comment.number
        if not comment.parent:
            above = _owner(item.parent, ids)
            comment.parent = numbers.get(above.mem_id, "") if above else ""
        found.append(comment)
    return found


class _Item:
    """One item: its properties, without those of items within it."""

    def __init__(self, node: LexborNode, ids: set[int]) -> None:
        self._node = node
        self._ids = ids

    def read(self) -> Found:
        url, answer = self._value("url"), self._value("replyToUrl")
        body = self._prop("text") or self._prop("commentText") or self._prop("description")
        return Found(
            number=number_in(url, self._node.id or "", answer) or url or self._node.id or "",
            text=None if body is None else text_of_node(body, leave_out=self._is_other),
            author=self._author(),
            parent=self._parent(),
            posted=tuple(filter(None, map(self._value, ("dateCreated", "datePublished", "commentTime")))),
            likes=self._value("upvoteCount"),
            dislikes=self._value("downvoteCount"),
        )

    def _prop(self, name: str) -> LexborNode | None:
        for node in self._node.css(f'[itemprop~="{name}"]'):
            above = _owner(node.parent, self._ids)
            if above is not None and above.mem_id == self._node.mem_id:
                return node
        return None

    def _value(self, name: str) -> str:
        node = self._prop(name)
        return _value(node) if node else ""

    def _author(self) -> str:
        node = self._prop("author") or self._prop("creator")
        if node is None:
            return ""
        name = node.css_first('[itemprop~="name"]')
        return _value(name or node)

    def _parent(self) -> str:
        node = self._prop("parentItem")
        if node is None:
            return ""
        inner = node.css_first('[itemprop~="url"]')
        address = _value(inner or node)
        return number_in(address, node.attributes.get("itemid") or "") or address

    def _is_other(self, node: LexborNode) -> bool:
        return node.mem_id in self._ids


def _owner(node: LexborNode | None, ids: set[int]) -> LexborNode | None:
    """The comment that a node stands in."""
    while node is not None and node.mem_id not in ids:
        node = node.parent
    return node


def _value(node: LexborNode) -> str:
    """A property's value. Source: WHATWG HTML, "Values"."""
    for attribute in ("content", "datetime", "value"):
        given = node.attributes.get(attribute)
        if given:
            return given.strip()
    if node.tag in {"a", "link", "area"}:
        address = node.attributes.get("href")
        if address and node.attributes.get("itemprop") not in {"name", "author", "creator"}:
            return address
    return words_of_node(node)
