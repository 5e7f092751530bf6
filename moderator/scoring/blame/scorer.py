"""The scorer behind the label `collective_blame`."""

from __future__ import annotations

from collections.abc import Sequence

from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.blame.analysis import analyse
from moderator.scoring.blame.features import features
from moderator.scoring.blame.grading import verdict
from moderator.scoring.blame.hunch import HUNCH, hunch_features
from moderator.scoring.blame.lexicon import LANGUAGES, data_hash
from moderator.scoring.blame.model import WEIGHTS, shipped
from moderator.scoring.blame.reasons import components, exclusions, reason, spans
from moderator.scoring.blame.suspicion import LEARNED
from moderator.text.language import UNKNOWN, detect
from moderator.text.normalize import Change, fold

VERSION = "1"
_LABELS = frozenset({Label.COLLECTIVE_BLAME})
_DISGUISES = frozenset({Change.HIDDEN, Change.STYLED, Change.SPACED, Change.LOOKALIKE, Change.SIGNED})
_FILES = (*(f"{code}.toml" for code in LANGUAGES), "peoples.tsv", "shared.toml", WEIGHTS, HUNCH)


class BlameScorer:
    """Tells blame of a whole group from blame of those who did it, and says how it knows.

    Deterministic, without torch, without a network. Lexicons are read at the first text of their language.
    """

    def __init__(self) -> None:
        self._identity = ScorerId("blame", VERSION, data_hash(_FILES))

    @property
    def identity(self) -> ScorerId:
        """Name, version and a hash over lexicons and weights."""
        return self._identity

    @property
    def labels(self) -> frozenset[Label]:
        """Only `collective_blame`."""
        return _LABELS

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch; title and parent lend antecedents for pronouns.

        Returns:
            One set per request. The score is `None`, with the reason `not scored`, in a language without a lexicon.
        """
        return [self._one(request) for request in requests]

    def _one(self, request: ScoreRequest) -> ScoreSet:
        language = language_of(request)
        if language not in LANGUAGES:
            explained = BlameExplanation(0, (), f"not scored: no lexicon for language {language}")
            return ScoreSet(self._identity, language, {Label.COLLECTIVE_BLAME: None}, blame=explained)
        folded = fold(request.text)
        title, parent = (fold(part).text if part else None for part in (request.title, request.parent))
        seen = analyse(folded.text, language, title, parent, disguised=bool(folded.changes & _DISGUISES))
        learned = shipped().probability(features(seen, language))
        built = hunch_features(seen, language) if language in LEARNED else []
        judged = verdict(seen.findings, learned, shipped(HUNCH).probability(built) if built else None)
        explained = BlameExplanation(judged.grade, components(judged.findings), reason(judged), exclusions(judged))
        return ScoreSet(
            self._identity,
            language,
            {Label.COLLECTIVE_BLAME: round(judged.score, 4)},
            spans(judged, seen.readings, folded),
            explained,
        )


def language_of(request: ScoreRequest) -> str:
    """The language to score a text as: what the caller says, else what the text, its title or its parent tell.

    Returns:
        ISO 639-1 code, `und` where nothing tells.
    """
    if request.language:
        return request.language.lower().replace("_", "-").split("-")[0]
    for part in (request.text, request.title, request.parent):
        if part and (code := detect(part).code) != UNKNOWN:
            return code
    return UNKNOWN
