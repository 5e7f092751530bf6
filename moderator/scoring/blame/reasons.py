"""Findings in words and spans: what a moderator reads in a second, and what the screen highlights."""

from __future__ import annotations

from collections import defaultdict

from moderator.domain.score import BLAME_COMPONENTS, Label, Span, SpanRole
from moderator.scoring.blame.grading import Verdict
from moderator.scoring.blame.nouns import Kind
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.rules import Finding
from moderator.scoring.blame.scope import Scope
from moderator.text.normalize import Folded

_SCOPE_WORDS = {
    Scope.TOTAL: "whole group",
    Scope.GENERIC: "group in general",
    Scope.MOST: "most of a group",
    Scope.PART: "group",
    Scope.RESTRICTED: "group",
}
_EXCLUSIONS = (
    "subset clause",
    "part of the group only",
    "quotation or report",
    "speaks against blame",
    "negated",
    "question",
    "hypothetical",
    "the author's own group",
    "play or banter",
)


def components(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Evidence codes in the guideline's order, `GRP` first, `QNT` where a totality is named."""
    if not findings:
        return ()
    codes = {finding.component for finding in findings}
    named = [code for code in ("ACT", "PUN", "INN", "SIL", "HER", "ASC", "DES") if code in codes]
    return ("GRP", *(("QNT",) if any(f.scope is Scope.TOTAL for f in findings) else ()), *named)


def reason(verdict: Verdict) -> str:
    """One line: who is meant + what is said of them; what could have excused it."""
    if not verdict.findings:
        if verdict.considered:
            return "no blame of a group: " + ", ".join(verdict.considered[:3])
        return "no group blamed"
    lead = max(verdict.findings, key=lambda finding: (finding.grade, finding.confidence))
    codes = dict.fromkeys([lead.component, *(finding.component for finding in verdict.findings)])
    target = _SCOPE_WORDS[lead.scope]
    phrase = lead.target.phrase
    if phrase is not None and phrase.kind is Kind.THEY:
        target += " (by pronoun)"
    said = " + ".join(BLAME_COMPONENTS[code] for code in list(codes)[:3])
    return f"{target} + {said}; " + ("by its sense, in words no rule has" if lead.unworded else "no limiting clause")


def exclusions(verdict: Verdict) -> tuple[str, ...]:
    """Each exclusion with what was found, for the screen: `subset clause: no`."""
    found = set(verdict.considered)
    listed = [f"{name}: {'found elsewhere' if verdict.findings else 'found'}" for name in verdict.considered]
    return (*listed, *(f"{name}: no" for name in _EXCLUSIONS if name not in found))


def spans(verdict: Verdict, readings: list[Reading], folded: Folded) -> tuple[Span, ...]:
    """Evidence on the raw text: groups, quantifiers and predicates of the blaming clauses, none overlapping."""
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    made: list[Span] = []
    roles = (
        (SpanRole.GROUP, [r for finding in verdict.findings for r in finding.groups]),
        (SpanRole.PREDICATE, [r for finding in verdict.findings for r in finding.predicates]),
        (SpanRole.QUANTIFIER, [r for finding in verdict.findings for r in finding.quantifiers]),
    )
    for role, ranges in roles:
        for place, first, last in _longest(ranges):
            sentence = readings[place].sentence
            for start, end in _free(sentence.starts[first], sentence.ends[last], taken[place]):
                raw_start, raw_end = folded.to_raw(start, end)
                if raw_end > raw_start:
                    made.append(Span(raw_start, raw_end, role, Label.COLLECTIVE_BLAME))
                taken[place].append((start, end))
    return tuple(sorted(made, key=lambda span: (span.start, span.end)))


def _longest(ranges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Ranges without those that lie inside another one."""
    kept: list[tuple[int, int, int]] = []
    for place, first, last in sorted(set(ranges), key=lambda r: (r[0], r[1], -r[2])):
        if kept and kept[-1][0] == place and kept[-1][2] >= last:
            continue
        kept.append((place, first, last))
    return kept


def _free(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of `[start, end)` no other span holds, edges without space."""
    pieces = [(start, end)]
    for low, high in taken:
        pieces = [
            piece
            for a, b in pieces
            for piece in ((a, min(b, low - 1)), (max(a, high + 1), b))
            if piece[1] > piece[0] and (b > low and a < high)
        ] + [(a, b) for a, b in pieces if not (b > low and a < high)]
    return sorted(pieces)
