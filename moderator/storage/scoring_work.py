"""What a scorer still has to do: comments that wait, and those that others spoke of last.

It is read off the comments themselves, never off a list of its own: so a run that is killed loses nothing, and the next
one goes on where the last committed batch ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)

from moderator.domain.comment import ScoringState
from moderator.domain.score import Label, ScorerId
from moderator.storage.columns import ARTICLE, COMMENT, REVISION, SCORESET
from moderator.storage.routes import UNDECIDED

_C = COMMENT.c
_S = SCORESET.c

# Written out, not bound: a partial index is matched only against a literal.
_WAITING = _C.scoring == literal_column("'waiting'")

Speaker = tuple[ScorerId, frozenset[Label]]
"""A scorer and the labels it can give."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One text to score, with what surrounds it.

    Attributes:
        revision: What `body` is the text of. The result is saved only if it's still the current one.
        language: What the source, or an earlier scoring, says of the language.
        title: The article's title, empty where there is none.
        parent_body: Current text of the comment answered, where that is known.
    """

    comment_id: int
    revision: int
    body: str = field(repr=False)
    language: str | None
    title: str = field(repr=False)
    parent_body: str | None = field(repr=False)
    section: str


def waiting(conn: Connection, limit: int, first_ids: Iterable[int] = ()) -> list[Waiting]:
    """The next comments to score.

    Args:
        conn: An open transaction.
        limit: How many at most.
        first_ids: Comments that go first, in this order, if they wait at all: what is on a screen now.

    Returns:
        Up to `limit` comments, after `first_ids` the oldest intake first.
    """
    urgent = list(dict.fromkeys(first_ids))[:limit]
    found = {row.comment_id: row for row in _read(conn, _texts().where(_WAITING, _C.id.in_(urgent)))} if urgent else {}
    batch = [found[comment_id] for comment_id in urgent if comment_id in found]
    if len(batch) < limit:
        rest = _texts().where(_WAITING, _C.id.not_in(list(found))).order_by(_C.id).limit(limit - len(batch))
        batch += _read(conn, rest)
    return batch


def waiting_count(conn: Connection) -> int:
    """How many comments wait for a scorer."""
    return conn.execute(select(func.count()).select_from(COMMENT).where(_WAITING)).scalar_one()


def outdated(conn: Connection, speakers: Sequence[Speaker], limit: int, after_id: int = 0) -> list[Waiting]:
    """Undecided comments of which not every one of these scorers spoke last, or whose scoring failed.

    One has spoken last if nobody outside the list gave a number for a label of its since. Comments that wait for their
    first scores aren't among them.

    Args:
        conn: An open transaction.
        speakers: Who should have spoken last.
        limit: How many at most.
        after_id: Only comments with a higher number: one that fails again must not come up twice in a run.

    Returns:
        Up to `limit` comments in the order of their numbers.
    """
    return _read(conn, _texts().where(*_outdated(speakers), _C.id > after_id).order_by(_C.id).limit(limit))


def outdated_count(conn: Connection, speakers: Sequence[Speaker]) -> int:
    """How many comments `outdated` would give in all."""
    return conn.execute(select(func.count()).select_from(COMMENT).where(*_outdated(speakers))).scalar_one()


def _outdated(speakers: Sequence[Speaker]) -> list[Any]:
    failed = _C.scoring == ScoringState.FAILED.value
    stale = [~_spoke_last(scorer, labels, speakers) for scorer, labels in speakers]
    return [UNDECIDED, _C.scoring != ScoringState.WAITING.value, or_(failed, *stale)]


def _spoke_last(scorer: ScorerId, labels: frozenset[Label], speakers: Sequence[Speaker]) -> ColumnElement[bool]:
    later = SCORESET.alias("later")
    strangers = [~_said_by(later, other) for other, _ in speakers]
    numbers = [later.c[label.value].is_not(None) for label in sorted(labels)]
    after = (later.c.scored_at_ms > _S.scored_at_ms) | (
        (later.c.scored_at_ms == _S.scored_at_ms) & (later.c.id > _S.id)
    )
    overruled = exists().where(
        later.c.comment_id == _C.id, later.c.revision == _C.revision, after, *strangers, or_(false(), *numbers)
    )
    mine = _S.comment_id == _C.id, _S.revision == _C.revision, _said_by(SCORESET, scorer)
    return exists().where(*mine, ~overruled.correlate(COMMENT, SCORESET)).correlate(COMMENT)


def _said_by(score_set: FromClause, scorer: ScorerId) -> ColumnElement[bool]:
    columns = score_set.c
    return and_(
        columns.scorer == scorer.name,
        columns.version == scorer.version,
        columns.weights_hash == scorer.weights_hash,
    )


def _texts() -> Select[*tuple[Any, ...]]:
    parent, parent_text = COMMENT.alias("parent"), REVISION.alias("parent_text")
    answers = (parent.c.source == _C.source) & (parent.c.remote_id == _C.parent_remote_id)
    says = (parent_text.c.comment_id == parent.c.id) & (parent_text.c.number == parent.c.revision)
    tables = (
        COMMENT.join(REVISION, (REVISION.c.comment_id == _C.id) & (REVISION.c.number == _C.revision))
        .join(ARTICLE, ARTICLE.c.id == _C.article_id)
        .outerjoin(parent, answers)
        .outerjoin(parent_text, says)
    )
    return select(
        _C.id, _C.revision, REVISION.c.body, _C.language, ARTICLE.c.title, parent_text.c.body, ARTICLE.c.section
    ).select_from(tables)


def _read(conn: Connection, statement: Select[*tuple[Any, ...]]) -> list[Waiting]:
    return [Waiting(*row) for row in conn.execute(statement)]
