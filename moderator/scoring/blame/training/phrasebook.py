"""Sentences written by hand for training, blame and its near twins, with the evidence marked: `phrasebook/*.tsv`.

Five columns: the guideline's class (F01..F36), the grade 0..3, the name of a pair that differs in little but its
meaning, the text with its marks (`<g>` group, `<q>` quantifier, `<p>` predicate), and what was said before it
(`title=` or `parent=`). All of it is the project's own; peoples and places are mostly invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from moderator.errors import ScoringError

COMPONENT_OF = {
    "F01": "ACT", "F02": "ACT", "F18": "ACT", "F03": "PUN", "F04": "PUN", "F05": "INN", "F06": "SIL", "F07": "HER",
    "F08": "ASC", "F10": "DES",
}  # fmt: skip
"""What a class of the guideline says of a group, where the class itself tells."""

ROLES = {"g": "group", "q": "quantifier", "p": "predicate"}
_MARK = re.compile(r"</?([gqp])>")
_COLUMNS = 5
_GRADES = frozenset("0123")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry.

    Attributes:
        text: Without marks.
        kind: F01..F36.
        grade: 0..3; above 0 it's blame.
        pair: Shared by two entries that differ in little; empty for others.
        context: Title or parent; mostly empty.
        marks: Role, start and end of each piece of evidence in the text, in code points.
    """

    text: str
    kind: str
    grade: int
    pair: str
    context: str
    marks: tuple[tuple[str, int, int], ...]


def read_phrasebook(language: str) -> Iterator[Phrase]:
    """Reads a language's entries in their order.

    Raises:
        ScoringError: A line isn't of the form above.
    """
    name = f"{language}.tsv"
    text = resources.files("moderator.scoring.blame.training").joinpath("phrasebook", name).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        phrase = _parse(line)
        if phrase is None:
            raise ScoringError(
                f"phrasebook/{name}, line {number}: not an entry",
                code="blame.phrasebook",
                hint="An entry has five columns: class, grade 0-3, pair, text with <g> <q> <p> marks, context.",
            )
        yield phrase


def _parse(line: str) -> Phrase | None:
    columns = line.split("\t")
    if len(columns) != _COLUMNS or columns[1] not in _GRADES:
        return None
    plain, marks = "", list[tuple[str, int, int]]()
    opened: dict[str, int] = {}
    at = 0
    for found in _MARK.finditer(columns[3]):
        plain += columns[3][at : found.start()]
        at = found.end()
        role = ROLES[found[1]]
        if found[0].startswith("</"):
            if role not in opened:
                return None
            marks.append((role, opened.pop(role), len(plain)))
        elif opened.setdefault(role, len(plain)) != len(plain):
            return None
    if opened:
        return None
    return Phrase(
        plain + columns[3][at:], columns[0], int(columns[1]), columns[2], columns[4].partition("=")[2], tuple(marks)
    )
