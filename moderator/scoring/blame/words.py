"""Text into sentences of words, with offsets. Linear in the length of the text."""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_WORDS = 120
"""A longer sentence is cut: no honest one is, and a bound here bounds everything that follows."""

_DOTTED = r"[^\W\d_](?:[.*·•_\-][^\W\d_]){2,}(?!\w)"
_TOKEN = re.compile(r"(?<!\w)" + _DOTTED + r"|\d+(?:[.,:]\d+)+|\w+(?:['’ʼ`\-]\w+)*['’]?|\.{2,}|…|[^\w\s]|\n+")
_ENDS = frozenset({".", "!", "?", "…", "..", "...", "\n", ";"})
_CLOSERS = frozenset({'"', "”", "»", "“", ")", "'", "’"})
_OPENERS = {"“": "”", "«": "»", "„": "“", "‹": "›"}
_QUOTES = frozenset({'"', "“", "”", "«", "»", "„", "‟", "″"})
_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "gen", "no", "vs", "etc", "г", "т", "им", "ул"})
_BARE_NEGATIONS = {
    "dont": "do", "doesnt": "does", "didnt": "did", "isnt": "is", "arent": "are", "wasnt": "was", "werent": "were",
    "wont": "wo", "cant": "ca", "couldnt": "could", "shouldnt": "should", "wouldnt": "would", "hasnt": "has",
    "havent": "have", "hadnt": "had", "aint": "is",
}  # fmt: skip
_DOTS = frozenset(".*·•_")
_APART = 3
_LONGEST = 40
_APART_HINT = re.compile(r"(?<!\w)[^\W\d_]\W+[^\W\d_]\W+[^\W\d_](?!\w)")
_REAL_LETTERS = frozenset("aiuory" + "аивкосуя" + "іїєй" + "eoy")
_CLITICS = ("'re", "'s", "'ve", "'ll", "'d", "'m")
_HUMP = re.compile(r"(?<=[^\W\d_])[A-ZА-Я](?=[^\W\d_]{2})")
_ELISIONS = frozenset({"l", "d", "n", "c", "j", "m", "t", "s", "qu", "jusqu", "lorsqu", "puisqu"})


@dataclass(slots=True)
class Sentence:
    """One sentence.

    Attributes:
        words: Lower-case words and punctuation.
        starts, ends: Offsets of each in the folded text.
        capitals: Whether each begins with a capital.
        quoted: Whether each stands inside quotation marks.
        end: The mark that closed it, `.` where none did.
    """

    words: list[str] = field(default_factory=list[str])
    starts: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])
    capitals: list[bool] = field(default_factory=list[bool])
    quoted: list[bool] = field(default_factory=list[bool])
    end: str = "."

    def add(self, word: str, start: int, end: int, capital: bool, quoted: bool) -> None:
        """Appends one token."""
        self.words.append(word)
        self.starts.append(start)
        self.ends.append(end)
        self.capitals.append(capital)
        self.quoted.append(quoted)


def _hump(raw: str) -> int:
    """Where two words were written as one, as in `allDutch`; 0 if they weren't."""
    found = _HUMP.search(raw)
    return found.start() if found and raw[found.start() - 1].islower() else 0


