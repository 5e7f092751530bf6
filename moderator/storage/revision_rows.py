"""The texts of a comment, as they followed each other."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from moderator.domain.comment import Revision
from moderator.domain.score import Label
from moderator.storage.columns import REVISION, SCORESET

_R = REVISION.c
_S = SCORESET.c


def revisions(conn: Connection, comment_id: int) -> tuple[Revision, ...]:
    """Every text of a comment, the first one first; empty for an unknown comment."""
    scores: defaultdict[int, dict[Label, float]] = defaultdict(dict)
    said = select(_S.revision, *(_S[label.value] for label in Label)).where(_S.comment_id == comment_id)
    for number, *values in conn.execute(said):
        for label, score in zip(Label, values, strict=True):
            if score is not None:
                scores[number][label] = max(score, scores[number].get(label, 0.0))
    rows = select(_R.number, _R.body, _R.seen_at_ms).where(_R.comment_id == comment_id).order_by(_R.number)
    return tuple(Revision(row.number, row.body, row.seen_at_ms, scores[row.number]) for row in conn.execute(rows))
