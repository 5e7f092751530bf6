"""The scores of everything that waits, as one array: what thresholds are tried out on."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sqlalchemy import Connection, CursorResult, and_, or_, select

from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage.columns import ARTICLE, COMMENT, SCORESET
from moderator.storage.conditions import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

_C = COMMENT.c
_LABELS = tuple(Label)
_CHUNK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class WaitingScores:
    """Scores of the comments that wait.

    Attributes:
        scores: Probability 0..1, one row per comment and one column per label in the order of `Label`; NaN where nobody
            judged. Shape `(comments, labels)`.
        sections: Section of the site of each comment.
    """

    scores: NDArray[np.float64]
    sections: tuple[str, ...]


def waiting_scores(conn: Connection, now_ms: int) -> WaitingScores:
    """The scores of everything that waits, merged as `merge_scores` does: of several numbers for a label the latest."""
    waits = or_(*streams(conn, QueueQuery(), now_ms))
    listed = select(_C.id, ARTICLE.c.section).join(ARTICLE, ARTICLE.c.id == _C.article_id).where(waits).order_by(_C.id)
    ids, sections = array("q"), list[str]()
    known: dict[str, str] = {}
    for comment_id, section in conn.execute(listed):
        ids.append(comment_id)
        sections.append(known.setdefault(section, section))
    scores = np.full((len(ids), len(_LABELS)), np.nan)
    place = np.frombuffer(ids, dtype=np.int64) if ids else np.empty(0, dtype=np.int64)
    said = (
        select(SCORESET.c.comment_id, *(SCORESET.c[label.value] for label in _LABELS))
        .join(COMMENT, and_(_C.id == SCORESET.c.comment_id, _C.revision == SCORESET.c.revision))
        .where(waits)
        .order_by(SCORESET.c.scored_at_ms, SCORESET.c.id)
    )
    result = cast("CursorResult[Any]", conn.execute(said))
    with result:
        while chunk := result.fetchmany(_CHUNK):
            _put(scores, place, np.array([tuple(row) for row in chunk], dtype=np.float64))
    return WaitingScores(scores, tuple(sections))


def _put(scores: NDArray[np.float64], place: NDArray[np.int64], said: NDArray[np.float64]) -> None:
    at = np.searchsorted(place, said[:, 0].astype(np.int64))
    for column in range(scores.shape[1]):
        told = said[:, column + 1]
        known = ~np.isnan(told)
        # Of several values for one place, numpy keeps the last: the latest scorer's.
        scores[at[known], column] = told[known]
