"""Small questions about how a phrase stands in its sentence."""

from __future__ import annotations

from moderator.scoring.blame.nouns import GROUPS, Kind, Phrase
from moderator.scoring.blame.reading import Reading

_REACH = 5
_PRONOUNS = frozenset({Kind.THEY, Kind.YOU})


def in_prepositional(reading: Reading, phrase: Phrase) -> bool:
    """Whether a phrase hangs on a preposition (`from the Danes`), quantifiers such as `all of` not counted."""
    i = phrase.first - 1
    while i >= 0 and phrase.first - i <= _REACH:
        tags = reading.infos[i].tags
        if "preposition" in tags:
            return phrase.kind not in GROUPS | _PRONOUNS or not any(
                match.first <= i <= match.last
                for cue in ("total", "most", "partial")
                for match in reading.cues.get(cue, ())
            )
        if tags and not tags & {"article", "all", "numeral", "people_adj", "partial", "generic", "they"}:
            return False
        if not reading.sentence.words[i][0].isalpha():
            return False
        i -= 1
    return False


def set_aside(reading: Reading, phrase: Phrase) -> bool:
    """`and not merely their ministers`: named only to say that it isn't them alone."""
    return any(phrase.first - _REACH <= cue.last < phrase.first for cue in reading.cues.get("only", ()))


def is_object(reading: Reading, phrase: Phrase) -> bool:
    """Whether a phrase follows a verb directly and so is no subject of a later one."""
    i = phrase.first - 1
    while i >= 0 and reading.infos[i].tags & {"article", "all", "people_adj", "generic"}:
        i -= 1
    if i < 1:
        return False
    word, tags = reading.sentence.words[i], reading.infos[i].tags
    if not word[0].isalpha() or tags & {"relative", "you", "they", "we", "conjunction"}:
        return "object_verb" in tags
    return "object_verb" in tags


def as_a(reading: Reading, phrase: Phrase) -> bool:
    """`as a people`, `as a whole nation`: how the target acts, not another target."""
    before = reading.sentence.words[max(0, phrase.first - 3) : phrase.first]
    return phrase.kind is Kind.COLLECTIVE and any(
        word in {"as", "als", "как", "як", "comme", "en", "como"} for word in before
    )


def joined(reading: Reading, phrase: Phrase) -> bool:
    """Whether `and` follows: one person more makes a plural."""
    after = phrase.last + 1
    return after < len(reading.infos) and bool(reading.infos[after].tags & {"conjunction"})


def numbered(reading: Reading, phrase: Phrase) -> bool:
    """Whether a number stands before a phrase."""
    return any(
        "numeral" in reading.infos[i].tags or reading.sentence.words[i].isdigit()
        for i in range(max(0, phrase.first - 2), phrase.first)
    )


def counted(reading: Reading) -> bool:
    """A sentence that opens with a counted plural that no list has: `Six strangers came`, `Some drunks came`."""
    words = reading.sentence.words
    return any(
        bool(reading.infos[i].tags & {"numeral", "partial"})
        and i + 1 < len(words)
        and words[i + 1][0].isalpha()
        and "preposition" not in reading.infos[i + 1].tags
        for i in range(min(2, len(words)))
    )
