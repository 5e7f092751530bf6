"""What a score owes to the name of a group: the name is replaced by others and by a neutral word, and scored again.

A score that falls when only the name changes speaks of the name, not of what is said. English only: in languages that
inflect, a swapped word would have to take its neighbours along.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from moderator.domain.score import Label, merge_scores
from moderator.scoring.base import ScoreRequest
from moderator.scoring.panel import Panel, Verdict

DRIVES = 0.2
"""From this span of scores on, 0..1, the name drives the score. Source: this project, about one band of thresholds."""

_ABOUT_GROUPS = frozenset({Label.COLLECTIVE_BLAME})
"""Labels that need a group by their definition: without one they fall, and that says nothing of any name."""

LANGUAGES = frozenset({None, "und", "en"})
"""Languages whose texts are probed: English, and those that nobody named."""

_FORMS = 3
_SINGULAR, _PLURAL, _ADJECTIVE = range(_FORMS)
_VERBS = r"(?:is|are|was|were|has|have|had|and|or|who|that|will|would|can|do|does|did|in|of|from|to|should|must)\b"


@dataclass(frozen=True, slots=True)
class Term:
    """A group's name in the forms that English has.

    Attributes:
        forms: Singular, plural, adjective.
        neutral: Whether it names no group at all.
    """

    kind: str
    forms: tuple[str, ...]
    neutral: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A group's name in a text: `[start, end)` in code points."""

    start: int
    end: int
    term: Term
    form: int


@dataclass(frozen=True, slots=True)
class Swing:
    """What a label's score does when only the name changes.

    Attributes:
        score: Of the text as it is, 0..1.
        others: The score with each other group's name, by its plural.
        neutral: The score with the neutral word; `None` where it wasn't scored, or where the label needs a group.
    """

    label: Label
    score: float
    others: dict[str, float]
    neutral: float | None

    @property
    def lowest(self) -> float:
        """The lowest score of all wordings, 0..1."""
        return min((self.score, *self.others.values(), *(() if self.neutral is None else (self.neutral,))))

    @property
    def highest(self) -> float:
        """The highest score of all wordings, 0..1."""
        return max((self.score, *self.others.values(), *(() if self.neutral is None else (self.neutral,))))

    @property
    def span(self) -> float:
        """How far the scores of all wordings lie apart, 0..1."""
        return self.highest - self.lowest

    @property
    def is_driven(self) -> bool:
        """Whether the name drives the score."""
        return self.span >= DRIVES

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if not self.is_driven:
            said = f"{self.score:.2f}, {self.lowest:.2f} to {self.highest:.2f} when the group changes"
            return f"{said}: the name hardly matters"
        far = self.lowest if self.score - self.lowest >= self.highest - self.score else self.highest
        return f"{self.score:.2f} -> {far:.2f} when the group changes: the name drives this score"


@dataclass(frozen=True, slots=True)
class Probe:
    """What swapping the name of a group does to a text's scores.

    Attributes:
        name: The name as it stands in the text.
        place: Where it first stands: `[start, end)` in code points.
        swings: One per label, the widest first.
    """

    name: str = field(repr=False)
    place: tuple[int, int]
    swings: tuple[Swing, ...]


def probe(requests: Sequence[ScoreRequest], panel: Panel) -> list[Probe | None]:
    """Scores each text again with the name of its group replaced, all of them in one batch.

    Args:
        requests: Texts.
        panel: Who scores.

    Returns:
        One entry per text: `None` where it names no known group, isn't English, or couldn't be scored.

    Raises:
        ScoringError: The scorer as a whole can't work.
    """
    wordings = [list(_wordings(request)) for request in requests]
    asked = [wording for each in wordings for _, wording in each]
    verdicts = iter(panel.score(asked) if asked else [])
    return [
        _probe(request, [(term, next(verdicts)) for term, _ in each]) if each else None
        for request, each in zip(requests, wordings, strict=True)
    ]


def mentions(text: str) -> list[Mention]:
    """Names of known groups in a text, in its order."""
    known, pattern = _known()
    found: list[Mention] = []
    for match in pattern.finditer(text):
        term, form = known[match.group().lower()]
        if form != _PLURAL and _stands_before_noun(text, match.end()):
            form = _ADJECTIVE
        found.append(Mention(match.start(), match.end(), term, form))
    return found


def _stands_before_noun(text: str, end: int) -> bool:
    return re.match(rf"\s+(?!{_VERBS})[a-z]", text[end : end + 40]) is not None


def _wordings(request: ScoreRequest) -> Iterator[tuple[Term | None, ScoreRequest]]:
    """The text as it is, then with each other name of the same kind for the first group that it names."""
    found = mentions(request.text) if request.language in LANGUAGES else []
    if not found:
        return
    own = found[0].term
    same = [mention for mention in found if mention.term == own]
    yield None, request
    for term in _terms():
        if term.kind == own.kind and term != own:
            yield term, replace(request, text=_swapped(request.text, same, term))


def _swapped(text: str, places: Sequence[Mention], term: Term) -> str:
    pieces: list[str] = []
    done = 0
    for mention in places:
        before, name = text[done : mention.start], text[mention.start : mention.end]
        word = term.forms[mention.form]
        if name.isupper():
            word = word.upper()
        elif name[0].isupper() and _begins_sentence(text, mention.start):
            word = word[0].upper() + word[1:]
        pieces += [_with_article(before, word), word]
        done = mention.end
    return "".join((*pieces, text[done:]))


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in ".!?"


def _with_article(before: str, word: str) -> str:
    return re.sub(
        r"\b([Aa])n?(\s+)$", lambda match: match[1] + ("n" if word[0].lower() in "aeiou" else "") + match[2], before
    )


def _probe(request: ScoreRequest, answers: Sequence[tuple[Term | None, Verdict]]) -> Probe | None:
    (_, first), *rest = answers
    if first.failed:
        return None
    others = [(term, merge_scores(verdict.score_sets)) for term, verdict in rest if term and not verdict.failed]
    swings: list[Swing] = []
    for label, score in merge_scores(first.score_sets).items():
        given = [(term, scores.get(label)) for term, scores in others]
        known = [
            (term, value)
            for term, value in given
            if value is not None and not (term.neutral and label in _ABOUT_GROUPS)
        ]
        if score is None or not known:
            continue
        named = {term.forms[_PLURAL]: value for term, value in known if not term.neutral}
        neutral = next((value for term, value in known if term.neutral), None)
        swings.append(Swing(label, score, named, neutral))
    swings.sort(key=lambda swing: -swing.span)
    mention = mentions(request.text)[0]
    place = (mention.start, mention.end)
    return Probe(request.text[slice(*place)], place, tuple(swings))


@cache
def _terms() -> tuple[Term, ...]:
    kinds = tomllib.loads(Path(__file__).with_name("identity_terms.toml").read_text(encoding="utf-8"))
    return tuple(
        term
        for kind, listed in kinds.items()
        for term in (
            *(Term(kind, tuple(forms)) for forms in listed["groups"]),
            Term(kind, tuple(listed["neutral"]), neutral=True),
        )
    )


@cache
def _known() -> tuple[dict[str, tuple[Term, int]], re.Pattern[str]]:
    known: dict[str, tuple[Term, int]] = {}
    for term in _terms():
        if not term.neutral:
            for form, word in enumerate(term.forms):
                known.setdefault(word.lower(), (term, form))
    longest_first = sorted(known, key=len, reverse=True)
    return known, re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
