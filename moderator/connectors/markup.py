"""HTML that people wrote -> the text that they meant: paragraphs, line ends, quotes, and where a link leads.

Comment systems store and show HTML. Scorers and moderators need the words; a link's address is part of what was said,
so it stays beside its text. Parsing is lexbor's, which builds the tree as browsers do.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLANKS = re.compile(r"[ \t\n\r\f]+")
_LINE_END = re.compile(r"\r\n?")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*>?")
_MANY_EMPTY_LINES = re.compile(r"\n{3,}")

_UNSEEN = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "title",
        "iframe",
        "object",
        "textarea",
        "select",
        "svg",
        "button",
    }
)
_PARAGRAPHS = frozenset({"p", "blockquote", "ul", "ol", "dl", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _PARAGRAPHS | {
    *("div", "li", "tr", "dt", "dd", "hr", "section", "article", "header", "footer", "figure", "figcaption"),
    *("aside", "main", "nav", "form", "fieldset", "address", "details", "summary", "center", "caption", "tbody"),
}

_CLOSED_BY_OTHERS = frozenset(
    {"p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "tbody", "thead", "colgroup"}
)
_NEVER_CLOSED = frozenset(
    {"br", "img", "hr", "input", "meta", "link", "area", "base", "col", "embed", "param", "source", "track", "wbr"}
)
_REOPENED = frozenset("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905  # easier to read
_DEEPEST = 1000
_MOST_COPIES = 5_000_000


class NestedTooDeepError(ValueError):
    """HTML made to exhaust its reader: nested deeper than any page is, or copying open tags without end."""


def check_nesting(html: str) -> None:
    """Refuses HTML whose tree would cost far more than its text.

    Building a tree takes time by the square of its depth, and every block repeats the formatting tags that nobody
    closed. Browsers stop at a depth of some hundreds.

    Raises:
        NestedTooDeepError: It would.
    """
    depth = reopened = most_reopened = tags = 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if name in _CLOSED_BY_OTHERS or name in _NEVER_CLOSED:
            tags += 1
            continue
        step = -1 if match[1] else 1
        tags += 1
        depth = max(0, depth + step)
        if name in _REOPENED:
            reopened = max(0, reopened + step)
            most_reopened = max(most_reopened, reopened)
        if depth > _DEEPEST:
            raise NestedTooDeepError(f"nested more than {_DEEPEST:,} deep")
    if most_reopened * tags > _MOST_COPIES:
        raise NestedTooDeepError("too many formatting tags that are never closed")


def text_of_html(html: str, *, keep_lines: bool = False) -> str:
    r"""The text of a comment that is stored as HTML.

    Args:
        html: A fragment, broken or not.
        keep_lines: Line ends count, as in systems that turn them into `<br>` only when they show the comment.

    Returns:
        Text with `\n` between lines and an empty line between paragraphs. Tags are gone, entities are characters,
        quoted lines start with `> `, and a link whose text doesn't show its address has it behind it in brackets.
    """
    if "<" not in html and "&" not in html:
        return _plain(html, keep_lines=keep_lines)
    try:
        html.encode()
        check_nesting(html)
    except (NestedTooDeepError, UnicodeEncodeError):
        # Half of a surrogate pair can't be handed to a parser; whoever takes the comment in refuses it by name.
        return _plain(entities.unescape(_TAG.sub(" ", html)), keep_lines=keep_lines)
    body = LexborHTMLParser(f"<!DOCTYPE html><body>{html}").body
    return "" if body is None else text_of_node(body, keep_lines=keep_lines)


def text_of_node(
    node: LexborNode, *, keep_lines: bool = False, leave_out: Callable[[LexborNode], bool] | None = None
) -> str:
    """The text of a part of a page, as `text_of_html` gives it.

    Args:
        node: The part.
        keep_lines: Line ends count.
        leave_out: Says of an element whether it, with all in it, isn't part of the text.
    """
    text = _Text(keep_lines=keep_lines)
    current: LexborNode | None = node.first_child
    while current is not None:
        if current.is_text_node:
            text.add(current.text_content or "")
        elif current.is_element_node and (current.tag or "") not in _UNSEEN and not (leave_out and leave_out(current)):
            text.open(current)
            if (below := current.first_child) is not None:
                current = below
                continue
            text.close(current)
        current = _following(current, node, text)
    return text.result()


def words_of_node(node: LexborNode) -> str:
    """The text of a name, a date or a heading, on one line: what a link leads to is no part of it."""
    texts = (inner for inner in node.traverse(include_text=True) if inner.is_text_node)
    shown = (text for text in texts if text.parent is None or text.parent.tag not in {"script", "style"})
    return " ".join("".join(text.text_content or "" for text in shown).split())


def _following(current: LexborNode, root: LexborNode, text: _Text) -> LexborNode | None:
    """The node after this one and all in it, closing what ends on the way."""
    while current.next is None:
        parent = current.parent
        if parent is None or parent.mem_id == root.mem_id:
            return None
        text.close(parent)
        current = parent
    return current.next


class _Text:
    """Lines as they are put together."""

    def __init__(self, *, keep_lines: bool) -> None:
        self._keep_lines = keep_lines
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._preformatted = 0
        self._links: list[tuple[str, int, int]] = []

    def add(self, text: str) -> None:
        text = text.replace("\N{NO-BREAK SPACE}", " ")
        if self._keep_lines or self._preformatted:
            first, *others = _LINE_END.sub("\n", text).split("\n")
            self._put(first)
            for other in others:
                self._end_line()
                self._put(other)
        else:
            self._put(_BLANKS.sub(" ", text))

    def open(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "br":
            self._end_line()
        elif tag == "img":
            # Emoji are often images; their character is the alternative text.
            self._put(_BLANKS.sub(" ", node.attributes.get("alt") or ""))
        elif tag == "a":
            self._links.append((node.attributes.get("href") or "", len(self._lines), len(self._line)))
        elif tag in {"td", "th"}:
            self._put(" ")
        elif tag in _BLOCKS:
            self._end_block(tag)
            self._quotes += tag == "blockquote"
            self._preformatted += tag == "pre"
            if tag == "li":
                self._put("- ")

    def close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "a" and self._links:
            self._close_link(*self._links.pop())
        elif tag in _BLOCKS:
            self._end_block(tag)
            self._quotes -= tag == "blockquote"
            self._preformatted -= tag == "pre"

    def result(self) -> str:
        self._end_line()
        return _MANY_EMPTY_LINES.sub("\n\n", "\n".join(self._lines)).strip()

    def _put(self, text: str) -> None:
        if text.startswith(" ") and not self._preformatted and (not self._line or self._line[-1].endswith(" ")):
            text = text.lstrip(" ")
        if text:
            self._line.append(text)

    def _end_line(self) -> None:
        line = "".join(self._line).rstrip()
        self._lines.append(f"{'> ' * self._quotes}{line}" if line else "")
        self._line = []

    def _end_block(self, tag: str) -> None:
        """Ends the line where one is under way; around a paragraph an empty line follows."""
        if "".join(self._line).strip():
            self._end_line()
        else:
            self._line = []
        if tag in _PARAGRAPHS and self._lines and self._lines[-1]:
            self._lines.append("")

    def _close_link(self, address: str, lines: int, pieces: int) -> None:
        if not address.lower().startswith(("http://", "https://")) or lines != len(self._lines):
            return
        text = "".join(self._line[pieces:]).strip()
        shown = text.rstrip(". \N{HORIZONTAL ELLIPSIS}")
        bare = address.split("://", 1)[1].removeprefix("www.")
        if shown and bare.startswith(shown.split("://", 1)[-1].removeprefix("www.")):
            self._line[pieces:] = [address]  # what is shown is the address, or its beginning
        elif text and not text.startswith(("@", "#")):
            self._put(f" ({address})")


def _plain(text: str, *, keep_lines: bool) -> str:
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    if not keep_lines:
        return _BLANKS.sub(" ", text).strip()
    lines = _LINE_END.sub("\n", text).split("\n")
    return _MANY_EMPTY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()
