"""From readings to findings: each predicate with its target, its scope and everything that would make it harmless."""

from __future__ import annotations

from dataclasses import dataclass

from moderator.scoring.blame.discourse import Discourse
from moderator.scoring.blame.lexicon import Lexicon
from moderator.scoring.blame.nouns import GROUPS, Kind, Phrase
from moderator.scoring.blame.reading import Match, Reading
from moderator.scoring.blame.scope import Scope, scoped
from moderator.scoring.blame.targets import Target, TargetFinder

Range = tuple[int, int]
"""First and last token of a piece of a sentence."""

_KIND_TRUST = {Kind.GROUP: 1.0, Kind.OPEN: 0.85, Kind.COLLECTIVE: 0.5, Kind.THEY: 0.95, Kind.YOU: 0.9}
_UNSURE = 0.55
_ELLIPTIC = 0.8
_TOTAL_BONUS = 0.3
_PRAISED = 0.6
_PARTY_TRUST = 0.75
"""The name of a party mostly stands for its politicians (`Democrats blocked it`)."""

_SUPPORT_BONUS = 0.1
_VERB_LAST = (["werden"], ["wurden"], ["worden"])
"""German: what stands behind the participle of something suffered."""


@dataclass(slots=True)
class Finding:
    """One predicate linked to a target.

    Attributes:
        component: ACT PUN INN SIL HER ASC DES.
        grade: 1..3 if nothing speaks against it.
        confidence: 0..1.3: how sure the rules are, exclusions aside.
        exclusions: What makes it harmless, in the order found; empty for blame.
        place: Index of the sentence.
        groups, quantifiers, predicates: Token ranges per role: (sentence, first, last).
        unworded: Whether no rule knows the wording, and the second reader told it by its sense.
    """

    component: str
    grade: int
    confidence: float
    exclusions: tuple[str, ...]
    place: int
    scope: Scope
    match: Match
    target: Target
    groups: tuple[tuple[int, int, int], ...]
    quantifiers: tuple[tuple[int, int, int], ...]
    predicates: tuple[tuple[int, int, int], ...]
    unworded: bool = False


