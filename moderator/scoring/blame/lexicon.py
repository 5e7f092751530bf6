"""What single words are, per language: data files read, checked and turned into tables."""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

from moderator.scoring.blame.language_file import endings, listed, read_patterns, word_classes
from moderator.scoring.blame.patterns import PatternTable
from moderator.scoring.blame.peoples import Forms, people_forms
from moderator.scoring.blame.schema import COMPONENTS, check_schema

LANGUAGES = ("en", "ru", "uk", "de", "fr", "es")
"""Languages with a data file, in the order of care given to them."""

LEADING = frozenset({*COMPONENTS, "ignorance"})
"""Pattern kinds that make a sentence worth a second look."""

_NOUNS = frozenset({"role", "deed", "person", "state", "collective", "thing"})
_TARGETS = frozenset(
    {
        "people", "people_adj", "role", "collective", "collective_named", "folk", "guess_people", "guess_adj",
        "guess_role", "guess_folk", "all", "anyone",
    }
)  # fmt: skip
_PHRASAL = (_TARGETS - {"all"}) | {"they", "you", "we", "deed", "state", "person", "thing", "pointed", "anyone"}
_QUANTIFYING = frozenset({"all", "they", "each"})
_CACHE_LIMIT = 20_000
_LONGEST = 48


@dataclass(frozen=True, slots=True)
class Word:
    """What the lexicon knows of one word.

    Attributes:
        tags: Classes of the language file; `people` for a demonym, `people_adj` for its adjective.
        plural, singular: Which numbers its form can be read as, for nouns.
        fields: Fields of meaning it belongs to (`field_guilt`, `field_harm` ...).
        targetable: Whether a phrase that can be blamed may stand on it.
        phrasal: Whether a noun phrase or pronoun that the rules keep may stand on it.
        quantifying: Whether it can make a group of the unknown plural behind it.
        predicates, cues: Numbers of the patterns it can anchor: those of blame, those of what surrounds it.
    """

    tags: frozenset[str]
    plural: bool
    singular: bool
    fields: frozenset[str]
    targetable: bool
    phrasal: bool
    quantifying: bool
    predicates: tuple[int, ...]
    cues: tuple[int, ...]


_NOTHING = Word(frozenset(), False, False, frozenset(), False, False, False, (), ())


