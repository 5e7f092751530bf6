"""What stands around a word: the questions that finding noun phrases asks again and again."""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

from moderator.scoring.blame.lexicon import Lexicon, Word
from moderator.scoring.blame.words import Sentence

_TRANSPARENT = {
    "en": ("of", "from"),
    "de": ("von", "aus", "der", "des"),
    "fr": ("de", "du", "d'", "des"),
    "es": ("de", "del"),
}
_NOUN_TAGS = frozenset({"collective_named", "people", "role", "collective", "state", "person", "deed", "guess_people"})
_POSTPOSED = frozenset({"fr", "es"})
_SLAVIC = frozenset({"ru", "uk"})
_OPEN_REACH = 3
_PLURAL_ARTICLES = frozenset({"die", "alle", "ihr", "diese", "sämtliche", "liebe", "solche", "jene", "manche", "keine"})
_DATIVE_ARTICLES = frozenset({"den", "allen", "euch", "diesen", "sämtlichen", "solchen", "jenen", "manchen", "keinen"})
_LOCAL = ("ские", "цкие", "ским", "ских", "ські", "цькі", "ських", "ським")
_SPEAKS_TO_ONE = frozenset({"tu", "tú"})
"""What stands before a verb, whose ending may be that of a people's name (`tu mériterais`)."""
_NO_NOUN = frozenset({"preposition", "negation", "conjunction", "all", "verb", "they", "you"})
_PLURAL_VERBS = ("ли", "лись", "лися", "ют", "ут", "ят", "ются", "ють", "уть", "ять", "ються")
_PLURAL_ADJECTIVES = ("ish", "ch", "sh", "ese", "ss")


