"""Finding the noun phrases of a sentence."""

from __future__ import annotations

from moderator.scoring.blame.nouns import Kind, Phrase
from moderator.scoring.blame.surroundings import Surroundings

_TRANSPARENT = {
    "en": ("of", "from"),
    "de": ("von", "aus", "der", "des"),
    "fr": ("de", "du", "d'", "des"),
    "es": ("de", "del"),
}
_NOUN_TAGS = frozenset({"collective_named", "people", "role", "collective", "state", "person", "deed", "guess_people"})
_FIXED = {"they": Kind.THEY, "you": Kind.YOU, "we": Kind.WE}
_POSTPOSED = frozenset({"fr", "es"})
_SLAVIC = frozenset({"ru", "uk"})
_GUESSES = frozenset({"guess_people", "guess_adj", "guess_role", "guess_folk"})
_OPEN_REACH = 3
_PLURAL_ADJECTIVES = ("ish", "ch", "sh", "ese", "ss")
_SHORT = 4
_WHOLE = frozenset(
    {"весь", "вся", "всё", "всю", "всей", "увесь", "уся", "усю", "усієї", "ganz", "todo", "toda", "tout", "toute"}
)
"""Words after which a place stands for its people (`ganz Sundingen`)."""
_BARE_PLURALS = ("ers", "ors", "s", "x")
_TOWARDS = frozenset({"к", "ко", "по", "благодаря", "вопреки", "навстречу", "подобно", "завдяки", "всупереч"})
_MEMBER_REACH = 9
_PLAIN_KINDS = (("deed", Kind.DEED), ("state", Kind.STATE), ("person", Kind.PERSON))


