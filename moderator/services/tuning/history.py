"""The past that thresholds are measured on: scores of one scorer per label, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from moderator.domain.score import Label, ScorerId
from moderator.errors import ConfigError
from moderator.storage.engine import Database
from moderator.storage.history_rows import PastComments, StoredScorer, past_comments, said_scores, stored_scorers
from moderator.storage.score_matrix import LABELS, Place, ScoredComments

if TYPE_CHECKING:
    from numpy.typing import NDArray

REJECTED, APPROVED, UNKNOWN = 1, 0, -1

ASSUMED_SECONDS = 20.0
"""What a look at a comment takes where nobody's was ever measured."""

_LONGEST_LOOK_S = 300.0
"""Longer than this a comment wasn't looked at: somebody had left their chair."""

_FEWEST_LOOKS = 20
_DAY_MS = 86_400_000
_NAMES = frozenset({"sections", "sources", "languages"})
_BY_ROW = tuple(one.name for one in fields(PastComments) if one.name not in _NAMES)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Comments that don't count, because their scores are of another scorer.

    Attributes:
        comments: How many.
        scorers: Scorers whose scores were left out.
    """

    comments: int = 0
    scorers: tuple[ScorerId, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Scored comments of the past.

    Attributes:
        comments: Their scores, sections and numbers.
        past: Where they stood and what people decided, row by row the same comments.
        scorer_of: Whose scores each label has.
        left_out: What was left out so that no curve mixes two versions of a scorer.
    """

    comments: ScoredComments
    past: PastComments
    scorer_of: Mapping[Label, ScorerId]
    left_out: LeftOut = LeftOut()

    def __len__(self) -> int:
        return len(self.comments)

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Comments that a person approved or rejected."""
        return self.past.outcome != UNKNOWN

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Comments that a person rejected."""
        return self.past.outcome == REJECTED

    @property
    def days(self) -> float:
        """How many days the comments span, at least one."""
        if not len(self):
            return 1.0
        return max(float(self.past.posted_at_ms.max() - self.past.posted_at_ms.min()) / _DAY_MS, 1.0)

    def seconds_per_look(self) -> tuple[float, bool]:
        """How long people look at a comment on average, in seconds, and whether that was measured."""
        known = self.past.seconds_open[~np.isnan(self.past.seconds_open) & ~self.past.batch]
        if len(known) < _FEWEST_LOOKS:
            return ASSUMED_SECONDS, False
        return float(np.minimum(known, _LONGEST_LOOK_S).mean()), True

    def take(self, rows: NDArray[np.bool_]) -> History:
        """Some of the comments."""
        return replace(self, comments=self.comments.take(rows), past=taken(self.past, rows))


def taken(past: PastComments, rows: NDArray[np.bool_]) -> PastComments:
    """Some rows of the past."""
    values: dict[str, Any] = {name: getattr(past, name)[rows] for name in _BY_ROW}
    return replace(past, **values)


def places_of(past: PastComments) -> tuple[NDArray[np.int32], tuple[Place, ...]]:
    """Where each comment stands, as an index into the different places, and these."""
    parts = (past.section_of, past.source_of, past.language_of)
    names = (past.sections, past.sources, past.languages)
    sizes = tuple(max(len(each), 1) for each in names)
    found, place_of = np.unique(np.ravel_multi_index(parts, sizes), return_inverse=True)
    codes = np.stack(np.unravel_index(found, sizes), axis=1)
    places = tuple(Place(*(name[code] for name, code in zip(names, row, strict=True))) for row in codes)
    return place_of.astype(np.int32), places


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the past, and whose scores.

    Attributes:
        scorers: As `NAME`, `NAME@VERSION` or `NAME@VERSION@HASH`; without any, each label's newest.
        since_ms: Comments posted from then on, UTC milliseconds.
        until_ms: Comments posted before then.
    """

    scorers: Sequence[str] = ()
    since_ms: int | None = None
    until_ms: int | None = None


EVERYTHING = Wanted()
"""All of the past, by each label's newest scorer."""


