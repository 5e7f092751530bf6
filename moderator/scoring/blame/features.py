"""What the learned layer sees: the rules' trace and words with every name masked, so that no name can carry weight."""

from __future__ import annotations

from itertools import pairwise

from moderator.scoring.blame.analysis import Analysis
from moderator.scoring.blame.nouns import Kind
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.rules import Finding

_CUES = (
    "total", "most", "partial", "negator", "counter", "report", "report_own", "endorse", "hypothetical", "rhetorical",
    "irony", "sport", "game_debt", "fee", "statistics", "legal", "we", "brushed", "rejection",
)  # fmt: skip
_MASKS = {Kind.PERSON: "§p", Kind.STATE: "§s", Kind.DEED: "§d"}
_MOST_WORDS = 40


def features(analysis: Analysis, language: str) -> list[str]:
    """Names of the features that hold for a text.

    Args:
        analysis: What the rules saw.
        language: The language it was read as; words of different languages are different features.

    Returns:
        Sorted, each at most once; empty where the rules found nothing to judge.
    """
    lead = lead_finding(analysis.findings)
    if lead is None:
        return []
    reading = analysis.readings[lead.place]
    named = {
        f"component={lead.component}",
        f"side={lead.match.pattern.side}",
        f"weight={lead.match.pattern.weight}",
        f"scope={lead.scope}",
        f"target={lead.target.phrase.kind if lead.target.phrase else 'none'}",
        f"group={lead.target.is_group}",
        f"grade={lead.grade}",
        f"sure={min(12, int(lead.confidence * 10))}",
        f"exclusions={min(3, len(lead.exclusions))}",
        f"sentences={min(4, len(analysis.readings))}",
        f"asked={reading.sentence.end == '?'}",
        *(f"exclusion={name}" for name in lead.exclusions if not name.startswith("target")),
        *(f"cue={cue}" for cue in _CUES if reading.has(cue)),
        *(field for info in reading.infos for field in info.fields),
        *_words(reading, language),
    }
    return sorted(named)


def lead_finding(findings: list[Finding]) -> Finding | None:
    """The finding that says most: harmless ones come after the others, then by grade and confidence."""
    return max(findings, key=lambda f: (not f.exclusions, f.confidence, f.grade, -f.place), default=None)


def _words(reading: Reading, language: str) -> list[str]:
    tokens = list(reading.sentence.words)
    for phrase in reading.phrases:
        mask = _MASKS.get(phrase.kind) or ("§g" if phrase.type else None)
        if mask:
            tokens[phrase.first : phrase.last + 1] = [mask] + [""] * (phrase.last - phrase.first)
    kept = ["0" if token.isdigit() else token for token in tokens if token][:_MOST_WORDS]
    singles = [f"{language}:{token}" for token in kept]
    return singles + [f"{language}:{first} {second}" for first, second in pairwise(kept)]
