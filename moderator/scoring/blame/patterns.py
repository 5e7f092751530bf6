"""Word patterns: a small language for phrases, compiled to expressions that run only where an anchor word stands.

A pattern is a line of elements separated by spaces. It's matched against a sentence in canonical form: lower case, one
space around every token, group noun phrases replaced by symbols (`§g` and friends).

- `guilty|complicit`: one token out of these. `виноват*`: a token that starts so.
- `not?`: an element that may be missing. `..3`: up to three tokens that are not punctuation.
- `{be}`: a named list out of the language file's `[macros]`, which may itself hold several tokens or be optional.
- `[` and `]`: what lies between is the evidence to show; without them it's the whole match.

Every element costs a bounded number of tokens, so a match is linear in the length of the sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from moderator.errors import ScoringError

_GAP = re.compile(r"\.\.(\d)")
_MACRO = re.compile(r"\{(\w+)\}(\?)?")
_WORD = r"[^\s,;:.!?()\"«»„“”…]+"
_PLAIN = re.compile(r"[^\s{}\[\]]+")
_MIN_PREFIX = 2
_COMMON_COST = 20
_SHARED = tomllib.loads((resources.files("moderator.scoring.blame") / "data" / "shared.toml").read_text("utf-8"))
_COMMON = frozenset(str(_SHARED["common"]).split())
_NEGATIONS = frozenset(str(_SHARED["negations"]).split())


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase of a language file.

    Attributes:
        kind: What it is evidence of: a component code (`ACT`) or the name of a cue (`report`).
        side: Where the group stands: `L` before, `R` after, `B` either, `I` inside the phrase, `T` anywhere near.
        weight: 1.0 for a phrase that's enough by itself, less for one that needs help.
        grade: 1..3 as in the guideline; 0 for cues.
        source: Regular expression over a canonical sentence.
        exact: Words one of which must be in the sentence for the pattern to be tried.
        prefixes: Likewise, as beginnings of words.
        needs: Sets of words (or group symbols) each of which must share a word with the sentence.
        negative: Whether a word of negation belongs to the phrase itself, so that it doesn't negate it.
    """

    kind: str
    side: str
    weight: float
    grade: int
    source: str
    exact: frozenset[str]
    prefixes: frozenset[str]
    negative: bool = False
    needs: tuple[frozenset[str], ...] = ()


def compile_line(line: str, kind: str, macros: Mapping[str, str]) -> Pattern:
    """Reads one line, `SIDE WEIGHT GRADE | elements` or bare elements for a cue.

    Raises:
        ScoringError: The line is not in the language described above; the message quotes it (it's our own data).
    """
    head, bar, body = line.partition(" | ")
    side, weight, grade = "T", 1.0, 0
    if bar:
        try:
            side, shown, digit = head.split()
            weight, grade = {"s": 1.0, "m": 0.75, "w": 0.5}[shown], int(digit)
        except (ValueError, KeyError):
            raise _broken(line, kind) from None
    else:
        body = line
    anchors: list[tuple[int, list[str]]] = []
    parts = [_element(element, line, kind, macros, anchors) for element in body.split()]
    needs = tuple(frozenset(words) for _, words in anchors if not any("*" in word for word in words))
    anchors = [entry for entry in anchors if not any(word.startswith("§") for word in entry[1])]
    if not anchors:
        raise _broken(line, kind)
    _, words = max(anchors, key=lambda entry: entry[0])
    source = "(?<= )" + "".join(parts)
    return Pattern(
        kind, side, weight, grade, source,
        frozenset(word for word in words if not word.endswith("*")),
        frozenset(word[:-1] for word in words if word.endswith("*")),
        any(word in _NEGATIONS for element in body.split() for word in element.rstrip("?").split("|")),
        needs,
    )  # fmt: skip


def _broken(line: str, kind: str) -> ScoringError:
    return ScoringError(
        f"blame lexicon: pattern {line!r} under {kind} can't be read",
        code="blame.pattern",
        hint="See the pattern language in moderator/scoring/blame/patterns.py.",
    )


def _element(
    element: str, line: str, kind: str, macros: Mapping[str, str], anchors: list[tuple[int, list[str]]]
) -> str:
    if element == "[":
        return "("
    if element == "]":
        return ")"
    gap = _GAP.fullmatch(element)
    if gap:
        return f"(?:{_WORD} ){{0,{gap[1]}}}"
    macro = _MACRO.fullmatch(element)
    if macro:
        if macro[1] not in macros:
            raise _broken(line, kind)
        return f"(?:{_macro(macros[macro[1]], macros, None if macro[2] else anchors)}){macro[2] or ''}"
    element = _MACRO.sub(lambda found: macros.get(found[1], "{}"), element)
    optional = element.endswith("?") and len(element) > 1
    body = element[:-1] if optional else element
    if not _PLAIN.fullmatch(body):
        raise _broken(line, kind)
    words = body.split("|")
    if not optional:
        anchors.append((_rarity(words), words))
    return f"(?:{_words(words)} ){'?' if optional else ''}"


def _rarity(words: list[str]) -> int:
    """How seldom an element stands in a sentence: the fewer common words and marks, the better; then, longer words."""
    common = sum(word in _COMMON or not word[0].isalnum() for word in words)
    return min(len(word) for word in words) - _COMMON_COST * common


def _words(words: list[str]) -> str:
    shapes = [re.escape(word).replace(r"\*", r"\S*") for word in words]
    return shapes[0] if len(shapes) == 1 else "(?:" + "|".join(shapes) + ")"


def _macro(text: str, macros: Mapping[str, str], anchors: list[tuple[int, list[str]]] | None) -> str:
    """A macro's own regular expression: alternatives separated by ` / `, each a run of elements."""
    alternatives: list[str] = []
    best: list[tuple[int, list[str]]] = []
    for alternative in text.split(" / "):
        own: list[tuple[int, list[str]]] = []
        alternatives.append("".join(_element(element, text, "macro", macros, own) for element in alternative.split()))
        usable = [entry for entry in own if not any(word.startswith("§") for word in entry[1])] or own
        if usable:
            best.append(max(usable, key=lambda entry: entry[0]))
    if anchors is not None and len(best) == len(alternatives):
        anchors.append((min(entry[0] for entry in best), [word for entry in best for word in entry[1]]))
    return "|".join(alternatives)


class PatternTable:
    """All patterns of a language, found by the words that anchor them."""

    def __init__(self, patterns: list[Pattern]) -> None:
        self.patterns = patterns
        self._compiled: list[re.Pattern[str] | None] = [None] * len(patterns)
        self._exact: dict[str, list[int]] = {}
        self._prefixes: dict[str, list[int]] = {}
        for number, pattern in enumerate(patterns):
            for word in pattern.exact:
                self._exact.setdefault(word, []).append(number)
            for prefix in pattern.prefixes:
                self._prefixes.setdefault(prefix, []).append(number)

    def anchored(self, word: str) -> tuple[int, ...]:
        """Numbers of the patterns that this lower-case word can anchor."""
        found = list(self._exact.get(word, ()))
        for length in range(_MIN_PREFIX, len(word) + 1):
            found.extend(self._prefixes.get(word[:length], ()))
        return tuple(found)

    def expression(self, number: int) -> re.Pattern[str]:
        """The compiled pattern; compiled at its first use, since most never are."""
        ready = self._compiled[number]
        if ready is None:
            ready = self._compiled[number] = re.compile(self.patterns[number].source)
        return ready
