"""One text, its title and parent, through all stages: the findings and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderator.scoring.blame.evidence import weak_findings
from moderator.scoring.blame.grading import SURE
from moderator.scoring.blame.lexicon import Lexicon, lexicon
from moderator.scoring.blame.nouns import TARGETABLE
from moderator.scoring.blame.reading import Reading, read
from moderator.scoring.blame.rules import Finding, Rules
from moderator.scoring.blame.suspicion import LEARNED, suspicions
from moderator.scoring.blame.words import sentences

_CONTEXT_CHARACTERS = 600
"""Of title and parent, enough for a few sentences."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the rules saw.

    Attributes:
        readings: One per sentence of the folded text.
        findings: Every predicate with a target, harmless ones included.
        context: Sentences of title and parent.
    """

    readings: list[Reading]
    findings: list[Finding]
    context: list[Reading] = field(default_factory=list[Reading])


def analyse(
    text: str, language: str, title: str | None = None, parent: str | None = None, *, disguised: bool = False
) -> Analysis:
    """Reads a folded text in a language that has a lexicon.

    Args:
        text: Folded text (`moderator.text.normalize.fold`).
        language: One of `lexicon.LANGUAGES`.
        disguised: Whether folding took a disguise off; then slips of the pen are mended as well.
        title: Folded title; it lends antecedents, never blame.
        parent: Folded comment answered; likewise.
    """
    words = lexicon(language)
    readings = _readings(words, text, disguised=disguised)
    context = [_readings(words, part[:_CONTEXT_CHARACTERS]) for part in (title, parent) if part]
    before = [reading for part in context for reading in part]
    everything = [*readings, *before]
    if not any(info.targetable for reading in everything for info in reading.infos) or not any(
        phrase.kind in TARGETABLE for reading in everything for phrase in reading.phrases
    ):
        return Analysis(readings, [], before)
    leading = False
    for reading in readings:
        reading.find_predicates()
        leading = leading or any(info.predicates for info in reading.infos)
    rules = Rules(words, readings, context)
    found = rules.findings() if leading else []
    if not any(finding.confidence >= SURE and not finding.exclusions for finding in found):
        found += weak_findings(readings, found, rules.targets, rules.discourse, language)
    if language in LEARNED and not any(finding.confidence >= SURE and not finding.exclusions for finding in found):
        found += suspicions(readings, rules.targets, rules.discourse)
    return Analysis(readings, found, before)


def read_sentences(text: str, language: str, *, disguised: bool = False) -> list[Reading]:
    """Reads a folded text's sentences, without looking for blame; arguments as for `analyse`."""
    return _readings(lexicon(language), text, disguised=disguised)


def _readings(words: Lexicon, text: str, *, disguised: bool = False) -> list[Reading]:
    split = sentences(text, words.code, words.spelling)
    if disguised:
        for sentence in split:
            sentence.words = [words.repaired(word) if word[0].isalpha() else word for word in sentence.words]
    return [read(words, sentence) for sentence in split]
