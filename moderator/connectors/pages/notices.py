"""What to say of a page on which no comment was found: why that may be, and where its comments are to be had."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from selectolax.lexbor import LexborHTMLParser

from moderator.connectors.markup import text_of_node
from moderator.connectors.pages.about import About
from moderator.connectors.pages.tables import read_table
from moderator.text.visible import visible_line

_NONE_YET = re.compile(
    r"\b(?:no comments(?: yet)?|0 comments|comments ?\(0\)|write the first comment|no responses|"
    r"be the first to (?:leave a )?comment|keine kommentare|aucun commentaire|sin comentarios|"
    r"нет комментариев|немає коментарів)(?!\w)",
    re.IGNORECASE,
)
_LOADING = re.compile(
    r"loading (?:the )?comments|comments are loading|kommentare werden geladen|загрузка комментариев"
    r"|(?:enable|requires?|needs?|turn on) javascript[^.!?\n]{0,40}comments"
    r"|comments[^.!?\n]{0,40}(?:enable|requires?) javascript",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"(?:log ?in|sign in|register|subscribe|become a (?:member|subscriber))[^.!?\n]{0,40} to (?:\w+ ){0,3}"
    r"(?:view|read|see|show)[^.!?\n]{0,30}(?:comments|discussion|conversation)"
    r"|comments are (?:only )?(?:for|visible to) (?:members|subscribers)"
    r"|anmelden,? um [^.!?\n]{0,20}kommentare|войдите,? чтобы [^.!?\n]{0,30}комментари",
    re.IGNORECASE,
)
_FORM = re.compile(r"post a comment|leave a (?:comment|reply)|add a comment|view comments|show comments", re.IGNORECASE)
_LOOKED_AT_CHARS = 2_000_000


_ANOTHER_WAY = (
    "Save the page from the browser once they are shown, copy them as text into a .txt, or name a feed or an export."
)


_BEHIND_A_LOGIN = "Log in with your browser, save the page once they are shown, and take the file in."


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A comment system that pages embed; `data/widgets.toml` says what each field means."""

    name: str
    marks: tuple[str, ...]
    advice: str
    words: tuple[str, ...] = ()
    in_page: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    widget: tuple[Widget, ...]


@cache
def known_widgets() -> tuple[Widget, ...]:
    """Every widget in the data file, in its order."""
    return read_table("widgets", _Table).widget


@dataclass(frozen=True, slots=True)
class Notice:
    """What to say of a page on which no comment was found.

    Attributes:
        what: Half a sentence that follows the page's name.
        hint: What to do.
        none_yet: The page itself says that nobody commented; nothing is wrong.
    """

    what: str
    hint: str
    none_yet: bool = False


def explain(tree: LexborHTMLParser, about: About) -> Notice:
    """Why there may be no comments on a page, and what to do.

    Args:
        tree: The page, on which none was found.
        about: What it says of itself.
    """
    shown = text_of_node(tree.body)[:_LOOKED_AT_CHARS] if tree.body else ""
    feed = f"Read the feed that it names: moderator intake {visible_line(about.comment_feed)}"
    advice = feed if about.comment_feed else ""
    shown += "\n".join(node.text() for node in tree.css("noscript"))[:_LOOKED_AT_CHARS]
    widget = next((each for each in known_widgets() if _is_used(tree, each)), None)
    if widget and not widget.in_page:
        return Notice(f"holds no comments itself: {widget.name} loads them by script", advice or widget.advice)
    if _WALL.search(shown):
        return Notice("shows its comments to those alone who log in", advice or _BEHIND_A_LOGIN)
    if _LOADING.search(shown):
        what = "holds no comments itself: a script loads them"
        return Notice(what, advice or (widget.advice if widget else _ANOTHER_WAY))
    if _NONE_YET.search(shown):
        return Notice("has no comments yet", advice, none_yet=True)
    form = widget is not None or _FORM.search(shown)
    what = "has a form for comments, but no comments in it" if form else "has no comments in any form that is known"
    return Notice(what, advice or (widget.advice if widget else _ANOTHER_WAY))


def _is_used(tree: LexborHTMLParser, widget: Widget) -> bool:
    if any(tree.css_first(mark) is not None for mark in widget.marks):
        return True
    return any(word in script.text() for word in widget.words for script in tree.css("script"))
