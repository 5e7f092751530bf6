"""Comments in text that somebody copied from a page: names, dates, and the words of buttons between them.

What marks a comment is its date, on a line of its own or behind the name; the name stands before it. What the page
adds is known by its words: "Comments (2)", "Best", "Reply", "This comment contains spoilers."
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from moderator.connectors.pages.found import Found, count
from moderator.connectors.pages.tables import read_table

_BULLETS = " \t\r\N{BULLET}\N{MIDDLE DOT}\N{NO-BREAK SPACE}|\N{EN DASH}\N{EM DASH}-"
_PARTS = re.compile(r"\s*[\N{BULLET}\N{MIDDLE DOT}|]\s*|\s+[\N{EN DASH}\N{EM DASH}-]\s+|\t+|\s{3,}")
_HEADING = re.compile(
    r"(?:comments?|responses|replies|kommentare|комментари\w+|коментар\w*)\s*:?\s*\(?(\d[\d,.]*)\)?", re.IGNORECASE
)
_HEADING_BEFORE = re.compile(
    r"(\d[\d,.]*)\s+(?:comments?|responses|kommentare|комментари\w+|коментар\w*|thoughts on .*)", re.IGNORECASE
)
_SAYS = re.compile(
    r"\s+(?:says|said|sagt|schreibt|dit|dice|пишет|каже)\s?(?:\.\.\.|\N{HORIZONTAL ELLIPSIS})?:$", re.IGNORECASE
)
_ONLY_NUMBERS = re.compile(r"[\d\s|,.+\N{BULLET}\N{MIDDLE DOT}-]+")
_LONGEST_NAME, _MOST_NAME_WORDS = 60, 6


@dataclass(frozen=True, slots=True)
class CopiedPage:
    """What was read.

    Attributes:
        announced: How many comments the text itself says there are, `None` where it doesn't.
    """

    comments: tuple[Found, ...]
    announced: int | None


@cache
def _words() -> dict[str, frozenset[str]]:
    table = read_table("chrome", dict[str, list[str]])
    return {name: frozenset(word.casefold() for word in words) for name, words in table.items()}


def read_copied(text: str, is_date: Callable[[str], bool]) -> CopiedPage:
    """Reads the comments.

    Args:
        text: What was copied.
        is_date: Whether a text is a date, and nothing but one.
    """
    lines = [" ".join(line.strip(_BULLETS).split()) for line in text.splitlines()]
    said = next((number for line in lines if (number := announced(line)) is not None), None)
    has_buttons = any(line.casefold() in _words()["ends"] for line in lines)
    places = _dated(lines, is_date, has_buttons=has_buttons)
    found: list[Found] = []
    for index, (start, at, author, posted) in enumerate(places):
        end = places[index + 1][0] if index + 1 < len(places) else len(lines)
        found.append(_comment(lines[at + 1 : end], author, posted, lines[start:at]))
    return CopiedPage(tuple(found), said)


def _dated(lines: list[str], is_date: Callable[[str], bool], *, has_buttons: bool) -> list[tuple[int, int, str, str]]:
    """Where each comment starts, the line of its date, its author and its date."""
    places: list[tuple[int, int, str, str]] = []
    earliest = 0
    for at, line in enumerate(lines):
        inline = _name_and_date(line, is_date)
        if inline:
            places.append((at, at, *inline))
        elif line and len(line) <= _LONGEST_NAME and is_date(line):
            start = _name_before(lines, at, earliest, has_buttons=has_buttons)
            if start is None:
                continue  # a comment that consists of such words, or a date of the article
            places.append((start, at, _SAYS.sub("", lines[start]).rstrip(":"), line))
        else:
            continue
        earliest = at + 1
    return places


def _name_and_date(line: str, is_date: Callable[[str], bool]) -> tuple[str, str] | None:
    """Name and date in one line, with a bullet or a dash between them."""
    parts = [part.strip(_BULLETS) for part in _PARTS.split(line) if part.strip(_BULLETS)]
    if len(parts) < 2 or not _is_name(parts[0]) or is_date(parts[0]):  # noqa: PLR2004  # a name and a date
        return None
    dates = [part for part in parts[1:] if is_date(part)]
    others = [
        part
        for part in parts[1:]
        if part not in dates and part.casefold() not in _words()["ranks"] | _words()["guests"]
    ]
    if not dates or others:
        return None
    name, _, rank = parts[0].rpartition(" ")
    has_rank = name and rank.casefold() in _words()["ranks"] | _words()["guests"]
    return name if has_rank else parts[0], dates[0]


def _name_before(lines: list[str], at: int, earliest: int, *, has_buttons: bool) -> int | None:
    """The line of the author's name: the one before the date, past ranks ("Admin") and blank lines."""
    place = at - 1
    rank: int | None = None
    while place >= earliest:
        word = lines[place].casefold()
        if word in _words()["ranks"] | _words()["guests"]:
            rank = place
        elif word and (rank is not None) and not _is_boundary(lines[place]):
            # A rank follows a name; a word such as "Guest" may be the name itself.
            follows_name = _is_name(lines[place]) and (place == 0 or _is_boundary(lines[place - 1]))
            return place if follows_name else rank
        elif word and rank is None:
            fits = _is_name(lines[place]) and not _is_boundary(lines[place])
            # Where buttons end each comment, a name follows one: else "I met them / yesterday" would be two comments.
            return place if fits and (not has_buttons or place == 0 or _is_boundary(lines[place - 1])) else None
        elif word:
            break
        place -= 1
    return rank


def _is_name(line: str) -> bool:
    bare = _SAYS.sub("", line)
    return (
        0 < len(bare) <= _LONGEST_NAME and len(bare.split()) <= _MOST_NAME_WORDS and not bare.endswith((".", "!", "?"))
    )


def _is_boundary(line: str) -> bool:
    """What stands between two comments: a blank line, a button, a heading."""
    word = line.casefold()
    known = _words()
    return (
        not word
        or word in known["ends"]
        or word in known["headings"]
        or announced(line) is not None
        or bool(_ONLY_NUMBERS.fullmatch(line))
    )


def _comment(lines: list[str], author: str, posted: str, above: list[str]) -> Found:
    known = _words()
    guest = author.casefold() in known["guests"] or any(line.casefold() in known["guests"] for line in above)
    end = next((index for index, line in enumerate(lines) if line.casefold() in known["ends"]), len(lines))
    votes = [
        count(line)
        for line in lines[end + 1 :]
        if line and _ONLY_NUMBERS.fullmatch(line) and any(map(str.isdigit, line))
    ]
    body = [
        line
        for line in lines[:end]
        if line.casefold() not in known["added"]
        and line.casefold() not in known["headings"]
        and _HEADING.fullmatch(line) is None
    ]
    while body and (not body[-1] or _ONLY_NUMBERS.fullmatch(body[-1])):
        body.pop()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip()
    likes, dislikes = (str(votes[0]), str(votes[1])) if len(votes) == 2 else ("", "")  # noqa: PLR2004  # a pair
    return Found(
        text=text, author=author, registered=False if guest else None, posted=(posted,), likes=likes, dislikes=dislikes
    )


def announced(line: str) -> int | None:
    """How many comments a heading speaks of, "Comments (2)" or "12 thoughts on"; `None` where it's no such heading."""
    match = _HEADING.fullmatch(line) or _HEADING_BEFORE.fullmatch(line)
    return count(match[1]) if match else None