class Rules:
    """Judges one text."""

    def __init__(self, lexicon: Lexicon, readings: list[Reading], context: list[list[Reading]]) -> None:
        self.language = lexicon.code
        self.readings = readings
        self.targets = TargetFinder(readings, context, lexicon.code)
        self.discourse = Discourse(readings, context, lexicon.code)

    def findings(self) -> list[Finding]:
        """Every predicate that has a target of any kind, in order of the text."""
        found: list[Finding] = []
        for place, reading in enumerate(self.readings):
            own = [self._judge(place, match) for match in [*reading.predicates, *self.discourse.ironic(place)]]
            kept = [finding for finding in own if finding is not None]
            sound = sum(not finding.exclusions for finding in kept)
            if sound > 1:
                for finding in kept:
                    finding.confidence += _SUPPORT_BONUS
            found.extend(kept)
        return found

    def _judge(self, place: int, match: Match) -> Finding | None:
        reading = self.readings[place]
        target = self.targets.find(place, match)
        phrase = target.phrase
        if phrase is None and target.antecedent is None:
            return None
        exclusions: list[str] = []
        scope, quantifiers = Scope.GENERIC, ()
        if phrase is not None:
            measured = scoped(reading, phrase, self.language)
            scope, quantifiers = measured.scope, measured.quantifiers
        elif reading.has("total"):
            scope = Scope.TOTAL
            quantifiers = tuple((m.first, m.last) for m in reading.cues["total"])
        if not self._imperative(reading, match):
            return None
        is_group = target.is_group
        if is_group is False:
            exclusions.append(f"target: {_named(target)}")
        if _suffered(reading, match):
            exclusions.append("suffered, not done")
        exclusions += self._scope_exclusions(scope, match, phrase)
        exclusions += self.discourse.exclusions(place, match, phrase, scope)
        confidence = self._confidence(place, match, target, scope)
        grade = match.pattern.grade
        if scope is Scope.MOST and grade == 2:  # noqa: PLR2004 - grades are the guideline's own numbers
            grade = 1
        groups = [(place, phrase.first, phrase.last)] if phrase is not None else []
        antecedent = target.antecedent
        if antecedent is not None and antecedent.phrase is not None and antecedent.group:
            groups.insert(0, (antecedent.place, antecedent.phrase.first, antecedent.phrase.last))
        return Finding(
            match.pattern.kind, grade, confidence, tuple(exclusions), place, scope, match, target, tuple(groups),
            tuple((place, *r) for r in quantifiers), tuple((place, *r) for r in match.shown),
        )  # fmt: skip

    def _imperative(self, reading: Reading, match: Match) -> bool:
        """English: whether a bare verb of punishment can be a demand here, and isn't a noun or a tale."""
        if self.language != "en" or match.pattern.side != "R" or match.pattern.kind != "PUN":
            return True
        i = match.first
        if i == 0 or not reading.sentence.words[i - 1][0].isalpha():
            return True
        if reading.sentence.words[i - 1] == "to":
            return i > 1 and bool(reading.infos[i - 2].tags & {"demand", "wish"})
        return bool(reading.infos[i - 1].tags & {"demand", "conjunction", "negation"})

    def _scope_exclusions(self, scope: Scope, match: Match, phrase: Phrase | None) -> list[str]:
        if phrase is not None and match.first <= phrase.first and phrase.last + 1 < match.last:
            # What follows the group belongs to the phrase of blame itself (`it was the Danes who did it`).
            return ["part of the group only"] if scope is Scope.PART and match.pattern.kind != "INN" else []
        if phrase is not None and phrase.kind is Kind.ADJECTIVE:
            return []  # `part of Danish nature` isn't a part of the Danes
        if scope is Scope.PART and match.pattern.kind != "INN":
            return ["part of the group only"]
        if scope is Scope.RESTRICTED and match.pattern.kind not in {"INN", "ASC"}:
            return ["subset clause"]
        return []

    def _confidence(self, place: int, match: Match, target: Target, scope: Scope) -> float:
        confidence = match.pattern.weight
        if target.phrase is None:
            confidence *= _ELLIPTIC
        elif scope is Scope.TOTAL and target.phrase.kind is Kind.COLLECTIVE:
            confidence *= 0.9
        else:
            confidence *= _KIND_TRUST.get(target.phrase.kind, 1.0)
        if scope is Scope.TOTAL:
            confidence += _TOTAL_BONUS * match.pattern.weight
        elif match.pattern.weight < 1 and match.pattern.grade < 3 and _is_party(self.readings[place], target):  # noqa: PLR2004 - as above
            confidence *= _PARTY_TRUST
        if match.pattern.weight < 1 and any("field_praise" in info.fields for info in self.readings[place].infos):
            confidence *= _PRAISED
        if target.is_group is None:
            return min(_UNSURE, confidence * _UNSURE)
        return confidence


def _suffered(reading: Reading, match: Match) -> bool:
    """Whether a deed was done to the group and not by it: `were killed`, `killed by`."""
    if match.pattern.kind != "ACT" or match.pattern.side != "L":
        return False
    if "passive" in reading.infos[match.first].tags:
        return False
    after = match.last + 1
    if after < len(reading.infos) and "agent" in reading.infos[after].tags:
        return True
    following = reading.sentence.words[after : after + 2]
    if following[:1] in _VERB_LAST or following == ["zu", "werden"]:
        return True
    return bool(reading.tagged("passive", match.first - 2, match.first - 1))


def _is_party(reading: Reading, target: Target) -> bool:
    phrase = target.phrase
    return phrase is not None and bool(reading.tagged("party", phrase.first, phrase.last))


def _named(target: Target) -> str:
    phrase = target.phrase
    if phrase is None or phrase.kind in GROUPS | {Kind.THEY, Kind.YOU}:
        return "named before, no group"
    return {
        Kind.STATE: "state or institution",
        Kind.PERSON: "a person",
        Kind.INDIVIDUAL: "one person",
        Kind.DEED: "those who did it",
        Kind.WE: "the author's own group",
    }.get(phrase.kind, "no group")
