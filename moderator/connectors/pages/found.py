"""A comment as it was found on a page, before it's checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"\d[\d.,\N{NO-BREAK SPACE} ]*")
_FRAGMENT_ID = re.compile(r"(?:li-|div-)?(?:comment|isso|comm|c)[-_]?(\d+)(?:_\d+)?", re.IGNORECASE)
_REPLY_TO = re.compile(r"[?&]replytocom=(\d+)")


@dataclass(slots=True)
class Found:
    """One comment.

    Attributes:
        number: Its id on the page, empty where there is none.
        posted: What may be its date, the best guess first.
        parent: `number` of the comment that it answers.
        left_out: Code and words, where it's no reader's comment (a pingback).
    """

    number: str = ""
    text: str | None = None
    author: str = ""
    author_id: str | None = None
    registered: bool | None = None
    parent: str = ""
    posted: tuple[str, ...] = ()
    likes: str = ""
    dislikes: str = ""
    left_out: tuple[str, str] | None = None

    def fields(self) -> dict[str, Any]:
        """Values by our names, but for those that depend on the rest of the page: id, parent, date, article."""
        kind = {None: None, True: "registered", False: "guest"}[self.registered]
        return {
            "text": self.text,
            "author_name": self.author,
            "author_id": self.author_id,
            "author_kind": kind,
            "likes": count(self.likes),
            "dislikes": count(self.dislikes),
        }


def count(text: str) -> int:
    """A number of votes as pages print it, 0 where it's none: "12", "1,204", "Like (3)"."""
    match = _NUMBER.search(text)
    digits = re.sub(r"\D", "", match[0]) if match else ""
    return int(digits[:15] or 0)


def number_in(*addresses: str) -> str:
    """A comment's id out of addresses or element ids: `#comment-12`, `c12`, `?replytocom=12`; empty where none is."""
    for address in addresses:
        match = _FRAGMENT_ID.fullmatch(address.rpartition("#")[2]) or _REPLY_TO.search(address)
        if match:
            return match[1]
    return ""


def without_repetitions(comments: Iterable[Found]) -> list[Found]:
    """The comments, those with an id once: pages show the popular ones a second time."""
    seen: set[str] = set()
    kept: list[Found] = []
    for comment in comments:
        if comment.number and comment.number in seen:
            continue
        seen.add(comment.number)
        kept.append(comment)
    return kept
