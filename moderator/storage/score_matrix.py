"""Comments' scores as arrays: what thresholds are tried out on."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast

import numpy as np
from sqlalchemy import Connection, CursorResult, Executable, and_, select

from moderator.domain.comment import ScoringState
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage.columns import ARTICLE, COMMENT, SCORESET
from moderator.storage.conditions import any_stream

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
    # Through the tables in the order in which they lie: what waits is most of them, or few enough either way.
    waits = any_stream(conn, QueueQuery(), now_ms)
    listed = (
        select(_C.id, ARTICLE.c.section, _C.source, _C.language, _C.scoring)
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .where(waits)
        .order_by(_C.id)
    )
    ids, failed, places = array("q"), list[bool](), list[Place]()
    failure = ScoringState.FAILED.value
    for chunk in _chunks(conn, listed):
        ids.extend(row[0] for row in chunk)
        places.extend(Place(section, source, language or "") for _, section, source, language, _ in chunk)
        failed.extend(row[4] == failure for row in chunk)
    place = np.frombuffer(ids, dtype=np.int64) if ids else np.empty(0, dtype=np.int64)
    scores = np.full((len(ids), len(LABELS)), np.nan, order="F")
    told_ms = np.zeros(scores.shape, dtype=np.int64, order="F")
    said = (
        select(
            SCORESET.c.comment_id,
            SCORESET.c.scored_at_ms,
            SCORESET.c.id,
            *(SCORESET.c[label.value] for label in LABELS),
        )
        .join(COMMENT, and_(_C.id == SCORESET.c.comment_id, _C.revision == SCORESET.c.revision))
        .where(waits)
    )
    for chunk in _chunks(conn, said):
        _put(scores, told_ms, place, np.array([tuple(row) for row in chunk], dtype=np.float64))
    return ScoredComments.of(scores, places, ids=place, failed=np.array(failed, dtype=np.bool_))


def _chunks(conn: Connection, statement: Executable) -> Iterator[Sequence[Sequence[Any]]]:
    with cast("CursorResult[Any]", conn.execute(statement)) as result:
        while chunk := result.fetchmany(CHUNK):
            yield chunk


def _put(
    scores: NDArray[np.float64], told_ms: NDArray[np.int64], place: NDArray[np.int64], said: NDArray[np.float64]
) -> None:
    """Fills in what was said, in whichever order it comes: of several values for a label the latest stands."""
    # Of several values for one place, numpy keeps the last. Milliseconds since 1970 are whole numbers in a float.
    said = said[np.lexsort((said[:, 2], said[:, 1]))]
    at, when_ms = np.searchsorted(place, said[:, 0].astype(np.int64)), said[:, 1].astype(np.int64)
    for column in range(scores.shape[1]):
        told = said[:, column + 3]
        known = ~np.isnan(told) & (when_ms >= told_ms[at, column])
        scores[at[known], column] = told[known]
        told_ms[at[known], column] = when_ms[known]
