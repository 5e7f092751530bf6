"""Comments as they come in: new ones, edits, and what is known already. One batch, one caller's transaction.

A comment is known by its source and its id there. Another text under a known id is a new revision: the old one stays,
the scorers see it again, and where a person had decided, the decision is re-opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from moderator.domain.comment import CONTEXT, ERASED, IncomingComment, Status, content_hash
from moderator.domain.decision import Action, ActorKind
from moderator.storage.columns import COMMENT, REVISION
from moderator.storage.comment_rows import COMMENT_COLUMNS, UNSCORED, comment_row, take_turns, write_revisions
from moderator.storage.decisions import DecisionWriter, Draft, decided_ids
from moderator.storage.places import article_ids, author_ids, author_key, insert_rows, lookup, reserve_ids

INTAKE_ALIAS = "intake"
"""Who re-opens, in the decision log."""

_C, _R = COMMENT.c, REVISION.c


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What came of a batch. Every comment counts once: added, unchanged, revised, or one of `reverted`.

    Attributes:
        added: Seen for the first time.
        unchanged: Known with this text; also a repetition inside the batch.
        revised: Texts that became a new revision.
        reopened: Comments whose decision was re-opened by a new revision.
        reverted: Comments that came with a text that they had before their current one, and that were left alone.
            Either the source's author took the edit back, or a file holds both texts and is read a second time: only
            what comes later tells.
    """

    added: int = 0
    unchanged: int = 0
    revised: int = 0
    reopened: int = 0
    reverted: tuple[IncomingComment, ...] = field(default=(), repr=False)

    def __add__(self, other: BatchOutcome) -> BatchOutcome:
        counts = (self.added + other.added, self.unchanged + other.unchanged, self.revised + other.revised)
        return BatchOutcome(*counts, self.reopened + other.reopened, self.reverted + other.reverted)


class _Version(NamedTuple):
    comment: IncomingComment
    digest: bytes


class _Known(NamedTuple):
    id: int
    revision: int
    status: str
    digest: bytes
    parent: str | None
    likes: int
    dislikes: int


@dataclass(slots=True)
class _Changes:
    """What a source's batch changes, gathered so that each table is written once."""

    new: dict[str, list[_Version]] = field(default_factory=dict[str, "list[_Version]"])
    revisions: list[tuple[int, int, _Version]] = field(default_factory=list[tuple[int, int, _Version]])
    revised: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refreshed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    decided: list[int] = field(default_factory=list[int])
    reverted: list[IncomingComment] = field(default_factory=list[IncomingComment])
    erased: set[str] = field(default_factory=set[str])
    admitted: list[int] = field(default_factory=list[int])
    joined: int = 0
    unchanged: int = 0


def store_batch(
    conn: Connection,
    comments: Sequence[IncomingComment],
    now_ms: int,
    log: DecisionWriter,
    *,
    take_reverted: bool = False,
) -> BatchOutcome:
    """Stores a batch inside the caller's write transaction. Storing the same batch again changes nothing.

    Likes, titles, names, and a parent that wasn't known, are brought up to date without a new revision; what was erased
    stays so. Likes and dislikes that are both 0 count as "the source doesn't say".

    Args:
        conn: In a write transaction.
        comments: Any number, in the order of the source: of several texts under one id the last is the current one.
        now_ms: Time of intake, UTC milliseconds.
        log: Where a decided comment that got another text is re-opened.
        take_reverted: Store a text that the comment had before as a new revision, instead of giving it back.

    Returns:
        Counts, and what was left alone.
    """
    outcome, decided = BatchOutcome(), list[int]()
    for source, group in _by_source(comments):
        take_turns(conn, source)
        changes = _gather(conn, source, group, take_reverted=take_reverted)
        counted = _outcome(changes)
        if kept := [comment for comment in group if comment.remote_id not in changes.erased]:
            _store(conn, kept, changes, now_ms)
        now_decided = decided_ids(conn, [each["comment_id"] for each in changes.revised])
        outcome += replace(counted, reopened=len(now_decided))
        decided += now_decided
    for comment_id in decided:  # after every comment is written, as the log's order of locks asks
        draft = Draft(comment_id=comment_id, action=Action.REOPEN, moderator=INTAKE_ALIAS, actor_kind=ActorKind.IMPORT)
        log.append(conn, draft, now_ms=now_ms)
    return outcome


def preview_batch(conn: Connection, comments: Sequence[IncomingComment]) -> BatchOutcome:
    """What `store_batch` would make of a batch, without writing anything. A read transaction is enough."""
    outcome = BatchOutcome()
    for source, group in _by_source(comments):
        outcome += _outcome(_gather(conn, source, group, take_reverted=False))
    return outcome


def _by_source(comments: Sequence[IncomingComment]) -> Iterator[tuple[str, list[IncomingComment]]]:
    name = attrgetter("source")
    for source, group in groupby(sorted(comments, key=name), key=name):
        yield source, list(group)


def _outcome(changes: _Changes) -> BatchOutcome:
    return BatchOutcome(
        added=len(changes.new) + changes.joined,
        unchanged=changes.unchanged,
        revised=len(changes.revisions) + sum(len(texts) - 1 for texts in changes.new.values()),
        reopened=len(changes.decided),
        reverted=tuple(changes.reverted),
    )


