"""Other languages word by word in English: how a network that reads English reads them all.

German `Alle schwiegen, als man die Nachbarn holte` becomes `all keep silent , when one neighbour fetch`. Grammar is
lost and the sense mostly stays, so that what was learned from English sentences holds in the others. The words are
data: `data/glosses/<language>.tsv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from moderator.errors import ScoringError
from moderator.scoring.blame.lexicon import data_text
from moderator.scoring.blame.stems import shape, stem

GLOSSED = ("de", "es", "fr", "ru", "uk")
"""Languages that have a glossary."""

UNKNOWN = "[UNK]"
"""Stands for a word that the glossary doesn't have. A pretrained BERT knows it as one that it can't read."""

_DROPPED = "-"
_COLUMNS = 3
_LEAST_PART = 4
"""Letters that a part of a word has, so that it's more than an ending."""

_LEAST_ROOT = 3


@dataclass(frozen=True, slots=True)
class Glossary:
    """A language's words in English.

    Attributes:
        language: ISO 639-1.
        forms: Word to gloss.
        stems: Stem to gloss.
    """

    language: str
    forms: dict[str, str]
    stems: dict[str, str]

    def of(self, word: str) -> str:
        """What a lower-case word means: one to three English words.

        Returns:
            Empty for a word that English does without, `UNKNOWN` for one that the glossary doesn't have. Punctuation
            and numbers stay as they are.
        """
        if not word[0].isalpha():
            return word
        found = self._known(word)
        if found is None and "-" in word:
            return " ".join(gloss for part in word.split("-") if part and (gloss := self.of(part)))
        if found is None:
            found = self._participle(word) or self._unprefixed(word) or self._compound(word)
        return found or (UNKNOWN if found is None else "")

    def _known(self, word: str) -> str | None:
        found = self.forms.get(word)
        return self.stems.get(stem(word, self.language)) if found is None else found

    def _participle(self, word: str) -> str | None:
        """A participle by its verb: `gefoltert` by `foltern`, `bewundert` by `bewundern`."""
        for mark in shape(self.language, "participles"):
            begins, _, ends = mark.partition("-")
            if not (word.startswith(begins) and word.endswith(ends)):
                continue
            bare = word[len(begins) : len(word) - len(ends)]
            for infinitive in shape(self.language, "infinitives"):
                if len(bare) >= _LEAST_ROOT and (found := self._known(bare + infinitive)):
                    return found
        return None

    def _unprefixed(self, word: str) -> str | None:
        """A verb with a prefix: its sense is nearer to the bare verb's than to nothing."""
        for prefix in shape(self.language, "not"):
            if word.startswith(prefix) and len(word) - len(prefix) >= _LEAST_PART:
                bare = self._known(word.removeprefix(prefix))
                return f"not {bare}" if bare else None
        for prefix in shape(self.language, "prefixes"):
            rest = word.removeprefix(prefix)
            if rest != word and len(rest) >= _LEAST_PART and (found := self._known(rest)):
                return found
        return None

    def _compound(self, word: str) -> str | None:
        """A word made of two, the last one as long as it can be."""
        links = shape(self.language, "links")
        if not links:
            return None
        for cut in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
            last = self._known(word[cut:])
            if not last:
                continue
            for link in (*links, ""):
                head = word[:cut]
                if head.endswith(link) and (first := self._known(head[: len(head) - len(link)])):
                    return f"{first} {last}"
        return None


def gloss_file(language: str) -> str:
    """Name of a language's glossary among the data files."""
    return f"glosses/{language}.tsv"


@cache
def glossary(language: str) -> Glossary | None:
    """The glossary of a language; `None` where it has none, as English.

    Raises:
        ScoringError: A line of the file can't be read.
    """
    if language not in GLOSSED:
        return None
    name = gloss_file(language)
    made = Glossary(language, {}, {})
    for number, line in enumerate(data_text(name).splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise ScoringError(
                f"data/{name}, line {number}: not an entry",
                code="blame.glossary",
                hint="An entry has three columns: a word, its stem, what it means in English ('-' for nothing).",
            )
        word, its_stem, gloss = columns
        gloss = "" if gloss == _DROPPED else gloss
        made.forms.setdefault(word, gloss)
        made.stems.setdefault(its_stem, gloss)
    return made
