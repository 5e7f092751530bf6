"""Comments that say nearly the same as another: one text pasted again and again, perhaps with a word changed.

The index of texts is the sieve, so nothing more is stored for it. A comment's rarest words, the longest, are dealt into
a few sets, and whatever has all words of one set is looked at: a copy with a word changed still has the other sets.
What's looked at counts as a copy if it shares most pairs of neighbouring words. Source: banding as in A. Broder,
"On the resemblance and containment of documents" (1997), with sets of words in place of hashes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import Connection, and_, select

from moderator.domain.comment import Copies, Status
from moderator.storage.columns import COMMENT, REVISION
from moderator.storage.rows import ever_waited, is_due
from moderator.storage.text_index import having_words, words_of

MOST_LOOKED_AT = 200
"""Of the comments that the sieve lets through, only so many are compared, the latest."""

_ALIKE = 0.6
_READ_CHARS = 2_000
_HOUR_MS = 3_600_000
_WORDS_OF_SET = 3
_WORDS_FOR_PAIRS = 8
_C, _R = COMMENT.c, REVISION.c
_WORD = re.compile(r"[^\W_]+")
_CURRENT = and_(_R.comment_id == _C.id, _R.number == _C.revision)


def copies(conn: Connection, comment_id: int, now_ms: int) -> Copies:
    """What says nearly the same as a comment, itself left out. Empty where the comment isn't known.

    Args:
        conn: A transaction.
        comment_id: The comment.
        now_ms: UTC milliseconds.
    """
    others = [number for number in numbers(conn, comment_id) if number != comment_id]
    if not others:
        return Copies()
    waits = (_C.status == Status.PENDING.value) | is_due(now_ms)
    rows = conn.execute(select(_C.posted_at_ms, waits).where(_C.id.in_(others))).all()
    recent = sum(posted_at_ms > now_ms - _HOUR_MS for posted_at_ms, _ in rows)
    return Copies(tuple(others), sum(bool(waiting) for _, waiting in rows), recent)


def numbers(conn: Connection, comment_id: int) -> list[int]:
    """Numbers of a comment and of what says nearly the same, the latest first. Empty where it isn't known."""
    own = conn.execute(select(_R.body).join_from(REVISION, COMMENT, _CURRENT).where(_C.id == comment_id)).scalar()
    if own is None:
        return []
    sets = _sets(own)
    found = [comment_id]
    if sets:
        sieve = having_words(conn, sets)
        number = next(iter(sieve.selected_columns))
        page = list(conn.execute(sieve.order_by(number.desc()).limit(MOST_LOOKED_AT)).scalars())
        said = select(_C.id, _R.body).join_from(COMMENT, REVISION, _CURRENT).where(_C.id.in_(page), ever_waited())
        shingles = _shingles(own)
        found += [number for number, body in conn.execute(said) if number != comment_id and _alike(shingles, body)]
    return sorted(found, reverse=True)


def _sets(body: str) -> list[Sequence[str]]:
    """The longest words, dealt into sets; none where the text has no word."""
    words = sorted(words_of(body[:_READ_CHARS]), key=len, reverse=True)[: _WORDS_OF_SET**2]
    count = max(min(len(words) // 2, _WORDS_OF_SET), 1)
    return [words[at::count] for at in range(count)] if words else []


def _shingles(body: str) -> frozenset[tuple[str, ...]]:
    """Pairs of neighbouring words; single words where there are few."""
    words = _WORD.findall(body[:_READ_CHARS].lower())
    if len(words) < _WORDS_FOR_PAIRS:
        return frozenset((word,) for word in words)
    return frozenset(pairwise(words))


def _alike(own: frozenset[tuple[str, ...]], body: str) -> bool:
    other = _shingles(body)
    return len(own & other) >= _ALIKE * len(own | other)