def _gather(conn: Connection, source: str, comments: list[IncomingComment], *, take_reverted: bool) -> _Changes:
    """Compares a source's comments with what is stored."""
    changes = _Changes()
    versions = _versions(comments, changes)
    known = _known(conn, source, versions)
    changes.new = {remote_id: texts for remote_id, texts in versions.items() if remote_id not in known}
    edited = {each.id for name, each in known.items() if any(text.digest != each.digest for text in versions[name])}
    earlier = _digests(conn, list(edited))
    for remote_id, before in known.items():
        if before.status == ERASED:  # it was to go, not to come back with the next pull
            changes.erased.add(remote_id)
            changes.unchanged += len(versions[remote_id])
            continue
        _compare(before, versions[remote_id], earlier.get(before.id, frozenset()), changes, take_reverted=take_reverted)
        if before.status == CONTEXT:  # so far it was read beside an answer to it: now it waits itself
            changes.admitted.append(before.id)
            if before.id not in edited:
                changes.unchanged -= 1
                changes.joined += 1
    return changes


def _store(conn: Connection, comments: list[IncomingComment], changes: _Changes, now_ms: int) -> None:
    source = comments[0].source
    articles = article_ids(conn, source, comments, now_ms)
    authors = author_ids(conn, source, comments, now_ms)
    rows: list[tuple[Any, ...]] = []
    for comment_id, texts in zip(reserve_ids(conn, COMMENT, len(changes.new)), changes.new.values(), strict=True):
        last = texts[-1].comment
        place = articles[last.article_url], authors[author_key(last)]
        rows.append(comment_row(comment_id, last, place, len(texts), now_ms))
        changes.revisions += [(comment_id, number, version) for number, version in enumerate(texts, 1)]
    insert_rows(conn, COMMENT, COMMENT_COLUMNS, rows)
    texts = [(number, at, version.comment.body, version.digest) for number, at, version in changes.revisions]
    write_revisions(conn, texts, now_ms)
    for updates in (changes.revised, changes.refreshed):  # every writer locks in this order
        updates.sort(key=itemgetter("comment_id"))
    this = _C.id == bindparam("comment_id")
    if changes.admitted:
        waits = {"status": Status.PENDING.value, "received_at_ms": now_ms, **UNSCORED}
        conn.execute(update(COMMENT).where(_C.id.in_(sorted(changes.admitted))).values(waits))
    if changes.revised:
        conn.execute(update(COMMENT).where(this).values(revision=bindparam("number"), **UNSCORED), changes.revised)
    if changes.refreshed:
        now: dict[str, Any] = {
            "likes": bindparam("now_likes"),
            "dislikes": bindparam("now_dislikes"),
            "parent_remote_id": bindparam("now_parent"),
        }
        conn.execute(update(COMMENT).where(this).values(now), changes.refreshed)


def _versions(comments: Iterable[IncomingComment], changes: _Changes) -> dict[str, list[_Version]]:
    """The texts of each id in order; a text that is said twice in a row is one."""
    found: dict[str, list[_Version]] = {}
    for comment in comments:
        version = _Version(comment, content_hash(comment.body))
        texts = found.setdefault(comment.remote_id, [])
        if texts and texts[-1].digest == version.digest:
            changes.unchanged += 1
            texts[-1] = version
        else:
            texts.append(version)
    return found


def _compare(
    before: _Known, texts: list[_Version], earlier: frozenset[bytes], changes: _Changes, *, take_reverted: bool
) -> None:
    """What a known comment's texts change."""
    last = texts[-1]
    fresh: list[_Version] = []
    for version in texts:
        unknown = version.digest != before.digest and version.digest not in earlier
        if unknown and not (fresh and fresh[-1].digest == version.digest):
            fresh.append(version)
    went_back = not fresh and last.digest != before.digest
    if went_back and not take_reverted:
        changes.reverted.append(last.comment)
    elif went_back or (fresh and fresh[-1].digest != last.digest):
        fresh.append(last)  # after a new text, a known one is an edit too
    changes.unchanged += len(texts) - max(len(fresh), went_back)
    if fresh:
        changes.revisions += [(before.id, before.revision + step, version) for step, version in enumerate(fresh, 1)]
        changes.revised.append({"comment_id": before.id, "number": before.revision + len(fresh)})
        if before.status not in {Status.PENDING, CONTEXT}:
            changes.decided.append(before.id)
    comment = last.comment
    said = comment.likes or comment.dislikes
    likes, dislikes = (comment.likes, comment.dislikes) if said else (before.likes, before.dislikes)
    parent = before.parent or comment.parent_remote_id
    if (likes, dislikes, parent) != (before.likes, before.dislikes, before.parent):
        changes.refreshed.append(
            {"comment_id": before.id, "now_likes": likes, "now_dislikes": dislikes, "now_parent": parent}
        )


def _known(conn: Connection, source: str, wanted: Iterable[str]) -> dict[str, _Known]:
    """What is stored under these remote ids, with the digest of the current text."""
    current = and_(_R.comment_id == _C.id, _R.number == _C.revision)
    columns = (_C.id, _C.revision, _C.status, _R.content_hash, _C.parent_remote_id, _C.likes, _C.dislikes)
    statement = select(_C.remote_id, *columns).outerjoin(REVISION, current).where(_C.source == source)
    rows = lookup(conn, statement, _C.remote_id, list(wanted))
    return {row[0]: _Known._make(row[1:]) for row in rows}


def _digests(conn: Connection, comment_ids: Sequence[int]) -> dict[int, frozenset[bytes]]:
    """Digests of every text that these comments ever had."""
    found: dict[int, set[bytes]] = {}
    for comment_id, digest in lookup(conn, select(_R.comment_id, _R.content_hash), _R.comment_id, comment_ids):
        found.setdefault(comment_id, set()).add(digest)
    return {comment_id: frozenset(digests) for comment_id, digests in found.items()}
