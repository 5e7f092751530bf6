"""Comments' scores as arrays: what thresholds are tried out on."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast

import numpy as np
from sqlalchemy import Connection, CursorResult, and_, or_, select

from moderator.domain.comment import ScoringState
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage.columns import ARTICLE, COMMENT, SCORESET
from moderator.storage.conditions import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

_C = COMMENT.c
LABELS = tuple(Label)
"""Labels in the order of the columns of every array of scores."""

CHUNK = 20_000
"""Rows that are turned into an array at once."""


class Place(NamedTuple):
    """Where a comment stands: what thresholds may differ by. An unknown language is empty."""

    section: str = ""
    source: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredComments:
    """Comments with all that the policy asks of them. One row per comment, in the order of their numbers.

    Attributes:
        ids: Their numbers, shape `(comments,)`.
        scores: Probability 0..1, one column per label in the order of `LABELS`; NaN where nobody judged. Shape
            `(comments, labels)`, a label's scores side by side in memory.
        place_of: Index into `places`, shape `(comments,)`.
        places: Where comments stand.
        failed: Whether scoring it failed: it's never "nothing found". Shape `(comments,)`.
        listed: Version of word lists to what they make of each comment: 0 nothing, 1 a look, 2 a look first. Shape
            `(comments,)` each.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    place_of: NDArray[np.int32]
    places: tuple[Place, ...]
    failed: NDArray[np.bool_]
    listed: Mapping[str, NDArray[np.int8]] = field(default_factory=dict[str, "NDArray[np.int8]"])

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float64],
        places: Sequence[Place],
        *,
        ids: NDArray[np.int64] | None = None,
        failed: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Comments by their scores, shape `(comments, labels)`, and where each one stands."""
        count = len(places)
        numbers = np.arange(1, count + 1, dtype=np.int64) if ids is None else ids
        none_failed = np.zeros(count, dtype=np.bool_) if failed is None else failed
        return cls(numbers, np.asfortranarray(scores), *coded(places), none_failed)

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Some of them."""
        scores = np.asfortranarray(self.scores[rows])
        listed = {version: routes[rows] for version, routes in self.listed.items()}
        return type(self)(self.ids[rows], scores, self.place_of[rows], self.places, self.failed[rows], listed)


def coded(names: Sequence[T]) -> tuple[NDArray[np.int32], tuple[T, ...]]:
    """Names as indexes into the different ones, in the order in which they first came."""
    known: dict[T, int] = {}
    codes = np.fromiter((known.setdefault(name, len(known)) for name in names), dtype=np.int32, count=len(names))
    return codes, tuple(known)


def waiting_scores(conn: Connection, now_ms: int) -> ScoredComments:
    """The scores of everything that waits, merged as `merge_scores` does: of several numbers for a label the latest."""
    waits = or_(*streams(conn, QueueQuery(), now_ms))
    listed = (
        select(_C.id, ARTICLE.c.section, _C.source, _C.language, _C.scoring)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .where(waits)
        .order_by(_C.id)
    )
    ids, failed, places = array("q"), list[bool](), list[Place]()
    for comment_id, section, source, language, scoring in conn.execute(listed):
        ids.append(comment_id)
        places.append(Place(section, source, language or ""))
        failed.append(scoring == ScoringState.FAILED.value)
    place = np.frombuffer(ids, dtype=np.int64) if ids else np.empty(0, dtype=np.int64)
    scores = np.full((len(ids), len(LABELS)), np.nan, order="F")
    said = (
        select(SCORESET.c.comment_id, *(SCORESET.c[label.value] for label in LABELS))
        .join(COMMENT, and_(_C.id == SCORESET.c.comment_id, _C.revision == SCORESET.c.revision))
        .where(waits)
        .order_by(SCORESET.c.scored_at_ms, SCORESET.c.id)
    )
    result = cast("CursorResult[Any]", conn.execute(said))
    with result:
        while chunk := result.fetchmany(CHUNK):
            _put(scores, place, np.array([tuple(row) for row in chunk], dtype=np.float64))
    return ScoredComments.of(scores, places, ids=place, failed=np.array(failed, dtype=np.bool_))


def _put(scores: NDArray[np.float64], place: NDArray[np.int64], said: NDArray[np.float64]) -> None:
    at = np.searchsorted(place, said[:, 0].astype(np.int64))
    for column in range(scores.shape[1]):
        told = said[:, column + 1]
        known = ~np.isnan(told)
        # Of several values for one place, numpy keeps the last: the latest scorer's.
        scores[at[known], column] = told[known]
