"""From findings to one score, one grade and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from moderator.scoring.blame.rules import Finding

BANDS = {1: (0.50, 0.65), 2: (0.65, 0.88), 3: (0.88, 1.0)}
"""Score band per grade. Source: the project's annotation guideline, section 2."""

SURE = 0.68
"""Confidence from which a finding counts as blame."""

_DOUBT = 0.35
_NONE = 0.03
_HARMLESS = 0.22
_PROMOTED = 0.9
_LEAST_CONFIDENT = 0.65
_LEARNED_SHARE = 0.4
_HUNCH_SURE = 0.72
"""From here on the second look makes a whole group amid unknown wording an alarm of the mildest grade.

Source: eight-fold cross-validation over the project's own sentences in five languages."""

_HUNCH_AGAINST = 0.25
"""Below it the second look takes a weak or a mild phrase of guilt for one in a harmless sentence."""

_HUNCH_DOUBT, _HUNCH_HARMLESS = 0.42, 0.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one text.

    Attributes:
        score: 0..1, inside the band of its grade; below 0.5 for grade 0.
        findings: Those that carry the grade; empty for grade 0.
        considered: Names of what makes other findings harmless.
    """

    score: float
    grade: int
    findings: tuple[Finding, ...]
    considered: tuple[str, ...]


def verdict(findings: list[Finding], learned: float, hunch: float | None = None) -> Verdict:
    """Grades by the strongest finding; the learned layer places the score inside the band and settles doubt.

    Args:
        findings: What the rules found.
        learned: The learned layer's probability, 0..1. It never overrules an exclusion.
        hunch: Probability of the second look, 0..1; `None` in a language that has none. Nor does it.
    """
    sound = [finding for finding in findings if not finding.exclusions]
    considered = tuple(dict.fromkeys(name for finding in findings for name in finding.exclusions))
    carrying = [finding for finding in sound if finding.confidence >= SURE]
    if hunch is not None and hunch < _HUNCH_AGAINST:
        carrying = [finding for finding in carrying if _plain(finding)]
    if carrying:
        grade = max(finding.grade for finding in carrying)
        confidence = max(finding.confidence for finding in carrying if finding.grade == grade)
        return Verdict(_placed(grade, confidence, learned), grade, tuple(carrying), considered)
    if hunch is not None and findings:
        return _by_hunch(findings, sound, considered, hunch)
    if sound:
        confidence = max(finding.confidence for finding in sound)
        if learned >= _PROMOTED and confidence >= _LEAST_CONFIDENT:
            likely = tuple(finding for finding in sound if finding.confidence >= _LEAST_CONFIDENT)
            return Verdict(BANDS[1][0] + 0.02, 1, likely, considered)
        share = min(1.0, max(0.0, (confidence - _DOUBT) / (SURE - _DOUBT)))
        return Verdict(0.15 + 0.24 * share + 0.1 * learned, 0, (), considered)
    if not findings:
        return Verdict(_NONE, 0, (), considered)
    shared = min(len(finding.exclusions) for finding in findings)
    return Verdict(_NONE + _HARMLESS * learned / shared, 0, (), considered)


def unsettled(findings: list[Finding]) -> bool:
    """Whether a second look can change anything: not where a strong phrase of guilt stands unexcused."""
    return not any(_plain(f) and f.confidence >= SURE and not f.exclusions for f in findings)


def _plain(finding: Finding) -> bool:
    return finding.match.pattern.weight == 1 and finding.grade > 1


def _by_hunch(findings: list[Finding], sound: list[Finding], considered: tuple[str, ...], hunch: float) -> Verdict:
    if not sound:
        excused = min(len(finding.exclusions) for finding in findings)
        return Verdict(_NONE + _HUNCH_HARMLESS * hunch / excused, 0, (), considered)
    if hunch < _HUNCH_SURE:
        return Verdict(_NONE + _HUNCH_DOUBT * hunch / _HUNCH_SURE, 0, (), considered)
    low, high = BANDS[1]
    share = (hunch - _HUNCH_SURE) / (1 - _HUNCH_SURE)
    likely = max(sound, key=lambda finding: finding.confidence)
    return Verdict(low + 0.02 + (high - low - 0.03) * share, 1, (likely,), considered)


def _placed(grade: int, confidence: float, learned: float) -> float:
    low, high = BANDS[grade]
    share = min(1.0, 0.25 + (confidence - SURE) / 0.9)
    return low + (high - low) * ((1 - _LEARNED_SHARE) * share + _LEARNED_SHARE * learned)
