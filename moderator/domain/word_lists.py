"""Word lists: what an operator wants to see whatever a scorer says. Values and pure functions, no I/O.

A list never decides. It has people look, or look first; nothing is rejected or approved for a word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from moderator.errors import PolicyError
from moderator.text.normalize import fold
from moderator.text.words import LONGEST, Spot, Word, spots, word_key

MOST_WORDS = 12
"""Words of one entry."""

ENDING = "*"
"""At the end of an entry: whatever the last word goes on with."""

_LEAST_BEFORE_ENDING = 2
_MOST_PLACES = 50
_VERSION_DIGITS = 6


@dataclass(frozen=True)
class WordList:
    """Words and expressions, whole words each.

    Attributes:
        name: As the configuration names it.
        words: Entries as written: words, several as one expression, at the end an asterisk for any ending.
        languages: ISO 639-1 codes of comments that it counts for; none for all. It counts where nobody knows the
            language, too.
        first: Whether people should look first, not only look.

    Raises:
        PolicyError: An entry that no text can hold, or that nearly every text holds.
    """

    name: str
    words: tuple[str, ...]
    languages: frozenset[str] = frozenset()
    first: bool = False

    def __post_init__(self) -> None:
        for entry in self.words:
            _check(entry)

    @cached_property
    def version(self) -> str:
        """First hex digits of the SHA-256 over what it says, whatever its entries' order."""
        said = [sorted(set(self.words)), sorted(self.languages), self.first]
        canonical = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:_VERSION_DIGITS]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    def counts_in(self, language: str | None) -> bool:
        """Whether it counts for comments in a language; `None`, empty or `und` where nobody knows it."""
        return not self.languages or language in (None, "", "und") or language in self.languages


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a text holds.

    Attributes:
        word_list: Whose entry.
        entry: As the list has it.
        places: Where, each `[start, end)` in code points of the raw text, in its order; the first fifty.
    """

    word_list: WordList
    entry: str
    places: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return f'list {self.word_list}: "{self.entry}"'


@dataclass(slots=True)
class _Node:
    """What may follow a few words: further ones, the end of an entry, or a beginning of the last word."""

    following: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    whole: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    beginnings: dict[str, list[tuple[int, int]]] = field(default_factory=dict[str, list[tuple[int, int]]])
    lengths: tuple[int, ...] = ()

    def ending(self, key: str) -> Iterator[tuple[int, int]]:
        """Entries that end with a word: those with exactly it, and those with a beginning of it."""
        following = self.following.get(key)
        if following is not None:
            yield from following.whole
        for length in self.lengths:
            if length <= len(key):
                yield from self.beginnings.get(key[:length], ())


@dataclass(frozen=True)
class WordLists:
    """All lists of a policy, asked as one: a tree of words, so that a text takes as long with thousands of entries."""

    lists: tuple[WordList, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lists)

    @cached_property
    def version(self) -> str:
        """All names and versions as one word; empty without lists."""
        return " ".join(map(str, self.lists))

    def hits(self, text: str, language: str | None = None) -> tuple[Hit, ...]:
        """Entries that a text holds, as it's written or under a disguise.

        Args:
            text: Raw.
            language: ISO 639-1 code, `None` where it isn't known.

        Returns:
            What has people look first before what has them look, then in the text's order. Time is linear in the text.
        """
        wanted = {at for at, each in enumerate(self.lists) if each.counts_in(language)}
        if not wanted:
            return ()
        found: dict[tuple[int, int], dict[tuple[int, int], None]] = {}

        def note(each: tuple[int, int], start: int, end: int) -> None:
            places = found.setdefault(each, {})
            if each[0] in wanted and len(places) < _MOST_PLACES:
                places[start, end] = None

        for each, start, end in self._found(text):
            note(each, start, end)
        folded = fold(text)
        if folded.changed:
            for each, start, end in self._found(folded.text):
                note(each, *folded.to_raw(start, end))
        hits = [
            Hit(self.lists[at], self.lists[at].words[entry], tuple(sorted(places)))
            for (at, entry), places in found.items()
            if places
        ]
        return tuple(sorted(hits, key=lambda hit: (not hit.word_list.first, hit.places[0])))

    @cached_property
    def _tree(self) -> _Node:
        root = _Node()
        for at, each in enumerate(self.lists):
            for number, entry in enumerate(each.words):
                *before, last = (spot.readings[0].key for spot in spots(entry))
                node = root
                for key in before:
                    node = node.following.setdefault(key, _Node())
                if entry.endswith(ENDING):
                    node.beginnings.setdefault(last, []).append((at, number))
                    node.lengths = tuple(sorted({*node.lengths, len(last)}))
                else:
                    node.following.setdefault(last, _Node()).whole.append((at, number))
        return root

    def _found(self, text: str) -> Iterator[tuple[tuple[int, int], int, int]]:
        """Entries in a text by list and number, each with its place; at most as many open at a word as an entry has."""
        opened: list[tuple[_Node, int]] = []
        for spot in spots(text):
            if not spot.joins:
                opened = []
            still: dict[tuple[int, int], tuple[_Node, int]] = {}
            for word, node, start in self._steps(spot, opened):
                for each in node.ending(word.key):
                    yield each, start, word.end
                following = node.following.get(word.key)
                if following is not None and (following.following or following.beginnings):
                    still[id(following), start] = (following, start)
            opened = list(still.values())

    def _steps(self, spot: Spot, opened: Iterable[tuple[_Node, int]]) -> Iterator[tuple[Word, _Node, int]]:
        for word in spot.readings:
            yield word, self._tree, word.start
            for node, start in opened:
                yield word, node, start


def _check(entry: str) -> None:
    bare = entry.removesuffix(ENDING)
    found = list(spots(bare))
    said = f"{entry[:60]!r}"
    rest = bare
    for spot in reversed(found):
        rest = rest[: spot.readings[0].start] + rest[spot.readings[0].end :]
    if not found or any(not sign.isspace() and sign not in "-.,'\u2019\u2010_\ufe0f\u200d" for sign in rest):
        raise PolicyError(
            f"{said} holds no word, or signs that part words and can't be looked for",
            code="policy.list_entry",
            hint="Use letters, digits and emoji, blanks and hyphens between them, and * at the end for any ending.",
        )
    if len(found) > MOST_WORDS or len(bare) > LONGEST or not all(spot.joins for spot in found[1:]):
        raise PolicyError(
            f"{said} is too long, or several expressions",
            code="policy.list_entry",
            hint=f"An entry has at most {MOST_WORDS} words and {LONGEST} characters.",
        )
    if bare != entry and (found[-1].readings[0].end != len(bare) or len(word_key(bare).strip()) < _LEAST_BEFORE_ENDING):
        raise PolicyError(
            f"{said} would hold for nearly every text",
            code="policy.list_entry",
            hint=f"Before {ENDING} stand at least {_LEAST_BEFORE_ENDING} characters of a word.",
        )
