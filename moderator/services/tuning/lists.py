"""What word lists say of the past: where they lift a comment, and what each of their entries was worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection

from moderator.domain.policy import Policy
from moderator.domain.word_lists import Hit, WordList, WordLists
from moderator.services.tuning.history import History
from moderator.services.tuning.intervals import Estimate, share
from moderator.services.tuning.replay import PRIORITY, REVIEW, Replay
from moderator.storage.history_rows import current_texts
from moderator.storage.score_matrix import ScoredComments

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Worth:
    """What one entry of a list was worth.

    Attributes:
        fired: Comments that hold it.
        decided: Those of them that a person approved or rejected.
        rejected: Those of these that were rejected.
        alone: Those that hold it and reach no label's threshold: they're held for lists alone.
    """

    word_list: WordList
    entry: str
    fired: int
    decided: int
    rejected: int
    alone: int

    @property
    def precision(self) -> Estimate:
        """Share of the decided ones that were rejected, with its interval; unknown where nothing was decided."""
        return share(self.rejected, self.decided)


def with_lists(conn: Connection, comments: ScoredComments, lists: WordLists) -> ScoredComments:
    """Comments with what some lists make of them, so that a policy with these can be replayed. Reads every text once.

    Args:
        conn: A transaction.
        comments: Any.
        lists: Those of the policy; without any, or where they were asked before, nothing is read.
    """
    if not lists or lists.version in comments.listed:
        return comments
    routes = np.zeros(len(comments), dtype=np.int8)
    for row, hits in _hits(conn, comments, lists):
        if hits:
            routes[row] = PRIORITY if hits[0].word_list.first else REVIEW
    return replace(comments, listed={**comments.listed, lists.version: routes})


def worth(conn: Connection, history: History, policy: Policy) -> tuple[Worth, ...]:
    """What each entry of a policy's lists was worth on the past, in the lists' order; also those that never fired.

    Args:
        conn: A transaction.
        history: The past.
        policy: Its lists are asked, and its thresholds for what reaches them without.
    """
    counted = {(each.name, entry): [0, 0, 0, 0] for each in policy.lists.lists for entry in each.words}
    missed = Replay(history.comments).nothing(replace(policy, lists=WordLists()))
    decided, rejected = history.decided, history.rejected
    for row, hits in _hits(conn, history.comments, policy.lists):
        seen = (1, int(decided[row]), int(rejected[row]), int(missed[row]))
        for hit in hits:
            counts = counted[hit.word_list.name, hit.entry]
            counts[:] = [before + more for before, more in zip(counts, seen, strict=True)]
    return tuple(Worth(each, entry, *counted[each.name, entry]) for each in policy.lists.lists for entry in each.words)


def _hits(conn: Connection, comments: ScoredComments, lists: WordLists) -> Iterator[tuple[int, tuple[Hit, ...]]]:
    ids: NDArray[np.int64] = comments.ids
    for comment_id, body in current_texts(conn, ids.tolist()):
        row = int(np.searchsorted(ids, comment_id))
        place = comments.places[int(comments.place_of[row])]
        yield row, lists.hits(body, place.language)
