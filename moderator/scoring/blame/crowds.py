"""Groups that no list has, told by what their words mean: for the second reader, which reads what the rules can't.

A plural whose English gloss is a word for people (`теслі`, `Hausverwalter`), a body of people (`турецьке суспільство`),
a whole place (`all the village`), and a plural that even the glossary doesn't know where a people's name would stand.
Each one costs a look of the network, so that a word must show that it can be people.
"""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

from functools import cache

from moderator.scoring.blame.glosses import UNKNOWN, Glossary
from moderator.scoring.blame.nouns import Phrase
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.stems import shape

_SLAVIC = frozenset({"ru", "uk"})
_LEAST = 4
_REACH = 3
"""Words between a quantifier or an article and its noun."""

_KNOWN = frozenset({"verb", "preposition", "deed", "state", "person", "thing", "conjunction", "negation", "article"})
_CLOSING = frozenset({"verb", "preposition", "negation", "conjunction", "all", "they", "you", "relative"})
_PICKING = frozenset({"article", "preposition", "numeral", "partial", "single", "we"})
_IS = frozenset({"це", "это", "is", "ist", "est", "es"})
_INDEFINITE = frozenset({"a", "an", "ein", "eine", "un", "une", "una"})
_DASHES = ("—", "–", "-", ",")


def unlisted_groups(reading: Reading, glossary: Glossary | None) -> list[tuple[int, int]]:
    """Words of a sentence that may stand for a group although no rule says so.

    Args:
        reading: A sentence.
        glossary: Of its language; `None` for English.

    Returns:
        Its tokens, first and last of each, in order, none inside a phrase that the rules found.
    """
    taken = {i for phrase in reading.phrases for i in range(phrase.first, phrase.last + 1)}
    looker = _Looker(reading, glossary)
    return [
        (i, i)
        for i, word in enumerate(reading.sentence.words)
        if i not in taken and len(word) >= _LEAST and word[0].isalpha() and looker.may_be_group(i)
    ]


def stands_for_all(reading: Reading, phrase: Phrase, glossary: Glossary | None) -> bool:
    """Whether one person stands for all of a kind: `a peaceful Dane is a myth`, `one Dane who didn't know`.

    Args:
        reading: A sentence.
        phrase: A person in it whom the rules take for an individual.
        glossary: Of its language; `None` for English.
    """
    looker = _Looker(reading, glossary)
    if looker.proverbial(phrase.first, phrase.last):
        return True
    # Articles tell elsewhere: the rules take `der Däne`, `le Danois` for all of them as it is.
    return phrase.type == "people" and looker.language in _SLAVIC and looker.bare(phrase.first, phrase.last)


@cache
def _people(part: str) -> frozenset[str]:
    return frozenset(shape("people", part))


