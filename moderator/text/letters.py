"""First step of folding: takes out what has no ink and turns letters in fancy dress into plain ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from moderator.text import characters, tables
from moderator.text.characters import Kind, kind_of
from moderator.text.edits import Edit

_UNSEEN = frozenset({Kind.HIDDEN, Kind.BIDI, Kind.JOINER, Kind.SELECTOR, Kind.CONTROL})
# What NFKC is used for. It isn't used for everything: it'd make "TM" of the trade mark, three characters of a
# half or an ellipsis, and a space with an accent of an accent typed as an apostrophe. Nobody means that.
_STYLED = re.compile(
    "[\u2100-\u2115\u2117-\u211d\u2124-\u2138\u2460-\u24ff\u3250-\u33ff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f189\u1d00-\u1dbf\u02b0-\u02b8\u2071\u207f\u2090-\u209c\ua730\ua731"
    "\u0251\u0261\u0262\u0269\u026a\u0274\u0280\u028f\u0299\u029c\u029f]"
)
_SPACES = re.compile("[\xa0\u2000-\u200a\u202f\u205f\u3000]")
_FREE_MARK = re.compile(
    "[\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Vietnamese puts two on one letter; more is a flood.
_MOST_MARKS = 2


def hidden(text: str) -> Iterator[Edit]:
    """Changes that take out invisible and control characters, bidi controls, private characters and lone surrogates.

    Joiners between letters of a script that shapes them, and inside emoji, stay: they are spelling there.
    """
    for run in characters.RESTLESS.finditer(text):
        if characters.FEW_MARKS.fullmatch(run.group()):
            continue
        for at in range(run.start(), run.end()):
            char = text[at]
            kind = kind_of(char)
            if kind is Kind.LINE_END or (char == "\r" and text[at + 1 : at + 2] != "\n"):
                yield Edit(at, at + 1, "\n")
            elif kind in {Kind.JOINER, Kind.SELECTOR} and _belongs(text, at):
                continue
            elif kind in _UNSEEN or (kind is Kind.UNKNOWN and unicodedata.category(char) in {"Cs", "Co"}):
                yield Edit(at, at + 1, "")


def _belongs(text: str, at: int) -> bool:
    left, right = text[at - 1 : at], text[at + 1 : at + 2]
    if kind_of(text[at]) is Kind.SELECTOR:
        return bool(characters.PICTOGRAPH.match(left)) or right == "\u20e3"
    if characters.SHAPED.match(left) and characters.SHAPED.match(right):
        return True
    return bool(characters.PICTOGRAPH.match(right)) and (left == "\ufe0f" or bool(characters.PICTOGRAPH.match(left)))


def marks(text: str) -> Iterator[Edit]:
    """Changes that set a letter and its accents into one character, and drop what can't be set and what is too much."""
    for run in _FREE_MARK.finditer(text):
        start, end = run.span()
        base = text[start - 1 : start]
        if not base.isalpha() or end - start > _MOST_MARKS:
            if base.isalpha() or end - start > _MOST_MARKS or not base or base.isspace():
                yield Edit(start, end, "")
            continue
        composed = unicodedata.normalize("NFC", base + run.group())
        yield Edit(start - 1, end, _FREE_MARK.sub("", composed))


def styled(text: str) -> Iterator[Edit]:
    """Changes that turn fullwidth, mathematical, circled, squared and small-capital letters into plain ones."""
    for found in _STYLED.finditer(text):
        char = found.group()
        plain = tables.styled().get(char) or unicodedata.normalize("NFKC", char)
        if plain != char:
            yield Edit(found.start(), found.end(), plain)


def spaces(text: str) -> Iterator[Edit]:
    """Changes that turn spaces of other widths into the plain one."""
    for found in _SPACES.finditer(text):
        yield Edit(found.start(), found.end(), " ")
