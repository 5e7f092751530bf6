"""Rules and second reader to one verdict: the rules explain and can veto, the reader finds what no rule words."""

from __future__ import annotations

import math
from dataclasses import replace

from moderator.scoring.blame.discourse import good_wishes
from moderator.scoring.blame.grading import BANDS, Verdict
from moderator.scoring.blame.patterns import Pattern
from moderator.scoring.blame.reading import Match, Reading
from moderator.scoring.blame.rules import Finding
from moderator.scoring.blame.scope import Scope
from moderator.scoring.blame.second_reader import Asked, SecondReading
from moderator.scoring.blame.targets import Target

ALARM = 0.5
"""Chance from which the second reader speaks up where the rules are silent."""

SURE = 0.87
"""Chance from which it speaks up against what the rules found to excuse, and where there is little to read.

Source: 922 held-back sentences in six languages, of values from 0.5 to 0.95; so the next two."""

LITTLE = 12
"""Words of a text below which the reader must be sure: `the Swiss are rich` has nothing in it that would say more.

Source: of 17 alarms below `SURE` on shorter ones among 1,126 held-back texts in six languages 6 were right, of 86 on
longer ones 60."""

SURE_OF_THEM = 0.9
"""Chance from which it speaks up although nobody is named: `they` alone can be anybody."""

AGAINST = 0.05
"""Chance below which it takes a phrase of blame for a way of speaking."""

FIRM = 0.9
"""Score of the rules that it can't talk them out of: a penalty demanded in so many words."""

_SILENT = 0.02, 0.35
_DOUBT = 0.30, 0.49
"""The guideline's band of real doubt, section 2."""


def asked(judged: Verdict, findings: list[Finding], readings: list[Reading]) -> Asked | None:
    """What the second reader could change of the rules' verdict, so that it reads no more than that.

    Returns:
        `None` where it can't change anything, as `agreed` weighs the two.
    """
    if judged.findings:
        return None if judged.score >= FIRM else Asked(math.inf, math.inf, enough=AGAINST)
    return Asked(_needed(findings, readings), SURE_OF_THEM)


def agreed(judged: Verdict, findings: list[Finding], second: SecondReading | None, readings: list[Reading]) -> Verdict:
    """Weighs one against the other.

    Args:
        judged: The rules' verdict.
        findings: All that the rules found, harmless ones included.
        second: What the second reader says; `None` where it wasn't asked.
        readings: The text's sentences.

    Returns:
        The rules' verdict where they agree. Where only the reader sees blame: a verdict of its own; but mere doubt if
        it isn't sure and the rules found what makes a phrase of blame harmless, or there's little to read, or nobody is
        named. Doubt as well
        where only a phrase speaks for blame, the reader firmly against it.
    """
    if second is None:
        return judged
    if judged.findings:
        return _doubted(judged, second)
    if second.chance < ALARM:
        return replace(judged, score=max(judged.score, _within(_SILENT, second.chance / ALARM)))
    share = (second.chance - ALARM) / (1 - ALARM)
    unsure = second.chance < _needed(findings, readings)
    if unsure or not (second.named or second.chance >= SURE_OF_THEM):
        return replace(judged, score=_within(_DOUBT, share))
    if _wished_well(second, readings):
        considered = (*judged.considered, "a good wish")
        return replace(judged, score=max(judged.score, _within(_SILENT, share)), considered=considered)
    found = (_finding(second, readings),)
    return Verdict(_within(BANDS[second.grade], share), second.grade, found, judged.considered)


def _doubted(judged: Verdict, second: SecondReading) -> Verdict:
    if second.chance >= AGAINST or judged.score >= FIRM:
        return judged
    considered = (*judged.considered, "a way of speaking, by its sense")
    return Verdict(_within(_DOUBT, second.chance / AGAINST), 0, (), considered)


def _needed(findings: list[Finding], readings: list[Reading]) -> float:
    """Chance from which the second reader is believed against the silence of the rules."""
    words = sum(word[0].isalpha() for reading in readings for word in reading.sentence.words)
    excused = any(finding.exclusions for finding in findings)
    return SURE if excused or words < LITTLE else ALARM


def _wished_well(second: SecondReading, readings: list[Reading]) -> bool:
    """Whether the second reader goes by something good that a group is said to deserve."""
    places = {place for place, _, _ in second.predicates or second.groups}
    return bool(places) and all(map(good_wishes, (readings[place] for place in places)))


def _within(band: tuple[float, float], share: float) -> float:
    low, high = band
    return low + (high - low) * share


def _finding(second: SecondReading, readings: list[Reading]) -> Finding:
    """The reader's evidence in the form of a rule's."""
    place, first, last = second.predicates[0] if second.predicates else (0, 0, 0)
    pattern = Pattern(second.component, "T", 1.0, second.grade, "", frozenset(), frozenset())
    target: Target = Target(None)
    if second.groups:
        at, start, end = second.groups[0]
        named = (phrase for phrase in readings[at].phrases if phrase.first <= end and phrase.last >= start)
        target = Target(next(named, None))
    return Finding(
        second.component,
        second.grade,
        second.chance,
        (),
        place,
        Scope.TOTAL if second.quantifiers else Scope.GENERIC,
        Match(pattern, first, last, ((first, last),)),
        target,
        second.groups,
        second.quantifiers,
        second.predicates,
        unworded=True,
    )
