"""A sentence read: its noun phrases, the phrases of blame in it, and the cues around them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice

from moderator.scoring.blame.lexicon import COMPONENTS, Lexicon, Word
from moderator.scoring.blame.nouns import GROUPS, SYMBOLS, Kind, Phrase
from moderator.scoring.blame.patterns import Pattern
from moderator.scoring.blame.phrases import PhraseFinder
from moderator.scoring.blame.words import Sentence

_COMPONENT_SET = frozenset(COMPONENTS)
_MAX_MATCHES = 4


@dataclass(slots=True)
class Match:
    """One pattern found, in tokens `first..last` inclusive; `shown` are the token ranges worth showing."""

    pattern: Pattern
    first: int
    last: int
    shown: tuple[tuple[int, int], ...]


class Reading:
    """All that the rules need of one sentence.

    Attributes:
        infos: What the lexicon knows of each word.
        predicates: Matches of blame components.
    """

    __slots__ = (
        "_cues", "_lexicon", "_masked", "_phrases", "_starts", "_text", "_tokens", "_words", "infos", "predicates",
        "sentence",
    )  # fmt: skip

    def __init__(self, lexicon: Lexicon, sentence: Sentence, infos: list[Word]) -> None:
        self._lexicon = lexicon
        self.sentence = sentence
        self.infos = infos
        self._phrases: list[Phrase] | None = None
        self._masked: list[str] = []
        self._tokens: list[tuple[int, int]] = []
        self._starts: list[int] = []
        self._text = ""
        self._words: set[str] = set()
        self._cues: dict[str, list[Match]] | None = None
        self.predicates: list[Match] = []

    @property
    def phrases(self) -> list[Phrase]:
        """Noun phrases in order. Found when first asked for."""
        if self._phrases is None:
            self._phrases = PhraseFinder(self._lexicon, self.sentence, self.infos).find()
        return self._phrases

    @property
    def cues(self) -> dict[str, list[Match]]:
        """Cue name to its matches. Found when first asked for: most sentences never are."""
        if self._cues is None:
            self._cues = {}
            for match in self._matches({number for info in self.infos for number in (*info.cues, *info.predicates)}):
                if match.pattern.kind not in _COMPONENT_SET:
                    self._cues.setdefault(match.pattern.kind, []).append(match)
        return self._cues

    def find_predicates(self) -> None:
        """Looks for phrases of blame."""
        numbers = {number for info in self.infos for number in info.predicates}
        if numbers:
            found = self._matches(numbers)
            self.predicates = sorted(
                (match for match in found if match.pattern.kind in _COMPONENT_SET), key=lambda m: (m.first, m.last)
            )

    def _canonicalise(self) -> None:
        self._masked, self._tokens = _canonical(self.sentence.words, self.phrases)
        self._words = set(self._masked)
        self._text = " " + " ".join(self._masked) + " "
        at = 1
        for symbol in self._masked:
            self._starts.append(at)
            at += len(symbol) + 1

    def _matches(self, numbers: set[int]) -> list[Match]:
        if not self._text:
            self._canonicalise()
        table, words = self._lexicon.table, self._words
        matches: list[Match] = []
        for number in sorted(numbers):
            pattern = table.patterns[number]
            for need in pattern.needs:
                if need.isdisjoint(words):
                    break
            else:
                matches.extend(
                    _locate(pattern, found.span(), found.regs[1:], self._starts, self._tokens)
                    for found in islice(table.expression(number).finditer(self._text), _MAX_MATCHES)
                )
        return matches

    def has(self, cue: str) -> bool:
        """Whether a cue stands in the sentence."""
        return cue in self.cues

    def before(self, cue: str, token: int) -> bool:
        """Whether a cue begins before a token."""
        return any(match.first < token for match in self.cues.get(cue, ()))

    def between(self, cue: str, first: int, last: int) -> bool:
        """Whether a cue stands within `first..last`."""
        return any(first <= match.first and match.last <= last for match in self.cues.get(cue, ()))

    def tagged(self, tag: str, first: int, last: int) -> list[int]:
        """Tokens in `first..last` that carry a word class."""
        return [i for i in range(max(0, first), min(len(self.infos), last + 1)) if tag in self.infos[i].tags]


def read(lexicon: Lexicon, sentence: Sentence) -> Reading:
    """Reads one sentence. Linear in its length, which is bounded."""
    return Reading(lexicon, sentence, [lexicon.word(word) for word in sentence.words])


def _canonical(words: list[str], phrases: list[Phrase]) -> tuple[list[str], list[tuple[int, int]]]:
    """Words with each target replaced by its symbol, and the token range behind each of them."""
    symbols: list[str] = []
    tokens: list[tuple[int, int]] = []
    position = 0
    for phrase in phrases:
        symbol = SYMBOLS.get(phrase.kind)
        if symbol is None:
            continue
        for i in range(position, phrase.first):
            symbols.append(words[i])
            tokens.append((i, i))
        symbols.append(symbol)
        tokens.append((phrase.first, phrase.last))
        position = phrase.last + 1
    for i in range(position, len(words)):
        symbols.append(words[i])
        tokens.append((i, i))
    return symbols, tokens


def _locate(
    pattern: Pattern,
    span: tuple[int, int],
    groups: tuple[tuple[int, int], ...],
    starts: list[int],
    tokens: list[tuple[int, int]],
) -> Match:
    def to_tokens(start: int, end: int) -> tuple[int, int]:
        first = max(0, bisect_right(starts, start) - 1)
        last = max(first, bisect_right(starts, end - 2) - 1)
        return tokens[first][0], tokens[last][1]

    first, last = to_tokens(*span)
    shown = tuple(to_tokens(start, end) for start, end in groups if end > start >= 0) or ((first, last),)
    return Match(pattern, first, last, shown)


def target_at(reading: Reading, first: int, last: int) -> Phrase | None:
    """The first group phrase or pronoun that overlaps tokens `first..last`."""
    return next(
        (
            phrase
            for phrase in reading.phrases
            if phrase.first <= last
            and phrase.last >= first
            and (phrase.kind in GROUPS or phrase.kind in {Kind.THEY, Kind.YOU})
        ),
        None,
    )
