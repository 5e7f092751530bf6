"""A whole group of whom no phrase of blame is said: a finding that waits for the second look."""

from __future__ import annotations

from moderator.scoring.blame.discourse import Discourse
from moderator.scoring.blame.nouns import GROUPS, Kind, Phrase
from moderator.scoring.blame.patterns import Pattern
from moderator.scoring.blame.reading import Match, Reading
from moderator.scoring.blame.rules import Finding
from moderator.scoring.blame.scope import Scope, scoped
from moderator.scoring.blame.syntax import in_prepositional, is_object
from moderator.scoring.blame.targets import Target, TargetFinder

LEARNED = frozenset({"ru", "uk", "de", "fr", "es"})
"""Languages whose sentences were learned from, so that a suspicion can be settled."""

_CONFIDENCE = 0.3
_UNREAD = Pattern("ACT", "T", 0.5, 1, "", frozenset(), frozenset())
_SHOWN_WORDS = 5
_PRAISING_WORDS = 2
_KINDS = {Kind.GROUP: 3, Kind.THEY: 2, Kind.OPEN: 1, Kind.COLLECTIVE: 1, Kind.YOU: 1}
"""How likely a phrase is meant as the whole group."""


def suspicions(readings: list[Reading], targets: TargetFinder, discourse: Discourse) -> list[Finding]:
    """At most one finding: the group that is most likely meant as a whole.

    Returns:
        A finding of the mildest grade whose confidence carries nothing by itself; empty where no group stands.
    """
    best: tuple[float, Finding] | None = None
    for place, reading in enumerate(readings):
        for phrase in reading.phrases:
            target = _target(place, phrase, targets)
            if target is None:
                continue
            made = _finding(place, reading, phrase, target, discourse)
            points = _points(reading, phrase, made)
            if best is None or points > best[0]:
                best = points, made
    return [best[1]] if best is not None else []


def _target(place: int, phrase: Phrase, targets: TargetFinder) -> Target | None:
    if phrase.kind in GROUPS:
        return Target(phrase)
    if phrase.kind in {Kind.INDIVIDUAL, Kind.ADJECTIVE} and phrase.type in {"people", "role"}:
        return Target(phrase, None, named_inside=True)
    if phrase.kind in {Kind.THEY, Kind.YOU}:
        antecedent = targets.antecedents.of_pronoun(place, phrase)
        return Target(phrase, antecedent) if antecedent.group else None
    return None


def _points(reading: Reading, phrase: Phrase, made: Finding) -> float:
    points = float(_KINDS.get(phrase.kind, 0)) + 2.0 * (made.scope is Scope.TOTAL) - 3.0 * bool(made.exclusions)
    return points + 0.5 * (not in_prepositional(reading, phrase) and not is_object(reading, phrase))


def _finding(place: int, reading: Reading, phrase: Phrase, target: Target, discourse: Discourse) -> Finding:
    measured = scoped(reading, phrase, discourse.language)
    first, last = _told(reading, phrase)
    match = Match(_UNREAD, first, last, ((first, last),))
    exclusions = discourse.exclusions(place, match, phrase, measured.scope)
    if measured.scope in {Scope.PART, Scope.RESTRICTED}:
        exclusions.append("subset clause" if measured.scope is Scope.RESTRICTED else "part of the group only")
    praising = sum("field_praise" in info.fields for info in reading.infos)
    if praising >= _PRAISING_WORDS or reading.has("sympathy"):
        exclusions.append("praise or thanks")
    return Finding(
        match.pattern.kind, 1, _CONFIDENCE, tuple(exclusions), place, measured.scope, match, target,
        ((place, phrase.first, phrase.last),), tuple((place, *r) for r in measured.quantifiers),
        ((place, first, last),),
    )  # fmt: skip


def _told(reading: Reading, phrase: Phrase) -> tuple[int, int]:
    """The words that tell of a group: those after it up to a mark, or before it where it ends the clause."""
    words = reading.sentence.words
    last = phrase.last
    while last + 1 < len(words) and last < phrase.last + _SHOWN_WORDS and words[last + 1][0].isalpha():
        last += 1
    if last > phrase.last:
        return phrase.last + 1, last
    first = phrase.first
    while first > 0 and first > phrase.first - _SHOWN_WORDS and words[first - 1][0].isalpha():
        first -= 1
    return (first, phrase.first - 1) if first < phrase.first else (phrase.first, phrase.last)
