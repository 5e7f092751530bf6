"""The scorer behind the label `collective_blame`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.blame.agreement import agreed, asked
from moderator.scoring.blame.analysis import Analysis, analyse
from moderator.scoring.blame.features import features
from moderator.scoring.blame.glosses import GLOSSED, gloss_file
from moderator.scoring.blame.grading import Verdict, unsettled, verdict
from moderator.scoring.blame.hunch import HUNCH, hunch_features
from moderator.scoring.blame.lexicon import LANGUAGES, data_hash
from moderator.scoring.blame.model import WEIGHTS, shipped
from moderator.scoring.blame.reader_heads import LANGUAGES as READ
from moderator.scoring.blame.reasons import components, exclusions, reason, spans
from moderator.scoring.blame.second_reader import SecondReader, reader_is_here
from moderator.scoring.blame.stems import SHAPE
from moderator.scoring.blame.suspicion import LEARNED
from moderator.text.language import UNKNOWN, detect
from moderator.text.normalize import Change, Folded, fold

VERSION = "1"
_LABELS = frozenset({Label.COLLECTIVE_BLAME})
_DISGUISES = frozenset({Change.HIDDEN, Change.STYLED, Change.SPACED, Change.LOOKALIKE, Change.SIGNED})
_FILES = (*(f"{code}.toml" for code in LANGUAGES), "peoples.tsv", "shared.toml", WEIGHTS, HUNCH)
_GLOSSES = (SHAPE, *map(gloss_file, GLOSSED))


class BlameScorer:
    """Tells blame of a whole group from blame of those who did it, and says how it knows.

    Deterministic, without torch, without anything fetched. Lexicons are read at the first text of their language.

    Args:
        second_reader: Whether the encoder reads beside the rules, where it's there and can run. Without it scoring is
            some times quicker.

    Raises:
        ScoringError: The second reader's files are damaged.
    """

    def __init__(self, *, second_reader: bool = True) -> None:
        self._reader = SecondReader() if second_reader and reader_is_here() else None
        weights = data_hash(_FILES)
        if self._reader is not None:
            weights = data_hash((*_FILES, *_GLOSSES))
            weights = hashlib.sha256(f"{weights}{self._reader.short_hash}".encode()).hexdigest()[: len(weights)]
        self._identity = ScorerId("blame", VERSION, weights)

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
        seen = analyse(folded.text, language, title, parent, disguised=is_disguised(folded))
        judged = self._judged(seen, language)
        explained = BlameExplanation(judged.grade, components(judged.findings), reason(judged), exclusions(judged))
        return ScoreSet(
            self._identity,
            language,
            {Label.COLLECTIVE_BLAME: round(judged.score, 4)},
            spans(judged, seen.readings, folded),
            explained,
        )

    def _judged(self, seen: Analysis, language: str) -> Verdict:
        learned = shipped().probability(features(seen, language))
        if self._reader is not None and language in READ:
            judged = verdict(seen.findings, learned)
            wanted = asked(judged, seen.findings, seen.readings)
            second = wanted and self._reader.read(seen.readings, language, seen.context, wanted)
            return agreed(judged, seen.findings, second, seen.readings)
        built = hunch_features(seen, language) if language in LEARNED and unsettled(seen.findings) else []
        return verdict(seen.findings, learned, shipped(HUNCH).probability(built) if built else None)


def is_disguised(folded: Folded) -> bool:
    """Whether folding took a disguise off a text, and not only odd typography."""
    return bool(folded.changes & _DISGUISES)


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
