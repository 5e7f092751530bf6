"""Comments in text that somebody copied from a page: names, dates, and the words of buttons between them.

What marks a comment is its date, on a line of its own or behind the name; the name stands before it. What the page
adds is known by its words: "Comments (2)", "Best", "Reply", "This comment contains spoilers."
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moderator.connectors.pages.copied_lines import (
    LONGEST_NAME,
    Header,
    Kind,
    Line,
    bare_name,
    is_name,
    read_line,
    without_added,
)
from moderator.connectors.pages.found import Found, count

_PAIR = 2
_OWN = frozenset({Kind.TEXT, Kind.HEADING, Kind.NUMBERS, Kind.RANK})
"""Lines that may be what the reader wrote."""

_SLASHES = re.compile(r"\s+/\s+")


@dataclass(frozen=True, slots=True)
class CopiedPage:
    """What was read.

    Attributes:
        announced: How many comments the text itself says there are, `None` where it doesn't.
    """

    comments: tuple[Found, ...]
    announced: int | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a comment stands: its first line, the line of its date, and what those say."""

    start: int
    at: int
    author: str
    is_guest: bool
    posted: str


def read_copied(text: str, is_date: Callable[[str], bool]) -> CopiedPage:
    """Reads the comments.

    Args:
        text: What was copied.
        is_date: Whether a text is a date, and nothing but one.
    """
    page = _read(text.splitlines(), is_date)
    if not page.comments and _SLASHES.search(text):
        # Some note down the lines of a page with slashes between them.
        slashed = _read(_SLASHES.split(text.strip().replace("\n", " / ")), is_date)
        page = slashed if slashed.comments else page
    return page


def _read(texts: Sequence[str], is_date: Callable[[str], bool]) -> CopiedPage:
    lines = [read_line(text, is_date) for text in texts]
    places = _Places(lines).find()
    headings = [at for at, line in enumerate(lines) if line.announces is not None]
    # Above the heading stands the article, whose own line of author and date is no comment.
    first = next((at for at in headings if any(place.at > at for place in places)), -1)
    places = [place for place in places if place.at > first]
    ends = [*(place.start for place in places[1:]), len(lines)] if places else []
    said = lines[first].announces if first >= 0 else next((lines[at].announces for at in headings), None)
    return CopiedPage(
        tuple(_comment(lines[place.at + 1 : end], place) for place, end in zip(places, ends, strict=True)), said
    )


class _Places:
    """Where the comments of a text begin."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._last_end = max((at for at, line in enumerate(lines) if line.kind is Kind.END), default=-1)

    def find(self) -> list[_Place]:
        """In their order."""
        places: list[_Place] = []
        earliest = 0
        for at, line in enumerate(self._lines):
            if line.header is None:
                continue
            place = self._place(at, line.header, earliest)
            if place is not None:
                places.append(place)
                earliest = at + 1
        return places

    def _place(self, at: int, header: Header, earliest: int) -> _Place | None:
        """The comment whose date stands here; `None` where it's a word of a comment, or a date of the article."""
        begins = self._begins(at, earliest)
        if header.author:
            # "Guest 1 day ago" without anything between could be said in a comment.
            fits = begins if header.is_loose else True
            return _Place(at, at, header.author, header.is_guest, header.posted) if fits else None
        start, author, is_guest = self._name_above(at, earliest, begins=begins)
        if author:
            return _Place(start, at, author, is_guest or header.is_guest, header.posted)
        if header.rank and (begins or self._is_boundary(at - 1)):
            return _Place(at, at, header.rank, header.is_guest, header.posted)
        return None

    def _begins(self, at: int, earliest: int) -> bool:
        """Whether a button of the comment before stands above this line, and one of its own further down."""
        ended = any(self._lines[place].kind is Kind.END for place in range(earliest, at)) if earliest else True
        return ended and self._last_end > at

    def _name_above(self, at: int, earliest: int, *, begins: bool) -> tuple[int, str, bool]:
        """The line of the author's name: the one before the date, past ranks ("Admin") and blank lines."""
        rank: int | None = None
        is_guest = False
        for place in range(at - 1, earliest - 1, -1):
            line = self._lines[place]
            if line.kind is Kind.BLANK:
                continue
            if line.kind is Kind.RANK:
                rank, is_guest = place, is_guest or line.is_guest
                continue
            named = len(line.text) <= LONGEST_NAME if begins else is_name(line.text)
            if line.kind is Kind.TEXT and named and self._stands_free(place, begins=begins, behind=rank is None):
                return place, bare_name(line.text), is_guest
            break
        return (rank, self._lines[rank].text, is_guest) if rank is not None else (at, "", False)

    def _stands_free(self, place: int, *, begins: bool, behind: bool) -> bool:
        """Whether a line is a name by where it stands. "I met them / yesterday" are a comment's own lines."""
        if begins or place == 0 or self._is_boundary(place - 1):
            return True
        return behind and self._last_end < 0

    def _is_boundary(self, place: int) -> bool:
        """What stands between two comments: a blank line, a button, a heading."""
        return place < 0 or self._lines[place].kind in {Kind.BLANK, Kind.END, Kind.HEADING, Kind.NUMBERS}


def _comment(lines: Sequence[Line], place: _Place) -> Found:
    ends = [index for index, line in enumerate(lines) if line.kind is Kind.END]
    if ends and not any(line.kind in _OWN for line in lines[: ends[0]]):
        # "Reply" is the comment's own first word here, where a text follows and another button ends it.
        ends = [index for index in ends if any(line.kind is Kind.TEXT for line in lines[:index])] or ends
    votes = [count(each) for line in lines[ends[0] :] for each in line.numbers] if ends else []
    likes, dislikes = (str(votes[0]), str(votes[1])) if len(votes) == _PAIR else ("", "")
    return Found(
        text=_body(lines[: ends[0]], is_ended=True) if ends else _body(lines, is_ended=False),
        author=place.author,
        registered=False if place.is_guest else None,
        posted=(place.posted,),
        likes=likes,
        dislikes=dislikes,
    )


def _body(lines: Sequence[Line], *, is_ended: bool) -> str:
    """The text between the date and the first button, without what the page puts around it."""
    own = list(lines)
    while own and own[0].kind in {Kind.BLANK, Kind.ADDED}:
        own.pop(0)
    kept = list(own)
    while kept and kept[-1].kind in {Kind.BLANK, Kind.ADDED, Kind.HEADING, Kind.NUMBERS}:
        kept.pop()
    # What stands alone before a button was written, even if it's a word that pages use too: "Top", "2026".
    kept = kept or [line for line in own if is_ended and line.kind in _OWN and line.announces is None]
    if kept:
        kept[0] = replace(kept[0], text=without_added(kept[0].text))
    texts = [line.text for line in kept if line.kind is not Kind.ADDED]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(texts)).strip()
