"""How much of a group a phrase takes in: all, most, a part, a restricted set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moderator.scoring.blame.nouns import Kind, Phrase
from moderator.scoring.blame.reading import Match, Reading

_COMMA_RELATIVE = frozenset({"ru", "uk", "de"})
_AFTER_REACH = 4
_BEFORE_REACH = 3
_FLOAT_REACH = 5
_NAME_REACH = 6
_THOSE = frozenset(
    {"те", "тех", "тем", "теми", "ті", "тих", "тим", "тими", "jene", "jenen", "diejenigen", "denjenigen"}
)
"""A pointing word that a clause must follow: then the comma opens one, whatever word it begins with."""

_TAKEN_UP = frozenset({"they", "you", "of"})
_SMALL_NUMBER = 3
"""Digits of a number that counts people one by one; larger ones stand for all of them."""


class Scope(StrEnum):
    """What part of a group is meant."""

    TOTAL = "total"
    GENERIC = "generic"
    MOST = "most"
    PART = "part"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Scoped:
    """A phrase with its scope and the quantifier tokens that say so, `()` for a bare generic."""

    phrase: Phrase
    scope: Scope
    quantifiers: tuple[tuple[int, int], ...] = ()


def scoped(reading: Reading, phrase: Phrase, language: str) -> Scoped:
    """Scope of a phrase in its sentence.

    Returns:
        Scope and quantifier tokens; a floating quantifier (`they all`) counts as the phrase's own.
    """
    if _is_part(reading, phrase):
        return Scoped(phrase, Scope.PART)
    total = _adjacent(reading, phrase, "total")
    most = _adjacent(reading, phrase, "most") or _opening(reading, "most", phrase)
    if phrase.type == "membership":
        return Scoped(phrase, Scope.TOTAL, total)
    if _restricted(reading, phrase, language) and phrase.kind not in {Kind.THEY, Kind.YOU}:
        return Scoped(phrase, Scope.RESTRICTED, total)
    if most:
        return Scoped(phrase, Scope.MOST, most)
    floating = [
        (m.first, m.last)
        for m in reading.cues.get("total", ())
        if _floats(m, phrase, reading) and not _used(m, phrase, reading)
    ]
    if total or floating:
        return Scoped(phrase, Scope.TOTAL, _merged([*total, *floating]))
    return Scoped(phrase, Scope.GENERIC)


def _floats(match: Match, phrase: Phrase, reading: Reading) -> bool:
    """Whether a quantifier apart from the phrase can be its own: soon after it (`they all`), or set off by a mark."""
    if 0 < match.first - phrase.last <= _FLOAT_REACH or (match.first <= phrase.last and match.last >= phrase.first):
        return True
    words = reading.sentence.words
    before, after = match.first - 1, match.last + 1
    apart = before < 0 or not words[before][0].isalpha()
    return apart or after >= len(words) or not words[after][0].isalpha() or bool(reading.infos[after].tags & _TAKEN_UP)


def _used(match: Match, phrase: Phrase, reading: Reading) -> bool:
    """Whether a quantifier belongs to another noun than the phrase."""
    if match.first <= phrase.last and match.last >= phrase.first:
        return False
    following = next((other for other in reading.phrases if other.first > match.last), None)
    if following is not None and following is not phrase and following.first - match.last <= 1:
        return following.kind not in {Kind.THEY, Kind.YOU}
    after = match.last + 1
    words = reading.sentence.words
    if match.first < phrase.first or after >= len(words):
        return False
    # `every street`, `all day`: a quantifier right before a plain word that isn't a verb, preposition or mark.
    if match.first == match.last and words[after][0].isalpha() and match.first > phrase.last + 1:
        return not reading.infos[after].tags & {"verb", "preposition", "they", "you", "article", "all", "negation"}
    return False


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    kept: list[tuple[int, int]] = []
    for first, last in sorted(set(ranges)):
        if kept and first <= kept[-1][1] + 1:
            kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
        else:
            kept.append((first, last))
    return tuple(kept)


def _adjacent(reading: Reading, phrase: Phrase, cue: str) -> tuple[tuple[int, int], ...]:
    """Quantifiers that end right before the phrase, articles and adjectives aside, or stand on it."""
    found: list[tuple[int, int]] = []
    for match in reading.cues.get(cue, ()):
        if match.first <= phrase.last and match.last >= phrase.first:
            if match.first < phrase.first:
                found.append((match.first, phrase.first - 1))
            continue
        gap = phrase.first - match.last - 1
        if 0 <= gap <= _BEFORE_REACH and all(_transparent(reading, i) for i in range(match.last + 1, phrase.first)):
            found.append((match.first, match.last))
    return _merged(found)


def _transparent(reading: Reading, i: int) -> bool:
    tags = reading.infos[i].tags
    word = reading.sentence.words[i]
    if not word[0].isalpha():
        return False
    return bool(tags & {"article", "of", "they", "you", "people_adj", "generic", "all"}) or not tags


def _opening(reading: Reading, cue: str, phrase: Phrase) -> tuple[tuple[int, int], ...]:
    """A hedge anywhere in the sentence before or right after the phrase (`By and large, the X`, `the X mostly`)."""
    return _merged(
        [(m.first, m.last) for m in reading.cues.get(cue, ()) if m.last < phrase.first or m.first <= phrase.last + 5]
    )


def _is_part(reading: Reading, phrase: Phrase) -> bool:
    if phrase.kind in {Kind.THEY, Kind.YOU} and reading.has("deixis_nongroup"):
        return True
    totals = [*reading.cues.get("total", ()), *reading.cues.get("most", ())]
    for match in reading.cues.get("partial", ()):
        if any(total.first <= match.last and total.last >= match.first for total in totals):
            continue
        if match.first <= phrase.first and match.last >= phrase.first:
            return True
        gap = phrase.first - match.last - 1
        if 0 <= gap <= _BEFORE_REACH and all(_transparent(reading, i) for i in range(match.last + 1, phrase.first)):
            return True
    return any(
        _counts(reading, phrase, i)
        for i in range(max(0, phrase.first - 3), phrase.first)
        if not any(total.first <= i <= total.last for total in totals)
    )


def _counts(reading: Reading, phrase: Phrase, i: int) -> bool:
    """Whether the word `i` before a phrase counts its people out; `eleven thousand priests` are no handful."""
    if reading.tagged("magnitude", i, phrase.first - 1):
        return False
    if reading.infos[i].tags & {"partial", "numeral"} and all(
        _transparent(reading, j) for j in range(i + 1, phrase.first)
    ):
        return True
    word = reading.sentence.words[i]
    return word.isdigit() and len(word) <= _SMALL_NUMBER and i == phrase.first - 1


def _restricted(reading: Reading, phrase: Phrase, language: str) -> bool:
    """Whether adjective, participle, clause or place narrows a group down to those who did something."""
    infos = reading.infos
    if any("restrict_before" in infos[i].tags for i in range(max(0, phrase.first - 1), phrase.last)):
        return True
    after = phrase.last + 1
    if after >= len(infos):
        return False
    if reading.sentence.words[after] == '"':
        after = _past_name(reading, after)
    if language in _COMMA_RELATIVE:
        if phrase.first and reading.sentence.words[phrase.first - 1] in _THOSE and reading.sentence.words[after] == ",":
            return True
        return _comma_clause(reading, after, language) or _narrow_place(reading, after)
    if "relative" in infos[after].tags:
        return not _sweeping(reading, after)
    return "restrict_after" in infos[after].tags or _late_clause(reading, after) or _narrow_place(reading, after)


def _past_name(reading: Reading, at: int) -> int:
    """The token after a name in quotes (`the fans of "Gull", who`), or `at` where none ends soon."""
    words = reading.sentence.words
    closing = next((i for i in range(at + 1, min(len(words) - 1, at + _NAME_REACH)) if words[i] == '"'), None)
    return at if closing is None else closing + 1


def _comma_clause(reading: Reading, after: int, language: str) -> bool:
    """`die Ärzte, die das taten`: where every relative clause has its comma, the comma tells nothing."""
    infos = reading.infos
    start = after + 1
    if reading.sentence.words[after] != "," or start >= len(infos):
        return False
    if start + 1 < len(infos) and "preposition" in infos[start].tags:
        start += 1
    if not infos[start].tags & {"relative", "restrict_after"} or _sweeping(reading, start):
        return False
    return language != "de" or _verb_final(reading, start)


def _window(reading: Reading, after: int) -> list[int]:
    """The words of a prepositional phrase that opens at `after`, up to a verb or a mark."""
    infos, words = reading.infos, reading.sentence.words
    inside: list[int] = []
    if "preposition" not in infos[after].tags:
        return inside
    for i in range(after, min(len(words), after + _AFTER_REACH + 2)):
        verb = "verb" in infos[i].tags and not infos[i].tags & {"preposition", "relative"}
        if verb or not words[i][0].isalpha():
            break
        inside.append(i)
    return inside


def _late_clause(reading: Reading, after: int) -> bool:
    """`the settlers from the outpost who attacked us`."""
    return any("relative" in reading.infos[i].tags for i in _window(reading, after) if i > after + 1)


def _narrow_place(reading: Reading, after: int) -> bool:
    """`the officers on that shift`, `the members of the board`."""
    inside = _window(reading, after)
    late = next((i for i in inside if i > after + 1 and "relative" in reading.infos[i].tags), len(reading.infos))
    return any("restrict_noun" in reading.infos[i].tags for i in inside if i < late)


def _sweeping(reading: Reading, at: int) -> bool:
    """A relative clause that narrows nothing: `who all cheered`, `that breathes`."""
    return bool(reading.tagged("all", at + 1, at + 2)) or bool(reading.tagged("sweeping", at + 1, at + 3))


def _verb_final(reading: Reading, at: int) -> bool:
    """German: `, die` opens a relative clause, unless a verb follows at once (then it takes the subject up again)."""
    following = at + 1
    return following < len(reading.infos) and "verb" not in reading.infos[following].tags