class Surroundings:
    """One sentence with what the lexicon knows of each word, and looks to the left and right of a word."""

    def __init__(self, lexicon: Lexicon, sentence: Sentence, infos: list[Word]) -> None:
        self.code = lexicon.code
        self.open_plural = lexicon.open_plural
        self.not_people = lexicon.not_people
        self.words = sentence.words
        self.capitals = sentence.capitals
        self.infos = infos
        letters = sum(word[0].isalpha() for word in self.words)
        # A sentence in capitals tells nothing by its capitals.
        self.shouting = letters > 0 and sum(self.capitals) > 0.7 * letters

    def _guessed(self, i: int) -> bool:
        tags = self.infos[i].tags
        if not tags & {"guess_people", "guess_adj"}:
            return False
        if self.code in _SLAVIC:
            return "guess_people" in tags or self.capitals[i]
        if not self.infos[i].plural:
            return self.capitals[i] and not self.shouting and i > 0
        if self.capitals[i] and not self.shouting:
            return True
        # Some people write no capitals, and Spanish has none here: the ending and what stands before must do.
        return "guess_people" in tags and (
            self.words[i].endswith(("ians", "ists"))
            or (
                self.code in _POSTPOSED
                and bool(self._previous(i, 1) & {"article", "all", "you", "generic"})
                and self.words[i - 1] not in _SPEAKS_TO_ONE
            )
        )

    def _is_modifier(self, i: int) -> bool:
        """Whether the next word is the head that this one only describes (`police officers`, `church members`)."""
        if self.code != "en" or i + 1 >= len(self.words):
            return False
        following = self.infos[i + 1]
        return (
            bool(following.tags & _NOUN_TAGS)
            and (not self.infos[i].plural or "role" not in self.infos[i].tags)
            and ("they" not in following.tags and "verb" not in following.tags)
        )

    def _left(self, i: int, floor: int) -> int:
        """Where a phrase with head `i` begins: adjectives of peoples, names and modifiers before it."""
        first = i
        while first > floor:
            tags = self.infos[first - 1].tags
            word = self.words[first - 1]
            named = self.capitals[first - 1] and not self.shouting and not tags and first - 1 > 0
            adjective = "people_adj" in tags or "guess_adj" in tags or ("guess_people" in tags and self.code == "en")
            if (
                self.code in _POSTPOSED
                or not (adjective or named or self._modifies(first - 1))
                or not word[0].isalpha()
            ):
                break
            first -= 1
        return first

    def _modifies(self, i: int) -> bool:
        return (self.code == "en" and bool(self.infos[i].tags & {"state", "role"}) and not self.infos[i].plural) or (
            self.code == "en" and self.words[i] == "police"
        )

    def _right(self, i: int) -> int:
        """Adjectives that follow their noun, in the languages where they do."""
        if self.code in _POSTPOSED and i + 1 < len(self.words):
            tags = self.infos[i + 1].tags
            if tags & {"people_adj", "guess_adj"} or ("guess_people" in tags and not self.capitals[i + 1]):
                return i + 1
        return i

    def _naming(self, i: int) -> bool:
        tags = self.infos[i].tags
        if "people" in tags and self.infos[i].plural:
            return True
        return (self.capitals[i] or ("guess_people" in tags and self._guessed(i))) and not tags & {
            "verb",
            "they",
            "you",
            "we",
            "article",
            "state",
        }

    def _following(self, i: int) -> Word | None:
        return self.infos[i + 1] if i + 1 < len(self.words) else None

    def _modifies_unknown(self, i: int) -> bool:
        """Whether the next word is a noun that no list has."""
        if i + 1 >= len(self.words):
            return False
        word, info = self.words[i + 1], self.infos[i + 1]
        if not word[0].isalpha() or info.tags & {
            "verb",
            "they",
            "preposition",
            "negation",
            "relative",
            "article",
            "all",
            "we",
            "you",
        }:
            return False
        if self.code in _SLAVIC:
            return "people_adj" in self.infos[i].tags and bool(info.tags & _NOUN_TAGS)
        if word.endswith(("ed", "ly", "ing")) or (
            word.endswith("s") and not word.endswith("ss") and self._distributed(i)
        ):
            return False
        return not info.tags & {"restrict_after"}

    def _previous(self, i: int, reach: int = 2) -> frozenset[str]:
        tags: set[str] = set()
        for j in range(max(0, i - reach), i):
            tags |= self.infos[j].tags
        return frozenset(tags)

    def _quantified(self, i: int) -> bool:
        return "all" in self._previous(i, 3) or "they" in self._previous(i, 1)

    def _distributed(self, i: int) -> bool:
        """Whether `every`, `any`, `no` or the like stands before a singular, perhaps with an adjective between."""
        return bool(self._previous(i, _OPEN_REACH) & {"all", "none", "lone"})

    def _single(self, i: int) -> bool:
        """Whether an article before a noun whose form leaves its number open says that it is one."""
        tags = self._previous(i, 2)
        return "single" in tags and "all" not in tags and not (self.code == "de" and self._article_of_many(i))

    def _of_one(self, i: int) -> bool:
        """Russian: whether a noun in -a is one's genitive and no plural."""
        if self.code != "ru" or not self.infos[i].singular or not self.words[i].endswith(("а", "я")):
            return False
        following = self.words[i + 1] if i + 1 < len(self.words) else ""
        before = self.words[i - 1] if i else ""
        many = before.endswith(("ие", "ые")) or "all" in self._previous(i, 2) or following.endswith(_PLURAL_VERBS)
        return not many and i > 0 and (before[0].isalpha() or not following)

    def _article_of_many(self, i: int) -> bool:
        """German: whether `der` or `den` before a noun is a plural's: `den Lehrern`, `die Schuld der Lehrer`."""
        head = next((word for j, word in enumerate(self.words[i : i + 2], i) if self.capitals[j]), self.words[i])
        if head.endswith(("ern", "eln")):
            return True
        for j in (i - 1, i - 2):
            if j >= 0 and self.words[j] in _PLURAL_ARTICLES:
                return True
            if j >= 0 and self.words[j] == "den":
                return head.endswith(("n", "s"))
            if j >= 0 and self.words[j] == "der":
                return head.endswith("en") or self._owned(j)
        return False

    def _owned(self, article: int) -> bool:
        """German: whether a noun stands before `der`, so that it says whose."""
        before = article - 1
        return before >= 0 and self.capitals[before] and "verb" not in self.infos[before].tags and not self.shouting

    def _generic(self, i: int) -> bool:
        """`der Russe`, `le Russe`: the singular that stands for all."""
        return self.code in {"de", "fr"} and bool(self._previous(i, 1) & {"generic"})

    def _persons(self, i: int) -> bool:
        """Whether a plural that only its ending tells of is about people here."""
        tags = self.infos[i].tags
        if "guess_role" in tags:
            if self.code == "de":
                dative = self.words[i].endswith("ern")
                before = self.words[i - 1] if i else ""
                return self.capitals[i] and (
                    before in (_DATIVE_ARTICLES if dative else _PLURAL_ARTICLES)
                    or (before == "der" and self._owned(i - 1))
                    or (dative and "preposition" in self._previous(i, 1))
                )
            return self.code in _SLAVIC or bool(self._previous(i, 2) & {"article", "all", "you", "of", "preposition"})
        # `The local ones kept silent`: an adjective that the verb follows stands for people.
        following = self.words[i + 1] if i + 1 < len(self.words) else ""
        if following.endswith(_PLURAL_VERBS) or following in {"все", "сами", "усі", "всі", "самі"}:
            return True
        loose = self.words[i].endswith(_LOCAL) and i > 0
        return loose and (not following or not following[0].isalpha() or bool(self.infos[i + 1].tags & _NO_NOUN))

    def _looks_plural(self, i: int) -> bool:
        word = self.words[i]
        if self.code in _SLAVIC:
            return not word.endswith(("ли", "ть", "ти")) and word.endswith(
                ("ы", "и", "і", "ї", "ов", "ев", "ей", "ів", "їв", "ам", "ям", "ами", "ями", "ах", "ях")
            )
        if self.code == "de":
            return self.capitals[i] and word.endswith(("en", "er", "ern", "e", "s", "n"))
        return word.endswith("s") and not word.endswith("ss")
