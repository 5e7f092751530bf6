"""Blame in words that no phrase has: a whole group, and words of guilt, harm, penalty, silence or essence around it."""

from __future__ import annotations

from moderator.scoring.blame.antecedents import Antecedent
from moderator.scoring.blame.discourse import Discourse
from moderator.scoring.blame.nouns import Kind, Phrase
from moderator.scoring.blame.patterns import Pattern
from moderator.scoring.blame.reading import Match, Reading
from moderator.scoring.blame.rules import Finding
from moderator.scoring.blame.scope import Scope, scoped
from moderator.scoring.blame.syntax import in_prepositional, is_object
from moderator.scoring.blame.targets import Target, TargetFinder

_FIELDS = {
    "field_guilt": ("ACT", 0.9),
    "field_penalty": ("PUN", 0.5),
    "field_silence": ("SIL", 0.5),
    "field_essence": ("HER", 0.5),
    "field_harm": ("ACT", 0.5),
}
_TELLING = frozenset({*_FIELDS, "field_praise"})
_TOTAL = 0.6
_SUBJECT = 0.25
_PRAISE = 0.9
_ENOUGH = 1.35
_LEAST = 0.7
_SURE = 0.7
_SCALE = 0.5
_SHOWN_WORDS = 4
_REACH = 14
"""How many words after a group its guilt may be told."""


def weak_findings(
    readings: list[Reading], done: list[Finding], targets: TargetFinder, discourse: Discourse, language: str
) -> list[Finding]:
    """Findings of the mildest grade, in sentences where the phrases found nothing at all.

    `done` is what the phrases found, harmless readings included: a sentence judged there isn't judged again.
    """
    judged = {finding.place for finding in done}
    found: list[Finding] = []
    for place, reading in enumerate(readings):
        if place in judged:
            continue
        finding = _weak(place, reading, targets, discourse, language)
        if finding is not None:
            found.append(finding)
    return found


def _weak(place: int, reading: Reading, targets: TargetFinder, discourse: Discourse, language: str) -> Finding | None:
    tokens = {
        i: tag
        for i, info in enumerate(reading.infos)
        for tag in sorted(info.fields & _TELLING, key=_telling)
        if not _done_to_it(reading, i)
    }
    if not tokens:
        return None
    best: tuple[float, Phrase, Scope, tuple[tuple[int, int], ...], Target] | None = None
    for phrase in reading.phrases:
        target = _target(place, phrase, targets)
        if target is None:
            continue
        measured = scoped(reading, phrase, language)
        if measured.scope in {Scope.PART, Scope.RESTRICTED}:
            continue
        points = _TOTAL if measured.scope is Scope.TOTAL else 0.0
        points += 0.0 if in_prepositional(reading, phrase) or is_object(reading, phrase) else _SUBJECT
        if best is None or points > best[0]:
            best = (points, phrase, measured.scope, measured.quantifiers, target)
    if best is None:
        return None
    return _finding(place, reading, discourse, tokens, best)


def _telling(field: str) -> tuple[float, str]:
    """Order of a word's fields, the one that tells most last."""
    return _FIELDS.get(field, ("", 0.0))[1], field


def _done_to_it(reading: Reading, i: int) -> bool:
    """Whether a word of guilt or harm tells what was done to somebody: `were blamed`, `was robbed`."""
    return bool(reading.tagged("passive", i - 2, i - 1)) and reading.sentence.words[i].endswith(("ed", "en", "n", "t"))


def _target(place: int, phrase: Phrase, targets: TargetFinder) -> Target | None:
    if phrase.kind is Kind.GROUP and phrase.type:
        return Target(phrase)
    if phrase.kind is Kind.THEY:
        antecedent: Antecedent = targets.antecedents.resolve(place)
        return Target(phrase, antecedent) if antecedent.group else None
    return None


def _reaches(phrase: Phrase, i: int) -> bool:
    """Whether a word may tell of a group: after it, or close before it."""
    return phrase.last < i <= phrase.last + _REACH or phrase.first - _SHOWN_WORDS <= i < phrase.first


def _finding(
    place: int,
    reading: Reading,
    discourse: Discourse,
    tokens: dict[int, str],
    best: tuple[float, Phrase, Scope, tuple[tuple[int, int], ...], Target],
) -> Finding | None:
    points, phrase, scope, quantifiers, target = best
    around = {i: tag for i, tag in tokens.items() if _reaches(phrase, i)}
    if not reading.has("demand"):
        around = {i: tag for i, tag in around.items() if tag != "field_penalty"}
    fields = {tag for tag in around.values() if tag in _FIELDS}
    if not fields:
        return None
    points += sum(_FIELDS[field][1] for field in fields)
    if "field_praise" in around.values():
        points -= _PRAISE
    if points < _LEAST:
        return None
    if reading.has("sympathy"):
        return None
    lead = max(fields, key=lambda field: (_FIELDS[field][1], field))
    shown = [i for i, tag in around.items() if tag == lead]
    first, last = shown[0], shown[-1] if shown[-1] - shown[0] <= _SHOWN_WORDS else shown[0]
    match = Match(Pattern(_FIELDS[lead][0], "T", 1.0, 1, "", frozenset(), frozenset()), first, last, ((first, last),))
    exclusions = discourse.exclusions(place, match, phrase, scope)
    if reading.has("negator") and scope is not Scope.TOTAL and "negated" not in exclusions:
        exclusions.append("negated")
    confidence = min(0.95, _SURE + (points - _ENOUGH) * _SCALE)
    return Finding(
        match.pattern.kind, 1, confidence, tuple(exclusions), place, scope, match, target,
        ((place, phrase.first, phrase.last),), tuple((place, *r) for r in quantifiers), ((place, first, last),),
    )  # fmt: skip