class Lexicon:
    """One language: word classes, patterns and rules of form."""

    def __init__(self, code: str, raw: Mapping[str, Any]) -> None:
        check_schema(code, raw)
        self.code = code
        self.morphology = cast("Mapping[str, Any]", raw.get("morphology", {}))
        self.table = PatternTable(read_patterns(raw))
        self._endings = endings(self.morphology)
        self.spelling = dict(cast("Mapping[str, str]", raw.get("spelling", {})))
        self._exact, self._prefixes = word_classes(cast("Mapping[str, str]", raw["words"]))
        self._peoples: Forms = people_forms(code)
        self._suffixes = listed(self.morphology, "people_plural")
        self._singular_suffixes = listed(self.morphology, "people_singular")
        self._adjective_suffixes = listed(self.morphology, "people_adjective")
        self.not_people = frozenset(listed(self.morphology, "not_people"))
        self._plurals = frozenset(listed(self.morphology, "plural"))
        self._needs_capital = bool(self.morphology.get("people_capital", True))
        self._compounds = bool(self.morphology.get("compounds", False))
        self._tails = listed(self.morphology, "people_tails")
        self._bodies = listed(self.morphology, "bodies")
        self.open_plural = listed(self.morphology, "open_plural")
        self._participle = listed(self.morphology, "participle")
        self._persons = listed(self.morphology, "person_plural")
        self._not_persons = listed(self.morphology, "not_person")
        self._folk = listed(self.morphology, "folk_plural")
        self._cache: dict[str, Word] = {}
        self._shared: dict[Word, Word] = {}

    def word(self, word: str) -> Word:
        """What `word` (lower case) is. Remembered, in a bounded cache."""
        known = self._cache.get(word)
        if known is None:
            if len(word) > _LONGEST:
                return _NOTHING
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
                self._shared.clear()
            found = self._analyse(word)
            known = self._cache[word] = self._shared.setdefault(found, found)
        return known

    def repaired(self, word: str) -> str:
        """A word that nothing knows, one slip away from one that something does; else the word itself.

        Slips: a letter too many or two letters swapped. For texts that hide their words.
        """
        if len(word) < _MIN_REPAIR or len(word) > _MAX_REPAIR or self._telling(word):
            return word
        for i in range(len(word)):
            shorter = word[:i] + word[i + 1 :]
            if self._telling(shorter):
                return shorter
            swapped = word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :]
            if swapped != word and self._telling(swapped):
                return swapped
        return word

    def _telling(self, word: str) -> bool:
        known = self.word(word)
        return bool(known.predicates or known.tags - {"guess_people", "guess_adj"})

    def _analyse(self, word: str) -> Word:
        tags = set(self._exact.get(word, ()))
        plural, singular = self._numbers_of_exact(word, tags)
        for length in range(1, len(word) + 1):
            for tag in self._prefixes.get(word[:length], ()):
                if tag not in _NOUNS:
                    tags.add(tag)
                    continue
                reading = self._numbers_of_ending(word, length)
                if reading:
                    tags.add(tag)
                    plural, singular = plural or "p" in reading, singular or "s" in reading
        tags -= self._inhabited(word, tags)
        reading = self._peoples.get(word)
        if reading:
            tags.add("people" if reading != "a" else "people_adj")
            if "a" in reading:
                tags.add("people_adj")
            plural, singular = plural or "p" in reading, singular or "s" in reading
        fields = frozenset(tag for tag in tags if tag.startswith("field_"))
        tags -= fields
        if not tags:
            plural, singular = self._guess(word, tags)
        if "-" in word and not tags & _NOUNS:
            plural, singular = self._compound(word, tags, plural, singular)
        anchored = self.table.anchored(word)
        patterns = self.table.patterns
        leading = tuple(number for number in anchored if patterns[number].kind in LEADING)
        known = frozenset(tags)
        return Word(
            known,
            plural,
            singular,
            fields,
            not known.isdisjoint(_TARGETS),
            not known.isdisjoint(_PHRASAL),
            not known.isdisjoint(_QUANTIFYING),
            leading,
            tuple(n for n in anchored if n not in leading),
        )

    def _numbers_of_ending(self, word: str, length: int) -> str | None:
        bare = length == len(word) and self.code in _SLAVIC and word.endswith(_BARE_PLURALS)
        return "p" if bare else self._endings.get(word[length:])

    def _inhabited(self, word: str, tags: set[str]) -> frozenset[str]:
        """What a name of inhabitants only seems to be, since it begins as their place does."""
        seeming = "state" in tags and word not in self._exact and word.endswith(self._suffixes)
        return frozenset({"state"}) if seeming else frozenset()

    def _numbers_of_exact(self, word: str, tags: set[str]) -> tuple[bool, bool]:
        if not tags & _NOUNS:
            return False, False
        endings = _PLURAL_SHAPES.get(self.code, ("s", "x"))
        plural = word.endswith(endings) or word in self._plurals
        return plural, not plural or self.code == "de"

    def _guess(self, word: str, tags: set[str]) -> tuple[bool, bool]:
        """A demonym that no table has, by its ending. Whether it needs a capital is the reader's business."""
        if self._participle and word.endswith(self._participle):
            tags.add("restrict_after")
            return False, False
        if self._compounds:
            for cut in range(3, len(word) - _MIN_GUESS + 1):
                tail = self.word(word[cut:])
                if "role" in tail.tags:
                    tags.add("role")
                    return tail.plural, tail.singular
            if self._is_body(word):
                tags.add("folk")
                return True, False
        if len(word) < _MIN_GUESS or word in self.not_people:
            return False, False
        for suffixes, tag, plural in (
            (self._suffixes, "guess_people", True),
            (self._singular_suffixes, "guess_people", False),
            (self._adjective_suffixes, "guess_adj", False),
        ):
            if word.endswith(suffixes):
                tags.add(tag)
                return plural, not plural
        return self._guess_role(word, tags), False

    def _is_body(self, word: str) -> bool:
        """German: a body of people, named by those in it: `Apothekerschaft`, `Lehrervolk`, `Bergmenschen`."""
        if self._tails and word.endswith(self._tails):
            return True
        ending = next((ending for ending in self._bodies if word.endswith(ending)), None)
        if ending is None:
            return False
        members = self.word(word.removesuffix(ending))
        return bool(members.tags & {"role", "guess_role", "collective"})

    def _guess_role(self, word: str, tags: set[str]) -> bool:
        """A plural that names people by what they do (`-щики`, `-istes`), or an adjective that may stand for them."""
        if word.startswith(self._not_persons):
            return False
        if len(word) > _MIN_GUESS and word.endswith(self._persons):
            tags.add("guess_role")
        elif word.endswith(self._folk):
            tags.add("guess_folk")
        else:
            return False
        return True

    def _compound(self, word: str, tags: set[str], plural: bool, singular: bool) -> tuple[bool, bool]:
        tail = self.word(word.rsplit("-", 1)[1])
        found = tail.tags & (_NOUNS | {"people"})
        if not found:
            return plural, singular
        tags.update(found)
        return tail.plural, tail.singular


_MIN_GUESS = 5
_MIN_REPAIR = 5
_MAX_REPAIR = 16
_SLAVIC = frozenset({"ru", "uk"})
_BARE_PLURALS = ("ян", "жан", "чан")
"""Genitive plurals of inhabitants, which have no ending."""
_SLAVIC_PLURALS = (
    *("и", "ы", "і", "ї", "ей", "ов", "ев", "ів", "їв", "ам", "ям", "ами", "ями", "ах", "ях", "их", "ие"),
    *("ян", "чан"),
)
_PLURAL_SHAPES = {"ru": _SLAVIC_PLURALS, "uk": _SLAVIC_PLURALS, "de": ("en", "er", "ern", "e", "s", "n")}


@cache
def lexicon(code: str) -> Lexicon:
    """The lexicon of a language, read at its first use.

    Raises:
        ScoringError: The data file doesn't hold what it must.
    """
    return Lexicon(code, tomllib.loads(data_text(f"{code}.toml")))


def data_text(name: str) -> str:
    """A data file of this package, as text."""
    return (resources.files("moderator.scoring.blame") / "data" / name).read_text(encoding="utf-8")


def data_hash(names: tuple[str, ...]) -> str:
    """First 12 hex digits of the SHA-256 over named data files, in that order."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + data_text(name).encode() + b"\0")
    return digest.hexdigest()[:12]
