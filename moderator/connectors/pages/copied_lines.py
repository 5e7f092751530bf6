"""Lines of text that was copied from a page: what each may be, by its words alone. The words stand in a data file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from moderator.connectors.pages.found import count
from moderator.connectors.pages.tables import read_table

LONGEST_NAME = 60
"""Characters of a name."""

_MOST_NAME_WORDS, _MOST_LOOSE_WORDS = 6, 7
_DOTS = "\N{BULLET}\N{MIDDLE DOT}\N{DOT OPERATOR}|"
_EDGES = f" \t\r{_DOTS}\N{NO-BREAK SPACE}\N{EN DASH}\N{EM DASH}-"
_PARTS = re.compile(r"\s*[" + _DOTS + r"]\s*|\s+[\N{EN DASH}\N{EM DASH}-]\s+|\t+|\s{3,}")
_SAYS = re.compile(
    r"\s+(?:says|said|wrote|sagt|schreibt|meint|dit|a dit|dice|dijo|пишет|сказал|каже|пише)"
    r"\s?(?:\.\.\.|\N{HORIZONTAL ELLIPSIS})?:$",
    re.IGNORECASE,
)
_COUNTED = (
    r"comments?|responses?|replies|kommentare?|комментари\w+|коментар\w*|commentaires?|comentarios?|yorum(?:lar)?"
)
_HEADING = re.compile(rf"(?:all |popular )?(?:{_COUNTED})\s*:?\s*\(?(\d[\d,.]*)\)?", re.IGNORECASE)
_HEADING_BEFORE = re.compile(rf"(\d[\d,.]*)\s+(?:{_COUNTED}|thoughts? on .*)", re.IGNORECASE)
_EDITED = re.compile(
    r"[\s,]*[(\[]?(?:edited|updated|modified|bearbeitet|modifié|editado|изменено|ред\.|змінено)[)\]]?$", re.IGNORECASE
)
_ADDRESSED = re.compile(r"\s+(?:>|\N{RIGHTWARDS ARROW}|\N{BLACK RIGHT-POINTING TRIANGLE})\s+\S.*$")
_ENDS = re.compile(
    r"(?:view|show|hide|see|load)?\s*(?:all|more|\d+)?\s*(?:more\s*)?(?:repl(?:y|ies)|answers?)\s*(?:\(\d+\))?"
    r"|(?:like|likes|reply|share|upvote|downvote|dislike)\s*\(\d+\)|\d+\s+(?:likes?|dislikes?|upvotes?|votes?)"
    r"|(?:ответить|відповісти|antworten)\s*\(\d+\)|показать (?:ещё |еще )?(?:\d+ )?ответ\w*",
    re.IGNORECASE,
)
_SPOILER = re.compile(
    r"^This (?:comment|review) contains spoilers\s?(?:\.{1,3}|\N{HORIZONTAL ELLIPSIS})"
    r"\s*(?:Click here if you want to read\.?|(?=$))\s*",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[\W_]+")
_INITIAL = re.compile(r"(?:^|\s)[^\W\d_]{1,3}\.$")


class Kind(Enum):
    """What a line may be."""

    BLANK = auto()
    TEXT = auto()
    HEADING = auto()
    """Above the comments, or a switch of their order."""
    END = auto()
    """The first button after a text, or any further one."""
    ADDED = auto()
    """Within a comment, written by the page."""
    RANK = auto()
    """Beside a name, or in its place: "Admin", "Guest"."""
    NUMBERS = auto()


@dataclass(frozen=True, slots=True)
class Header:
    """What a line with a date says.

    Attributes:
        author: The name beside the date; empty where it stands above.
        rank: A word beside the date that may stand for a name.
        is_loose: Name and date have nothing between them.
    """

    posted: str
    author: str = ""
    rank: str = ""
    is_guest: bool = False
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        text: Single-spaced.
        header: What its date says; `None` where it has none.
        announces: The number of comments that a heading speaks of.
        numbers: Votes, as printed.
    """

    kind: Kind
    text: str
    header: Header | None = None
    announces: int | None = None
    numbers: tuple[str, ...] = ()
    is_guest: bool = False


@cache
def _words() -> dict[str, frozenset[str]]:
    table = read_table("chrome", dict[str, list[str]])
    return {name: frozenset(word.casefold() for word in words) for name, words in table.items()}


@cache
def _warnings() -> re.Pattern[str]:
    """The same warning in other languages, as a line of its own: what it is, then perhaps what to click."""
    begins, clicks = ("|".join(map(re.escape, _words()[name])) for name in ("warnings", "clicks"))
    what = "^(?:" + begins + r")\s?[.\N{HORIZONTAL ELLIPSIS}]*\s*"
    return re.compile(what + "(?:(?:" + clicks + r")[^.]{0,80}\.?)?$", re.IGNORECASE)


@cache
def _run_together() -> re.Pattern[str]:
    """Words of headings, one after the other: "Best Oldest Newest", "BestOldestNewest"."""
    words = sorted(_words()["headings"] | _words()["orders"], key=len, reverse=True)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, words))})\W*){{2,}}")


