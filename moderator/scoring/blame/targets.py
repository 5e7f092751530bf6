"""Whom a phrase of blame hits: the noun phrase it belongs to, pronouns followed back to what they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from moderator.scoring.blame.antecedents import Antecedent, Antecedents
from moderator.scoring.blame.nouns import GROUPS, SYMBOLS, Kind, Phrase
from moderator.scoring.blame.reading import Match, Reading, target_at
from moderator.scoring.blame.syntax import as_a, in_prepositional, is_object, set_aside

_RIGHT_REACH = 7
_FIRST_WORDS = 2
_QUOTED = 3
"""Words quoted before a group, the mark itself among them, from which on it is somebody's sentence."""

_EMPTY = frozenset({"conjunction", "negation", "demand", "they", "you", "greeting"})
_FREE_ORDER = frozenset({"ru", "uk", "de", "es", "fr"})
_PRONOUNS = frozenset({Kind.THEY, Kind.YOU})


@dataclass(frozen=True, slots=True)
class Target:
    """The noun phrase that a predicate hits, and what a pronoun there stands for."""

    phrase: Phrase | None
    antecedent: Antecedent | None = None
    named_inside: bool = False

    @property
    def is_group(self) -> bool | None:
        """True, False, or `None` where nobody can tell."""
        if self.phrase is not None and (self.phrase.kind in GROUPS or self.named_inside):
            return True
        if self.antecedent is not None:
            return self.antecedent.group
        return False


class TargetFinder:
    """Finds targets in one text, with its title and parent as further context."""

    def __init__(self, readings: list[Reading], context: list[list[Reading]], language: str) -> None:
        self.readings = readings
        self.language = language
        self.antecedents = Antecedents(readings, context, language)

    def find(self, place: int, match: Match) -> Target:
        """The target of a predicate in sentence number `place`."""
        reading = self.readings[place]
        side = match.pattern.side
        phrase: Phrase | None = None
        if side in {"I", "R", "T"}:
            phrase = self._inside(reading, match)
            if phrase is not None and phrase.kind in {Kind.INDIVIDUAL, Kind.ADJECTIVE}:
                return Target(phrase, None, named_inside=True)
        if phrase is None and side in {"R", "B"}:
            phrase = self._right(reading, match)
        if phrase is None and side in {"L", "B", "T", "I"}:
            phrase = self._left(reading, match)
            if phrase is not None and phrase.kind is Kind.WE and side == "T":
                phrase = None
            if phrase is None or (phrase.kind is Kind.WE and self.language in _FREE_ORDER):
                phrase = self._right(reading, match) or phrase
        if phrase is None and side == "T":
            phrase = self._anywhere(reading)
        if phrase is None:
            return Target(None, self._elliptic(place, match) if self._open_subject(reading, match) else None)
        return self._resolved(place, match, phrase)

    def _resolved(self, place: int, match: Match, phrase: Phrase) -> Target:
        """A target with its antecedent, where it's a pronoun; what a card or a faith is named after, for membership."""
        if phrase.kind not in _PRONOUNS:
            return Target(phrase)
        if match.pattern.kind == "ASC":
            for named in self.readings[place].phrases:
                if named.kind in GROUPS or (named.type and named.kind in {Kind.ADJECTIVE, Kind.INDIVIDUAL}):
                    return Target(named, None, named_inside=True)
        return Target(phrase, self.antecedents.of_pronoun(place, phrase))

    def _open_subject(self, reading: Reading, match: Match) -> bool:
        """Whether nothing but `everyone` or the like stands before the predicate, so that context must say who."""
        if match.pattern.side == "T":
            return True
        before = reading.infos[: match.first]
        if any("all" in info.tags for info in before):
            return not any("plain" in info.tags for info in before)
        return match.first <= _FIRST_WORDS and all(info.tags & _EMPTY for info in before)

    def _elliptic(self, place: int, match: Match) -> Antecedent:
        """A sentence without a target of its own: what was spoken of before or, for slogans, right after."""
        found = self.antecedents.resolve(place)
        if found.group is None and match.pattern.side == "T":
            for after in self.readings[place + 1 : place + 2]:
                for other in after.phrases:
                    if other.kind in GROUPS:
                        return Antecedent(True, place + 1, other)
        return found

    def _inside(self, reading: Reading, match: Match) -> Phrase | None:
        inside = [
            phrase
            for phrase in reading.phrases
            if match.first <= phrase.first
            and phrase.last <= match.last
            and (phrase.kind in GROUPS | _PRONOUNS or SYMBOLS.get(phrase.kind, "\0") in match.pattern.source)
        ]
        if not inside:
            return None
        named = [phrase for phrase in inside if phrase.kind not in _PRONOUNS] or inside
        if match.pattern.side == "R":
            return next((phrase for phrase in named if phrase.first > match.shown[0][0]), named[-1])
        return named[-1]

    def _left(self, reading: Reading, match: Match) -> Phrase | None:
        start = match.shown[0][0]
        fallback: Phrase | None = None
        for phrase in reversed(reading.phrases):
            after = reading.infos[min(phrase.last + 1, len(reading.infos) - 1)].tags
            if phrase.kind is Kind.WE and "parenthesis" in after:
                continue
            if phrase.last >= start or phrase.kind in {Kind.ADJECTIVE, Kind.THING} or as_a(reading, phrase):
                continue
            if phrase.kind not in GROUPS and set_aside(reading, phrase):
                continue
            if in_prepositional(reading, phrase) or is_object(reading, phrase):
                if fallback is None and phrase.kind in GROUPS:
                    fallback = phrase
                continue
            return self._coordinated(reading, phrase)
        return fallback

    def _coordinated(self, reading: Reading, phrase: Phrase) -> Phrase:
        """`all of you Germans`: the noun behind the pronoun says more."""
        if phrase.kind in _PRONOUNS:
            beside = target_at(reading, phrase.last + 1, phrase.last + 1)
            if beside is not None and beside.kind in GROUPS:
                return beside
        return phrase

    def _right(self, reading: Reading, match: Match) -> Phrase | None:
        for phrase in reading.phrases:
            if phrase.first <= match.shown[-1][1] or phrase.kind in {Kind.ADJECTIVE, Kind.THING, Kind.WE}:
                continue
            if phrase.first - match.last > _RIGHT_REACH or self._told_by_another(reading, phrase, match):
                return None
            if match.pattern.side in {"L", "T"} and in_prepositional(reading, phrase):
                continue
            if match.pattern.side == "L" and self.language not in _FREE_ORDER and phrase.kind not in GROUPS | _PRONOUNS:
                return None
            return self._coordinated(reading, phrase)
        return None

    def _told_by_another(self, reading: Reading, phrase: Phrase, match: Match) -> bool:
        """Whether a phrase stands in somebody's words and the predicate doesn't; one or two words only mock."""
        quoted = reading.sentence.quoted
        if quoted[match.first] or not quoted[phrase.first]:
            return False
        return all(quoted[phrase.first - _QUOTED : phrase.first]) and phrase.first >= _QUOTED

    def _anywhere(self, reading: Reading) -> Phrase | None:
        for wanted in (GROUPS, _PRONOUNS):
            for phrase in reading.phrases:
                if phrase.kind in wanted:
                    return phrase
        return None
