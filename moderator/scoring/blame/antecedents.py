"""What pronouns stand for: a group, something else, or nobody can tell."""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

from dataclasses import dataclass

from moderator.scoring.blame.nouns import GROUPS, Kind, Phrase
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.scope import Scope, scoped
from moderator.scoring.blame.syntax import counted, in_prepositional, is_object, joined, numbered

_BACK = 4
"""How many sentences back a pronoun may reach."""

_PLURAL_OTHERS = frozenset({Kind.DEED, Kind.PERSON, Kind.STATE})


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What a pronoun stands for.

    Attributes:
        group: True for a group, False for something else, `None` where the text doesn't say.
        place: Index of the sentence it stands in; -1 for title or parent.
        phrase: Its noun phrase, where it stands in the text itself.
    """

    group: bool | None
    place: int = -1
    phrase: Phrase | None = None


class Antecedents:
    """Antecedents in one text, with its title and parent as further context."""

    def __init__(self, readings: list[Reading], context: list[list[Reading]], language: str) -> None:
        self.readings = readings
        self.context = context
        self.language = language
        self._subjects: dict[int, Antecedent] = {}

    def of_pronoun(self, place: int, phrase: Phrase) -> Antecedent:
        """What a pronoun in sentence `place` stands for: what comes before it there, else in the sentences before."""
        reading = self.readings[place]
        if phrase.kind is Kind.YOU:
            return self._addressed(place, phrase)
        for earlier in reversed(reading.phrases):
            if earlier.last >= phrase.first:
                continue
            if earlier.kind in GROUPS and not in_prepositional(reading, earlier):
                return self.weighed(place, earlier, subject=not is_object(reading, earlier))
            if earlier.kind is Kind.DEED or (earlier.kind in _PLURAL_OTHERS and earlier.plural):
                return Antecedent(False, place, earlier)
        found = self.resolve(place)
        if found.group is None:
            for earlier in reading.phrases:
                if earlier.kind in GROUPS and earlier.last < phrase.first:
                    return self.weighed(place, earlier, subject=False)
        return found

    def _addressed(self, place: int, phrase: Phrase) -> Antecedent:
        """Whom `you` addresses: a group named in this sentence or an address before it."""
        reading = self.readings[place]
        for back in range(place, max(-1, place - _BACK - 1), -1):
            for other in self.readings[back].phrases:
                if other.kind in GROUPS and self._is_address(self.readings[back], other):
                    return Antecedent(True, back, other)
        if any(other.kind is Kind.ADJECTIVE and other.type == "people" for other in reading.phrases):
            return Antecedent(True)
        following = self.readings[place + 1 : place + 2]
        if any(other.kind in GROUPS for after in following if after.has("total") for other in after.phrases):
            return Antecedent(True)
        if reading.has("total") and reading.before("total", phrase.last + 4):
            return self.resolve(place)
        return Antecedent(False)

    def _is_address(self, reading: Reading, phrase: Phrase) -> bool:
        """`you Danes`, `Dear Danes,`, `Hey, Danes,`, `Danes, you ...`: a group spoken to."""
        before = reading.infos[phrase.first - 1].tags if phrase.first else frozenset[str]()
        if before & {"you", "greeting"}:
            return True
        words = reading.sentence.words
        after = words[phrase.last + 1] if phrase.last + 1 < len(words) else "."
        opening = phrase.first == 0 or words[phrase.first - 1] in {",", "!", "all", "alle", "все", "усі", "всі"}
        return opening and after in {",", "!", ":"} and phrase.plural

    def resolve(self, place: int) -> Antecedent:
        """What a plural pronoun in sentence `place` stands for, looking backwards, then at title and parent."""
        for back in range(place - 1, max(-1, place - 1 - _BACK), -1):
            found = self._subject(back)
            if found.group is not None:
                return found
        for readings in self.context:
            for reading in readings:
                found = self._context_subject(reading)
                if found.group is not None:
                    return found
        if place + 1 < len(self.readings):
            ahead = self._subject(place + 1)
            if ahead.group and ahead.phrase is not None:
                return ahead
        return Antecedent(None)

    def _subject(self, place: int) -> Antecedent:
        known = self._subjects.get(place)
        if known is None:
            known = self._subjects[place] = self._find_subject(place)
        return known

    def _find_subject(self, place: int) -> Antecedent:
        reading = self.readings[place]
        if reading.has("number_of_others"):
            return Antecedent(False, place)
        later: Antecedent | None = None
        for phrase in reading.phrases:
            found, certain = self._candidate(place, phrase)
            if certain and found is not None:
                return found
            later = later or found
        if counted(reading):
            return Antecedent(False, place)
        return later or Antecedent(None)

    def _candidate(self, place: int, phrase: Phrase) -> tuple[Antecedent | None, bool]:
        """What a phrase makes of an antecedent, and whether it's the sentence's subject and so settles it."""
        reading = self.readings[place]
        aside = in_prepositional(reading, phrase) or is_object(reading, phrase)
        if phrase.kind in GROUPS and reading.sentence.quoted[phrase.first]:
            return Antecedent(True, place, phrase), False
        if phrase.kind in {Kind.ADJECTIVE, Kind.INDIVIDUAL} and phrase.type == "people":
            named = phrase.first and reading.infos[phrase.first - 1].tags & {"verb", "article", "all"}
            return (Antecedent(True, place) if named else None), False
        if phrase.kind in GROUPS and phrase.kind is not Kind.OPEN:
            return self.weighed(place, phrase, subject=not aside), not aside
        if phrase.kind in _PLURAL_OTHERS and (phrase.plural or joined(reading, phrase)):
            return (None if in_prepositional(reading, phrase) else Antecedent(False, place, phrase)), True
        return None, False

    def weighed(self, place: int, phrase: Phrase, *, subject: bool) -> Antecedent:
        """A group phrase as antecedent: a part or a restricted set of a group is none."""
        reading = self.readings[place]
        scope = scoped(reading, phrase, self.language).scope
        if phrase.kind is Kind.COLLECTIVE and scope is not Scope.TOTAL:
            return Antecedent(None)
        limited = scope in {Scope.PART, Scope.RESTRICTED} and (subject or numbered(reading, phrase))
        if reading.tagged("lone", phrase.first - 3, phrase.first - 1):
            limited = False  # `another one of the Danes`: a plural pronoun after it can't mean the one
        return Antecedent(not limited, place, phrase)

    def _context_subject(self, reading: Reading) -> Antecedent:
        for phrase in reading.phrases:
            if phrase.kind in GROUPS:
                limited = numbered(reading, phrase) and not in_prepositional(reading, phrase)
                return Antecedent(not limited)
            if phrase.kind is Kind.ADJECTIVE and phrase.type == "people":
                return Antecedent(True)
            if phrase.kind in {Kind.DEED, Kind.PERSON} and (phrase.plural or numbered(reading, phrase)):
                return Antecedent(False)
        return Antecedent(None)