def read_line(text: str, is_date: Callable[[str], bool]) -> Line:
    """Says what a line may be.

    Args:
        text: As it was copied.
        is_date: Whether a text is a date, and nothing but one.
    """
    whole = " ".join(text.strip(_EDGES).split())
    if not whole:
        return Line(Kind.BLANK, "")
    parts = [part for each in _PARTS.split(text) if (part := " ".join(each.strip(_EDGES).split()))]
    header = _header(parts, is_date)
    said = announced(whole)
    if said is None and len(parts) > 1:
        said = announced(parts[0]) if all(_is_heading(part) for part in parts[1:]) else None
    numbers = tuple(part for part in map(_vote, parts) if part)
    kind = _kind(whole, parts, numbers) if said is None else Kind.HEADING
    return Line(kind, whole, header, said, numbers, is_guest=whole.casefold() in _words()["guests"])


def _kind(whole: str, parts: Sequence[str], numbers: Sequence[str]) -> Kind:
    known, word = _words(), whole.casefold()
    if word in known["guests"] | known["ranks"]:
        return Kind.RANK
    if word in known["added"] or not without_added(whole):
        return Kind.ADDED
    buttons = [_is_end(part) for part in parts]
    if any(buttons) and all(
        is_end or _vote(part) or _is_sign(part) for is_end, part in zip(buttons, parts, strict=True)
    ):
        return Kind.END
    if all(map(_is_heading, parts)):
        return Kind.HEADING
    return Kind.NUMBERS if len(numbers) == len(parts) else Kind.TEXT


def _is_end(part: str) -> bool:
    word = part.casefold()
    return word in _words()["ends"] or _MARKS.sub(" ", word).strip() in _words()["ends"] or bool(_ENDS.fullmatch(word))


def _is_heading(part: str) -> bool:
    word = part.casefold()
    return word in _words()["headings"] or announced(part) is not None or bool(_run_together().fullmatch(word))


def _is_sign(part: str) -> bool:
    """An arrow, an icon, and nothing that's a word."""
    return not any(map(str.isalnum, part)) or part.casefold() in _words()["added"]


def _vote(part: str) -> str:
    """A number of votes: alone, or beside the name or the sign of its icon."""
    words = [word for word in part.casefold().split() if word not in _words()["ends"] and any(map(str.isalnum, word))]
    return words[0] if len(words) == 1 and re.fullmatch(r"[+-]?\d[\d,.]*", words[0]) else ""


def _header(parts: Sequence[str], is_date: Callable[[str], bool]) -> Header | None:
    """Name, rank and date, of which the date must be there, and nothing else may."""
    known = _words()
    dates: list[str] = []
    names: list[str] = []
    ranks: list[str] = []
    for part in parts:
        word, bare = part.casefold(), _EDITED.sub("", part)
        if len(part) <= LONGEST_NAME and bare and not bare.isdigit() and is_date(bare):
            dates.append(bare)
        elif word in known["ranks"] | known["guests"]:
            ranks.append(part)
        elif bare and word not in known["added"] and not _is_sign(part):
            names.append(part)
    if not dates and len(parts) == 1:
        return _loose_header(parts[0], is_date)
    if not dates or len(names) > 1 or (names and not (parts[0] == names[0] and is_name(names[0]))):
        return None
    is_guest = any(rank.casefold() in known["guests"] for rank in ranks)
    if names:
        name, rank = _split_rank(bare_name(names[0]))
        return Header(dates[0], name, is_guest=is_guest or rank in known["guests"])
    return Header(dates[0], rank=ranks[0] if ranks else "", is_guest=is_guest)


def _loose_header(text: str, is_date: Callable[[str], bool]) -> Header | None:
    """A name and a relative date with a blank between them, "Guest 1 day ago"."""
    words = _EDITED.sub("", text).split()
    for size in (4, 3, 2):
        name, posted = " ".join(words[:-size]), " ".join(words[-size:])
        if name and len(words) <= _MOST_LOOSE_WORDS and posted[-1:].isalpha() and is_name(name) and is_date(posted):
            name, rank = _split_rank(name)
            return Header(posted, name, is_guest={rank, name.casefold()} & _words()["guests"] != set(), is_loose=True)
    return None


def _split_rank(name: str) -> tuple[str, str]:
    """A name without the rank behind it, "Kai Guest", and that rank in small letters."""
    first, _, last = name.rpartition(" ")
    known = _words()["ranks"] | _words()["guests"]
    return (first, last.casefold()) if first and last.casefold() in known else (name, "")


def bare_name(text: str) -> str:
    """A name without "says:", without the icon before it and the one whom it answers."""
    name = _EDITED.sub("", _SAYS.sub("", text)).rstrip(":").strip()
    first, _, others = name.partition(" ")
    if others and first.casefold() in _words()["icons"]:
        name = others
    return _ADDRESSED.sub("", name)


def is_name(text: str) -> bool:
    """Whether a text may be a name: short, and no sentence."""
    name = bare_name(text)
    is_short = 0 < len(name) <= LONGEST_NAME and len(name.split()) <= _MOST_NAME_WORDS
    return is_short and (not name.endswith((".", "!", "?")) or bool(_INITIAL.search(name)))


def without_added(text: str) -> str:
    """A comment's first line without the page's warning before it."""
    return _warnings().sub("", _SPOILER.sub("", text))


def announced(line: str) -> int | None:
    """How many comments a heading speaks of, "Comments (2)" or "12 thoughts on"; `None` where it's no such heading."""
    match = _HEADING.fullmatch(line) or _HEADING_BEFORE.fullmatch(line)
    return count(match[1]) if match else None