def load_history(db: Database, wanted: Wanted = EVERYTHING) -> History:
    """Reads the past.

    A comment counts if each of its scores is by the scorer that was chosen for the label. One that has a score by
    another, and none by the chosen one, is left out as a whole: its route would be a mixture.

    Args:
        db: The database.
        wanted: Which part of it.

    Raises:
        ConfigError: No stored scorer has such a name, or several have.
        StorageError: The database failed.
    """
    with db.read() as conn:
        stored = stored_scorers(conn)
        scorer_of = choose_scorers(stored, wanted.scorers)
        chosen = tuple(dict.fromkeys(scorer_of.values()))
        past = past_comments(conn, wanted.since_ms, wanted.until_ms)
        said = said_scores(conn, past, chosen)
    scores = np.full((len(past.ids), len(LABELS)), np.nan, order="F")
    foreign = np.zeros(len(past.ids), dtype=np.bool_)
    for at, label in enumerate(LABELS):
        owner = scorer_of.get(label)
        if owner is not None:
            scores[:, at] = said.scores[owner][:, at]
        spoke = np.zeros(len(past.ids), dtype=np.bool_) if owner is None else said.spoke[owner]
        foreign |= said.others[:, at] & ~spoke
    spoken = np.zeros(len(past.ids), dtype=np.bool_)
    for each in said.spoke.values():
        spoken |= each
    others = tuple(one.scorer for one in stored if one.scorer not in chosen)
    left_out = LeftOut(int(np.count_nonzero(foreign)), others if foreign.any() else ())
    comments = ScoredComments(past.ids, scores, *places_of(past), past.failed)
    return History(comments, past, scorer_of, left_out).take(spoken & ~foreign)


def choose_scorers(stored: Sequence[StoredScorer], wanted: Sequence[str]) -> dict[Label, ScorerId]:
    """Whose scores each label has: a named scorer's, else the newest's.

    Args:
        stored: All that have spoken, the newest first.
        wanted: Names as `find_scorer` takes them; an earlier one stands over a later one.

    Raises:
        ConfigError: No stored scorer has such a name, or several have.
    """
    order = [*(find_scorer(stored, name) for name in wanted), *stored]
    found: dict[Label, ScorerId] = {}
    for label in LABELS:
        owner = next((one.scorer for one in order if label in one.labels), None)
        if owner is not None:
            found[label] = owner
    return found


def scorer_name(scorer: ScorerId) -> str:
    """A scorer as it is named on the command line: `embedded@1.0.0`."""
    return f"{scorer.name}@{scorer.version}"


def find_scorer(stored: Sequence[StoredScorer], name: str) -> StoredScorer:
    """The stored scorer with a name.

    Args:
        stored: All that have spoken, the newest first.
        name: `NAME`, which is its newest version, `NAME@VERSION`, or `NAME@VERSION@HASH` with the hash's beginning.

    Raises:
        ConfigError: There is none, or there are several that differ in their weights.
    """
    parts = [*name.split("@"), "", ""][:3]
    found = [
        one
        for one in stored
        if one.scorer.name == parts[0]
        and (not parts[1] or one.scorer.version == parts[1])
        and one.scorer.weights_hash.startswith(parts[2])
    ]
    if not found:
        known = ", ".join(dict.fromkeys(scorer_name(one.scorer) for one in stored)) or "none at all"
        raise ConfigError(
            "no score in the database is of the scorer that you named",
            code="tune.scorer",
            hint=f"There are scores of: {known}.",
        )
    if parts[1] and len(found) > 1:
        hint = "Say which: " + ", ".join(f"{scorer_name(one.scorer)}@{one.scorer.weights_hash}" for one in found)
        raise ConfigError("several scorers of that version differ in their weights", code="tune.scorer", hint=hint)
    return found[0]
