"""What surrounds a predicate and takes it back: quotes, questions, conditions, negation, counter-speech, play."""

from __future__ import annotations

from functools import cached_property

from moderator.scoring.blame.nouns import GROUPS, Kind, Phrase
from moderator.scoring.blame.patterns import Pattern
from moderator.scoring.blame.reading import Match, Reading
from moderator.scoring.blame.scope import Scope

_IRONIC = Pattern("SIL", "T", 1.0, 2, "", frozenset(), frozenset())
_HARMLESS_SPORT = 2
_NEAR = 5
_CONCORD = frozenset({"ru", "uk", "fr", "es"})
"""Languages where a second negation strengthens the first."""

_WHAT_FOR = frozenset({"for", "für", "pour", "por", "за"})
"""After a good wish, what makes it mockery: `a medal for looking away`."""

_DESERVING = frozenset({"PUN", "DES"})
_FRAGMENT = 7
_LATE = 2


class Discourse:
    """Cues of one text: what holds in a sentence and what holds around it."""

    def __init__(self, readings: list[Reading], context: list[list[Reading]], language: str) -> None:
        self.readings = readings
        self.language = language
        self.everything = [*readings, *(reading for part in context for reading in part)]
        words = sum(len(reading.infos) for reading in readings)
        quoted = sum(sum(reading.sentence.quoted) for reading in readings)
        self.all_quoted = words > 0 and quoted >= words - 1

    @cached_property
    def sport(self) -> int:
        """How many signs of sport, games or a round of drinks there are."""
        return sum(len(reading.cues.get("sport", ())) for reading in self.everything)

    @cached_property
    def harm(self) -> bool:
        """Whether anybody came to harm, which no banter outweighs."""
        return any(reading.has("real_harm") for reading in self.everything)

    def exclusions(self, place: int, match: Match, phrase: Phrase | None, scope: Scope) -> list[str]:
        """Names of what makes a predicate harmless."""
        reading = self.readings[place]
        checks = (
            ("quotation or report", self._reported(place, reading, match, phrase)),
            ("speaks against blame", self._countered(place, reading)),
            ("negated", self._negated(reading, match, phrase)),
            ("question", self._asked(place, reading, match)),
            ("hypothetical", self._supposed(reading, match)),
            ("the author's own group", self._own(place, reading, phrase)),
            ("play or banter", self._played(reading)),
            ("rule or duty for all", self._regulated(reading, match)),
            ("statistics or description", self._counted(reading, match)),
            ("legal or between states", self._legal(reading, match, scope)),
            ("a good wish", match.pattern.kind in _DESERVING and _overlapping(good_wishes(reading), match)),
        )
        return [name for name, holds in checks if holds]

    def ironic(self, place: int) -> list[Match]:
        """Mock ignorance: `oh sure, not one of them noticed anything`."""
        reading = self.readings[place]
        if not any(info.predicates for info in reading.infos) or not reading.has("ignorance"):
            return []
        near = [self.readings[i] for i in range(max(0, place - 1), min(len(self.readings), place + 2))]
        if not any(other.has("irony") for other in near):
            return []
        found = reading.cues["ignorance"][0]
        return [Match(_IRONIC, found.first, found.last, ((found.first, found.last),))]

    def _reported(self, place: int, reading: Reading, match: Match, phrase: Phrase | None) -> bool:
        if self._endorsed(place) or reading.has("brushed"):
            return False
        quoted = reading.sentence.quoted
        inside = quoted[match.first] and quoted[match.last] and not self.all_quoted
        if inside and self._quote_length(quoted, match) > 2:  # noqa: PLR2004 - one or two words are scare quotes
            return True
        start = match.first if phrase is None else min(match.first, phrase.first)
        for report in reading.cues.get("report", ()):
            if report.last >= start:
                continue
            if not any(
                own.first <= report.last and own.last >= report.first for own in reading.cues.get("report_own", ())
            ):
                return True
        return False

    def _quote_length(self, quoted: list[bool], match: Match) -> int:
        first, last = match.first, match.last
        while first > 0 and quoted[first - 1]:
            first -= 1
        while last + 1 < len(quoted) and quoted[last + 1]:
            last += 1
        return last - first - 1

    def _endorsed(self, place: int) -> bool:
        near = self.readings[max(0, place - 1) : place + 3]
        return any(reading.has("endorse") for reading in near) and not any(reading.has("counter") for reading in near)

    def _countered(self, place: int, reading: Reading) -> bool:
        if reading.has("counter") and not reading.has("brushed"):
            return True
        following = self.readings[place + 1] if place + 1 < len(self.readings) else None
        if following is not None and following.before("rejection", 3):
            return True
        earlier = self.readings[place - 1] if place else None
        return earlier is not None and earlier.has("frame_against")

    def _negated(self, reading: Reading, match: Match, phrase: Phrase | None) -> bool:
        # Who doesn't deserve peace is denied it: that takes nothing back.
        denied = match.pattern.kind in _DESERVING and _overlapping(reading.cues.get("wished", []), match)
        if match.pattern is _IRONIC or denied:
            return False
        only = (*reading.cues.get("only", ()), *(m for m in reading.cues.get("total", ()) if m.last > m.first))
        own = match.pattern.negative or match.pattern.kind == "INN"
        last = match.first - 1 if own else match.last + self._negation_after(reading, match)
        start = phrase.last + 1 if phrase is not None and phrase.last < match.first else max(0, match.first - _NEAR)
        if match.pattern.side in {"R", "T"}:
            start = max(0, match.first - 3)
        count = sum(
            start <= negator.first
            and negator.last <= last
            and not any(o.first <= negator.first <= o.last for o in only)
            for negator in reading.cues.get("negator", ())
        )
        if not own and phrase is None:
            count += any(none.last < match.first for none in reading.cues.get("none_of", ()))
        if not own and phrase is not None and phrase.last < match.first:
            count += any(
                phrase.first - 5 <= none.first and none.last <= phrase.last for none in reading.cues.get("none_of", ())
            )
        return count > 0 if self.language in _CONCORD else count % 2 == 1

    def _negation_after(self, reading: Reading, match: Match) -> int:
        """German: how many words after a verb its negation may stand (`sie verdienen es nicht`)."""
        words = reading.sentence.words
        after = next((i for i in range(match.last + 1, len(words)) if not words[i][0].isalpha()), len(words))
        return min(_LATE, after - match.last - 1) if self.language == "de" else 0

    def _asked(self, place: int, reading: Reading, match: Match) -> bool:
        if reading.sentence.end != "?" or "\\?" in match.pattern.source:
            return False
        if match.pattern.kind == "INN" and len(reading.infos) <= _FRAGMENT and place + 1 < len(self.readings):
            return False
        if match.pattern is _IRONIC or reading.has("rhetorical") or reading.has("irony"):
            return False
        words = reading.sentence.words
        # `Innocent Danes? Please.`: what follows the mark answers it.
        inner = [i for i, word in enumerate(words) if word == "?"]
        return not inner or match.first <= inner[-1]

    def _supposed(self, reading: Reading, match: Match) -> bool:
        if reading.has("reductio"):
            return True
        if match.pattern.kind == "ASC":
            return False
        allowed = reading.cues.get("asserting", ())
        drawn = max((cue.first for cue in reading.cues.get("therefore", ()) if cue.first <= match.first), default=-1)
        return any(
            drawn < cue.first <= match.last and not any(a.first <= cue.first <= a.last for a in allowed)
            for cue in reading.cues.get("hypothetical", ())
        )

    def _own(self, place: int, reading: Reading, phrase: Phrase | None) -> bool:
        if phrase is not None and phrase.kind is Kind.WE:
            return True
        if (
            phrase is not None
            and phrase.kind in GROUPS
            and any(cue.first <= phrase.first <= cue.last + 1 for cue in reading.cues.get("we", ()))
        ):
            return True
        return any(other.has("own_group") for other in self.readings[max(0, place - 2) : place + 1])

    def _played(self, reading: Reading) -> bool:
        if reading.has("game_debt") and not self.harm:
            return True
        if self.sport and not self.harm and any(other.has("game_debt") for other in self.readings):
            return True
        return self.sport >= _HARMLESS_SPORT and not self.harm

    def _regulated(self, reading: Reading, match: Match) -> bool:
        if match.pattern.kind not in {"PUN", "ACT"}:
            return False
        return reading.has("fee")

    def _counted(self, reading: Reading, match: Match) -> bool:
        return reading.has("statistics") and match.pattern.kind != "PUN"

    def _legal(self, reading: Reading, match: Match, scope: Scope) -> bool:
        if scope is Scope.TOTAL or not reading.has("legal"):
            return False
        return match.pattern.weight < 1 or reading.has("treaty")


def good_wishes(reading: Reading) -> list[Match]:
    """What good a group is said to deserve in a sentence, unless it's denied or mocked: `all of them deserve peace`."""
    if reading.has("negator") or reading.has("none_of"):
        return []
    words = reading.sentence.words
    return [
        match
        for match in reading.cues.get("wished", ())
        if not _WHAT_FOR.intersection(words[match.last + 1 : match.last + 2])
    ]


def _overlapping(wishes: list[Match], match: Match) -> bool:
    return any(wish.first <= match.last and match.first <= wish.last for wish in wishes)