class PhraseFinder(Surroundings):
    """Finds the noun phrases of one sentence, left to right, each token looked at a bounded number of times."""

    def find(self) -> list[Phrase]:
        """All phrases, in order, not overlapping."""
        found: list[Phrase] = []
        position, count = 0, len(self.words)
        quantified = -_OPEN_REACH
        while position < count:
            info = self.infos[position]
            if info.quantifying:
                quantified = position
            bare = not info.tags and self.words[position].endswith(_BARE_PLURALS)
            near = position - quantified < _OPEN_REACH
            if not info.phrasal and (info.tags or not (self.capitals[position] or near or bare)):
                position += 1
                continue
            phrase = self._at(position, found)
            if phrase is None:
                position += 1
                continue
            while found and found[-1].last >= phrase.first:
                found.pop()
            found.append(phrase)
            position = phrase.last + 1
        return found

    def _at(self, i: int, found: list[Phrase]) -> Phrase | None:
        tags = self.infos[i].tags
        if not tags:
            return self._place(i) or self._open(i) or self._name(i)
        for tag, kind in _FIXED.items():
            if tag in tags and not self._with_him(i):
                return Phrase(i, i, kind, True, "")
        floor = found[-1].last + 1 if found else 0
        return self._listed(i, floor) or self._named(i)

    def _with_him(self, i: int) -> bool:
        """Russian and Ukrainian: whether this form is one's (`with him`) and not a plural's (`towards them`)."""
        return self.words[i] == "ним" and self.words[i - 1 : i] != [] and self.words[i - 1] not in _TOWARDS

    def _listed(self, i: int, floor: int) -> Phrase | None:
        """A noun that a list of the language file has."""
        tags = self.infos[i].tags
        if "anyone" in tags and any("membership" in info.tags for info in self.infos[i + 2 : i + _MEMBER_REACH]):
            return Phrase(i, i, Kind.GROUP, True, "membership")
        if "pointed" in tags and i and "pointing" in self.infos[i - 1].tags:
            return Phrase(i, i, Kind.THEY, True, "")
        if tags & {"collective", "folk"} or ("collective_named" in tags and self._left(i, floor) < i):
            return self._collective(i, floor)
        if "role" in tags and "deed" not in tags and not self._is_modifier(i):
            return self._role(i, floor)
        for tag, kind in _PLAIN_KINDS:
            if tag in tags and (tag == "deed" or not self._is_modifier(i)):
                return Phrase(i, i, kind, self.infos[i].plural, "")
        return None

    def _named(self, i: int) -> Phrase | None:
        """The name of a people, known or guessed; a thing; or what is left."""
        tags = self.infos[i].tags
        if "people" in tags or "people_adj" in tags or self._guessed(i):
            return self._people(i)
        if tags & {"guess_role", "guess_folk"} and self._persons(i):
            return Phrase(i, i, Kind.OPEN, True, "")
        if "thing" in tags and "verb" not in tags and self.infos[i].plural:
            return Phrase(i, i, Kind.THING, True, "")
        return None if tags - _GUESSES else self._open(i) or self._name(i)

    def _role(self, i: int, floor: int) -> Phrase:
        info = self.infos[i]
        first, last = self._left(i, floor), self._right(i)
        if info.plural and not (info.singular and self.code == "de" and self._single(first)) and not self._of_one(i):
            return Phrase(first, last, Kind.GROUP, True, "role")
        kind = Kind.GROUP if self._distributed(first) else Kind.INDIVIDUAL
        return Phrase(first, last, kind, False, "role")

    def _collective(self, i: int, floor: int) -> Phrase:
        first, last = self._left(i, floor), self._right(i)
        named = first < i or last > i or "folk" in self.infos[i].tags
        if (
            not named
            and i > 1
            and self.words[i - 1] in {"'s", "'"}
            and (self.capitals[i - 2] or self.infos[i - 2].tags & {"people"})
        ):
            return Phrase(i - 2, i, Kind.GROUP, True, "collective")
        links = _TRANSPARENT.get(self.code, ())
        step = last + 1
        if step < len(self.words) and self.words[step] in links and links:
            step += 1
            if step < len(self.words) and self.words[step] in {"the", "la", "el", "los", "las", "l'", "les"}:
                step += 1
            if step < len(self.words) and self._naming(step):
                return Phrase(first, step, Kind.GROUP, True, "collective")
        elif self.code in _SLAVIC and step < len(self.words) and self.capitals[step] and self._naming(step):
            return Phrase(first, step, Kind.GROUP, True, "collective")
        if not named:
            plural_people = self.infos[i].plural and self.infos[i].tags & {"people"}
            return Phrase(first, last, Kind.GROUP if plural_people else Kind.COLLECTIVE, True, "collective")
        return Phrase(first, last, Kind.GROUP, True, "collective")

    def _people(self, i: int) -> Phrase:
        info, following = self.infos[i], self._following(i)
        if (
            following is not None
            and info.tags & {"people_adj", "guess_adj", "guess_people"}
            and self.code not in _POSTPOSED
        ):
            tags = following.tags
            if tags & _NOUN_TAGS and "verb" not in tags and not (info.plural and "people_adj" not in info.tags):
                return self._governed(i, tags)
        if "people" in info.tags or "guess_people" in info.tags:
            return self._demonym(i)
        return self._bare_adjective(i)

    def _governed(self, i: int, tags: frozenset[str]) -> Phrase:
        """A people's adjective before a noun: the noun says what it is."""
        info = self.infos[i + 1]
        if tags & {"collective", "collective_named"}:
            return Phrase(i, i + 1, Kind.GROUP, True, "collective")
        for tag, kind in (("deed", Kind.DEED), ("state", Kind.STATE), ("person", Kind.PERSON)):
            if tag in tags and "role" not in tags:
                return Phrase(i, i + 1, kind, info.plural, "")
        if info.plural or self._distributed(i):
            return Phrase(i, i + 1, Kind.GROUP, info.plural, "role")
        return Phrase(i, i + 1, Kind.INDIVIDUAL, False, "role")

    def _demonym(self, i: int) -> Phrase:
        info = self.infos[i]
        if info.plural and not (info.singular and self._single(i)):
            if "people_adj" in info.tags and self.code in {"en", *_SLAVIC} and self._modifies_unknown(i):
                return Phrase(i, i, Kind.ADJECTIVE, False, "people")
            return Phrase(i, i, Kind.GROUP, True, "people")
        if self.code == "en" and self._modifies_unknown(i):
            return Phrase(i, i, Kind.ADJECTIVE, False, "people")
        if self._distributed(i) or self._generic(i):
            return Phrase(i, i, Kind.GROUP, False, "people")
        if self.code in _POSTPOSED and "people_adj" in info.tags:
            return Phrase(i, i, Kind.ADJECTIVE, False, "people")
        return Phrase(i, i, Kind.INDIVIDUAL, False, "people")

    def _bare_adjective(self, i: int) -> Phrase:
        """An adjective without a noun that we know: `the Irish` is a people, `the Irish weather` isn't."""
        if self.code == "en" and not self._modifies_unknown(i):
            the_irish = self.words[i].endswith(_PLURAL_ADJECTIVES) and self.words[i - 1 : i] == ["the"]
            if the_irish or self._distributed(i):
                return Phrase(i, i, Kind.GROUP, the_irish, "people")
        return Phrase(i, i, Kind.ADJECTIVE, False, "people")

    def _place(self, i: int) -> Phrase | None:
        """A place that stands for its people: `ganz Sundingen`."""
        whole = self.capitals[i] and not self.shouting and i > 0 and self.words[i - 1] in _WHOLE
        return Phrase(i, i, Kind.OPEN, True, "") if whole else None

    def _open(self, i: int) -> Phrase | None:
        word = self.words[i]
        if (
            len(word) < _SHORT
            or not word[0].isalpha()
            or self.infos[i].predicates
            or self.infos[i].cues
            or self.infos[i].tags & {"verb", "preposition"}
        ):
            return None
        agents = self.open_plural and word.endswith(self.open_plural) and len(word) > _SHORT + 1
        first = i == 0 or (i == 1 and "article" in self.infos[0].tags)
        if agents and first and word not in self.not_people:
            return Phrase(i, i, Kind.OPEN, True, "")
        before = self._previous(i, 1 if self.code in _SLAVIC else 2)
        if self.code in _POSTPOSED and self.words[i - 1] in {"les", "los", "las"} and self._looks_plural(i):
            return Phrase(i, i, Kind.OPEN, True, "")
        if "all" not in before and not ("they" in before and self.capitals[i] and self.code == "en"):
            return None
        if not self._looks_plural(i) and not self._previous(i, 1) & {"each"}:
            return None
        return Phrase(i, i, Kind.OPEN, True, "")

    def _name(self, i: int) -> Phrase | None:
        """A capitalised word in mid-sentence that no list has: somebody's or something's name."""
        if (
            i == 0
            or self.shouting
            or not self.capitals[i]
            or len(self.words[i]) < _SHORT
            or self.code == "de"
            or self.words[i - 1] == '"'
        ):
            return None
        return Phrase(i, i, Kind.PERSON, False, "name")
