"""The second look at a sentence whose wording no phrase has: what kind of sentence it is, told without its words.

Rules know phrases; new wording has none. What stays is how such sentences are built: a whole group as subject, an
emphatic totality, no number, no clause that narrows, words of stain, debt or rope near by. These features say that,
the same in each language, so that what was learned from sentences in one language holds in the others.
"""

from __future__ import annotations

from collections import Counter

from moderator.scoring.blame.analysis import Analysis
from moderator.scoring.blame.features import lead_finding
from moderator.scoring.blame.nouns import GROUPS, Kind
from moderator.scoring.blame.reading import Reading
from moderator.scoring.blame.scope import scoped

HUNCH = "hunch.json"
"""Name of the weights among the data files."""

_TAGS = ("negation", "numeral", "restrict_after", "restrict_before", "relative", "you", "we", "they", "article", "each")
_TARGETS = GROUPS | {Kind.THEY, Kind.YOU}
_MASKED = GROUPS | {Kind.ADJECTIVE, Kind.INDIVIDUAL}
_SENTENCES = 6
_STEM = 5
_MARKS = {
    ":": "colon",
    "—": "dash",
    "-": "dash",
    "\u2013": "dash",
    '"': "quote",
    "«": "quote",
    "%": "percent",
    "(": "aside",
}
_LENGTHS = (5, 9, 14, 20, 30, 45, 70)


def hunch_features(analysis: Analysis, language: str) -> list[str]:
    """Names of the features of a text, for the weights in `hunch.json`.

    Args:
        analysis: What the rules saw.
        language: Only words are told apart by it; all else is the same in every language.

    Returns:
        Sorted, each at most once; empty where nobody is there to be blamed.
    """
    lead = lead_finding(analysis.findings)
    if lead is None:
        return []
    counts: Counter[str] = Counter()
    readings = analysis.readings[:_SENTENCES]
    for reading in readings:
        _count(reading, language, counts)
    counts["sentences"] = min(4, len(analysis.readings))
    for finding in analysis.findings:
        counts[f"found={not finding.exclusions}"] = 1
        for name in finding.exclusions:
            counts[f"exclusion={name.split(':')[0]}"] = 1
    own = analysis.readings[lead.place]
    phrase = lead.target.phrase
    names = {f"{name}>={level}" for name, count in counts.items() for level in range(1, min(3, count) + 1)}
    names.update(f"lead {tag}" for info in own.infos for tag in info.fields)
    names.update(f"lead cue={cue}" for cue in own.cues)
    names.add(f"lead scope={lead.scope}")
    names.add(f"lead target={phrase.kind if phrase else 'none'}")
    names.add(f"lead type={phrase.type if phrase else 'none'}")
    if phrase is not None:
        names.add(f"lead opens={phrase.first < 2}")  # noqa: PLR2004 - first or second word
        names.add(f"lead plural={phrase.plural}")
    # A name of three words mustn't make a longer text than a name of one.
    total = sum(
        len(reading.infos) - sum(phrase.last - phrase.first for phrase in reading.phrases)
        for reading in analysis.readings
    )
    names.update(f"words>={length}" for length in _LENGTHS if total >= length)
    return sorted(names)


def _count(reading: Reading, language: str, counts: Counter[str]) -> None:
    sentence = reading.sentence
    counts.update(f"cue={cue}" for cue in reading.cues)
    counts[f"end={sentence.end}"] += 1
    for info in reading.infos:
        counts.update(info.fields)
        counts.update(f"tag={tag}" for tag in _TAGS if tag in info.tags)
    for word in sentence.words:
        if word.isdigit():
            counts["digits"] += 1
        elif word in _MARKS:
            counts[f"mark={_MARKS[word]}"] += 1
    if any(sentence.quoted):
        counts["quoted"] += 1
    words = list(sentence.words)
    for phrase in reading.phrases:
        counts[f"kind={phrase.kind}"] += 1
        if phrase.kind in _TARGETS:
            counts[f"scope={scoped(reading, phrase, language).scope}"] += 1
        if phrase.kind in _MASKED:
            words[phrase.first : phrase.last + 1] = [""] * (phrase.last - phrase.first + 1)
    counts.update(f"{language}:{word[:_STEM]}" for word in set(words) if word and word[0].isalpha())
    for match in reading.predicates:
        counts[f"predicate={match.pattern.kind}"] += 1