class _Reader:
    """Walks the tokens once and hands out sentences."""

    def __init__(self, language: str, spelling: Mapping[str, str]) -> None:
        self.spelling = spelling
        self.odd = _BARE_NEGATIONS.keys() | spelling.keys()
        self.language = language
        self.sentences: list[Sentence] = []
        self.current = Sentence()
        self.closing: str | None = None
        self.pending: str | None = None

    def close(self, mark: str) -> None:
        if self.current.words:
            self.current.end = mark
            self.sentences.append(self.current)
            self.current = Sentence()

    def closed(self, raw: str, start: int, end: int) -> bool:
        """After a mark that ends a sentence: takes what still belongs to it, or begins the next one."""
        mark = self.pending or "."
        if raw in _CLOSERS and raw not in {"\u201c", "'"} and self.closing is not None:
            self.quote(raw)
            self.current.add(raw, start, end, False, True)
            self.close(mark)
            self.pending = None
            return True
        if raw in _ENDS:
            self.pending = "?" if "?" in (raw, mark) else mark
            return True
        self.close(mark)
        self.pending = None
        return False

    def mark(self, raw: str, start: int, end: int) -> None:
        """Takes anything that isn't a word."""
        if raw[0] == "\n":
            self.close(".")
        elif raw in _QUOTES:
            self.quote(raw)
            self.current.add('"', start, end, False, True)
        else:
            self.current.add(raw, start, end, False, self.closing is not None)
            if raw in _ENDS and not _is_abbreviation(self, raw):
                self.pending = raw

    def quote(self, mark: str) -> None:
        if self.closing is None:
            self.closing = _OPENERS.get(mark, mark)
        elif mark in {self.closing, '"'} or mark in _OPENERS.values():
            self.closing = None

    def word(self, raw: str, start: int, end: int) -> None:
        low = raw.lower()
        if low[1:2] in _DOTS and not low.isalpha():  # `d.a.n.e.s`
            low = low[::2]
        if low in self.spelling:
            low = self.spelling[low]
        elif raw != low and len(raw) <= _LONGEST and not raw.isupper() and (cut := _hump(raw)):
            self.word(raw[:cut], start, start + cut)
            self.word(raw[cut:], start + cut, end)
            return
        add, quoted = self.current.add, self.closing is not None
        capital = raw[0].isupper()
        if "’" in low or "ʼ" in low or "`" in low:
            low = low.replace("’", "'").replace("ʼ", "'").replace("`", "'")
        if self.language == "en":
            if low in _BARE_NEGATIONS:
                stem = _BARE_NEGATIONS[low]
                add(stem, start, end - 2, capital, quoted)
                add("n't", end - 2, end, False, quoted)
                return
            if "'" in low:
                self._english(low, start, end, capital, quoted)
                return
        elif "'" in low and self.language == "fr":
            head, _, tail = low.partition("'")
            if tail and head in _ELISIONS:
                cut = start + len(head) + 1
                add(head + "'", start, cut, capital, quoted)
                add(tail, cut, end, raw[len(head) + 1].isupper(), quoted)
                return
        add(low, start, end, capital, quoted)

    def _english(self, low: str, start: int, end: int, capital: bool, quoted: bool) -> None:
        add = self.current.add
        if low.endswith("n't") and len(low) > len("n't"):
            add(low[:-3], start, end - 3, capital, quoted)
            add("n't", end - 3, end, False, quoted)
            return
        for clitic in _CLITICS:
            if low.endswith(clitic) and len(low) > len(clitic):
                add(low[: -len(clitic)], start, end - len(clitic), capital, quoted)
                add(clitic, end - len(clitic), end, False, quoted)
                return
        if low.endswith("'") and len(low) > 1:
            add(low[:-1], start, end - 1, capital, quoted)
            add("'", end - 1, end, False, quoted)
            return
        add(low, start, end, capital, quoted)


def sentences(text: str, language: str, spelling: Mapping[str, str] | None = None) -> list[Sentence]:
    """Splits folded text into sentences.

    Args:
        text: Text as `moderator.text.normalize.fold` gives it.
        language: ISO 639-1; decides how apostrophes split words.
        spelling: Misspelt word to the word meant.

    Returns:
        Sentences of at most `MAX_WORDS` tokens. Offsets are code points of `text`.
    """
    reader = _Reader(language, spelling or {})
    odd = reader.odd
    for raw, start, end in _tokens(text) if _APART_HINT.search(text) else _plain_tokens(text):
        if reader.pending is not None and reader.closed(raw, start, end):
            continue
        if raw.islower() and raw.isalpha() and raw not in odd:  # most words: no look at them is needed
            current = reader.current
            current.words.append(raw)
            current.starts.append(start)
            current.ends.append(end)
            current.capitals.append(False)
            current.quoted.append(reader.closing is not None)
        elif raw[0].isalnum() or raw[0] == "_":
            reader.word(raw, start, end)
        else:
            reader.mark(raw, start, end)
        if len(reader.current.words) >= MAX_WORDS:
            reader.close(".")
    reader.close(reader.pending or ".")
    return reader.sentences


def _plain_tokens(text: str) -> list[tuple[str, int, int]]:
    return [(match.group(), *match.span()) for match in _TOKEN.finditer(text)]


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Words and marks; three or more single letters in a row are one word written apart."""
    run: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        if len(raw) == 1 and raw.isalpha():
            run.append((raw, match.start(), match.end()))
            continue
        if run:
            yield from _written_apart(run)
            run = []
        yield raw, match.start(), match.end()
    yield from _written_apart(run)


def _written_apart(run: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    if len(run) < _APART or all(letter.lower() in _REAL_LETTERS for letter, _, _ in run):
        yield from run
    else:
        yield "".join(letter for letter, _, _ in run), run[0][1], run[-1][2]


def _is_abbreviation(reader: _Reader, raw: str) -> bool:
    words = reader.current.words
    return raw == "." and bool(words) and words[-1] in _ABBREVIATIONS