class _Looker:
    """One sentence, its words and what they mean."""

    def __init__(self, reading: Reading, glossary: Glossary | None) -> None:
        self.words = reading.sentence.words
        self.capitals = reading.sentence.capitals
        self.infos = reading.infos
        self.glossary = glossary
        self.language = "en" if glossary is None else glossary.language

    def may_be_group(self, i: int) -> bool:
        """Whether a word can be a group of people where it stands."""
        if self.infos[i].tags & _KNOWN or (self.language == "de" and not self.capitals[i]):
            return False
        if not (self._looks_plural(i) or self._each(i) or self._whole(i) or self._adjective_before(i)):
            return False
        if self.language in _SLAVIC and self.words[i].endswith(self._shape("folk")):
            return self._stands_alone(i)
        meaning = self._meaning(i)
        return self._unheard(i) if meaning == UNKNOWN else self._means_people(i, meaning)

    def _means_people(self, i: int, meaning: str) -> bool:
        if meaning in _people("nouns"):
            return self._plural(i) or self._each(i)
        if meaning in _people("masses"):
            return self.language != "en" and self._plural(i)
        if meaning in _people("collectives"):
            return self._adjective_before(i) or self._whole(i)
        if meaning in _people("places"):
            return self._whole(i)
        noun = self.language == "de" and meaning in _people("adjectives") and self.words[i].endswith(("en", "e"))
        return noun and self._determined(i) is True and not self._noun_after(i)

    def proverbial(self, first: int, last: int) -> bool:
        """Whether somebody is spoken of as one of his kind: `the average X`, `X is`."""
        if any(
            self._meaning(j) in _people("typical")
            for j in range(max(0, first - 2), first)
            if self.words[j][0].isalpha()
        ):
            return True
        if any("lone" in self.infos[j].tags for j in range(max(0, first - _REACH), first)):
            return True
        # `A Dane is a thief in waiting`, but not `his doctor is a Dane`.
        if self.language in _SLAVIC:
            return any(self.words[last + 1 : last + 3] == [dash, word] for dash in _DASHES for word in _IS)
        indefinite = first == 1 and self.words[0] in _INDEFINITE
        return indefinite and last + 1 < len(self.words) and self.words[last + 1] in _IS

    def bare(self, first: int, last: int) -> bool:
        """Whether a people's singular is the subject, without a name or a word that picks one out."""
        if first and (self.infos[first - 1].tags & _PICKING or self.words[first - 1][0].isdigit()):
            return False
        if last + 1 >= len(self.words):
            return False
        following = self.words[last + 1]
        return not self.capitals[last + 1] and not (following == "," and self._after_comma(last + 1))

    def _after_comma(self, comma: int) -> bool:
        return comma + 1 < len(self.words) and (
            "relative" in self.infos[comma + 1].tags or self.infos[comma + 1].tags & _PICKING != frozenset()
        )

    def _shape(self, part: str) -> tuple[str, ...]:
        return shape(self.language, part)

    def _meaning(self, i: int) -> str:
        word = self.words[i]
        if self.glossary is None:
            return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
        gloss = self.glossary.of(word)
        return gloss.rsplit(" ", 1)[-1]

    def _looks_plural(self, i: int) -> bool:
        word = self.words[i]
        if self.language in _SLAVIC:
            return word.endswith(self._shape("plurals")) and not word.endswith(self._shape("no_noun"))
        if self.language == "de":
            return word.endswith(("e", "en", "er", "ern", "s", "n"))
        return word.endswith(("s", "x")) and not word.endswith("ss")

    def _plural(self, i: int) -> bool:
        word = self.words[i]
        if not self._looks_plural(i):
            return False
        if self.language in _SLAVIC:
            one_woman = (
                word.endswith(("и", "і", "ы")) and i > 0 and self.words[i - 1].endswith(self._shape("one_woman"))
            )
            return not one_woman
        if self.language == "de":
            return self._determined(i) is not False and self.words[i - 1 if i else 0] != "als"
        return True

    def _determined(self, i: int) -> bool | None:
        """German: whether the words before a noun make it a plural; `None` where none stands there."""
        word = self.words[i]
        for j in range(i - 1, max(-1, i - 1 - _REACH), -1):
            before = self.words[j]
            if before in self._shape("many") or (before.isdigit() and before != "1"):
                woman = word.endswith(self._shape("one_woman")) and before not in {"ihr", "euch", "alle", "allen"}
                return not woman and (before not in {"den", "diesen", "jenen"} or word.endswith(("n", "s")))
            if before == "der":
                return j > 0 and self.capitals[j - 1] and self.words[j - 1][0].isalpha()
            if before in self._shape("one"):
                return False
            if self.capitals[j] or not before[0].isalpha() or not before.endswith(("e", "en", "er")):
                return None
        return None

    def _each(self, i: int) -> bool:
        """Whether `each`, `no` or the like stands before a noun, with at most an adjective between."""
        for j in range(i - 1, max(-1, i - 1 - _REACH), -1):
            tags = self.infos[j].tags
            if "all" in tags:
                return self.words[j] not in _people("everybody")
            if not self.words[j][0].isalpha() or tags & _KNOWN - {"article"}:
                return False
        return False

    def _whole(self, i: int) -> bool:
        """Whether `whole` or the like stands before a noun."""
        return any(self._meaning(j) in _people("whole") for j in range(max(0, i - 2), i) if self.words[j][0].isalpha())

    def _adjective_before(self, i: int) -> bool:
        if self.language in _SLAVIC:
            return (
                i > 0
                and self.words[i - 1].endswith(self._shape("adjectives"))
                and not self.infos[i - 1].tags & _CLOSING
            )
        return False

    def _noun_after(self, i: int) -> bool:
        return i + 1 < len(self.words) and self.capitals[i + 1]

    def _stands_alone(self, i: int) -> bool:
        """Whether no noun follows that an adjective belongs to."""
        if i + 1 >= len(self.words):
            return True
        following = self.words[i + 1]
        return (
            not following[0].isalpha()
            or bool(self.infos[i + 1].tags & _CLOSING)
            or following.endswith(self._shape("plural_verbs"))
        )

    def _unheard(self, i: int) -> bool:
        """Whether a plural that nothing knows stands where a people's name would."""
        word = self.words[i]
        if self.language in _SLAVIC:
            if self.capitals[i] and not self._opens(i):
                return False
            if word.endswith(self._shape("unheard")) or self._each(i):
                return True
            return word.endswith(self._shape("unheard_subjects")) and self._told_of(i)
        return self.language == "de" and self._unheard_german(i)

    def _told_of(self, i: int) -> bool:
        """Whether a plural's verb or an `all` follows before the clause ends."""
        for j in range(i + 1, min(len(self.words), i + 1 + _REACH)):
            if not self.words[j][0].isalpha():
                return False
            if "all" in self.infos[j].tags or self.words[j].endswith(self._shape("plural_verbs")):
                return True
        return False

    def _unheard_german(self, i: int) -> bool:
        word = self.words[i]
        following = self.words[i + 1] if i + 1 < len(self.words) else ""
        if word.endswith(self._shape("no_people")):
            return False
        if not word.endswith(("er", "ern", "en")):
            return word.endswith("e") and self._opens(i) and following in self._shape("plural_verbs")
        if self._each(i) or word.endswith("ern"):
            return True
        many = self._determined(i)
        if many is not None:
            return many and not self._noun_after(i)
        if following in {",", "!"} and not set(self._shape("spoken_to")).isdisjoint(self.words):
            return True
        return self._opens(i) and following in self._shape("plural_verbs")

    def _opens(self, i: int) -> bool:
        """Whether a clause begins here."""
        return i == 0 or not self.words[i - 1][0].isalpha()
