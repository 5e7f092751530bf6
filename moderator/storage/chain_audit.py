"""Recomputing the chains of decisions and erasures, a page in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from moderator.domain.decision_log import ChainReport, Checkpoint
from moderator.storage.chain import GENESIS, keyed_digest
from moderator.storage.chain_links import BadRow, Link, decision_chain, erasure_chain, pages, undecodable
from moderator.storage.columns import CHAIN_HEAD, COMMENT, DECISION, DECISION_NOTE, ERASURE

_NOTE_DIGEST = Link._fields.index("note_digest")  # asked of every row: by its name it takes ten times as long
_REWRITTEN = "it isn't the row that the checkpoint vouches for: it, or one before it, was rewritten"


@dataclass(slots=True)
class _Walk:
    """How far a walk along a chain has come: number and hash of the last row that holds."""

    seq: int = 0
    row_hash: str = GENESIS


def verify(
    conn: Connection,
    progress: Callable[[int, int | None], None] | None = None,
    against: Checkpoint | None = None,
) -> ChainReport:
    """Recomputes both chains from their first rows and stops at the first row that doesn't hold.

    A note that is gone is allowed only where an erasure took it.

    Args:
        conn: A read transaction.
        progress: Called now and then with the number of decisions checked, and of how many.
        against: A checkpoint of before. Without one, a log whose last rows were cut off together with its stored head
            looks whole.

    Returns:
        What was found.
    """
    decisions, erasures = _Walk(), _Walk()
    record = "decision"
    try:
        _walk_decisions(conn, decisions, progress, against)
        _check_ends(conn, decisions, against)
        record = "erasure"
        _walk_erasures(conn, erasures, against)
    except BadRow as bad:
        found = ChainReport(checked=decisions.seq, head_hash=decisions.row_hash, erasures=erasures.seq)
        checked = max(bad.seq, 1) if record == "decision" and bad.seq > decisions.seq else decisions.seq
        return replace(found, checked=checked, bad_seq=bad.seq, record=record, problem=bad.problem)
    return ChainReport(checked=decisions.seq, head_hash=decisions.row_hash, erasures=erasures.seq)


def _follow(page: Sequence[Link], walk: _Walk) -> BadRow | None:
    """Walks a page, up to the first row that doesn't hold."""
    for content, seq, before, own, *_ in page:
        if seq != walk.seq + 1:
            return BadRow(seq, f"row {walk.seq + 1} is missing")
        if before != walk.row_hash:
            return BadRow(seq, "it doesn't follow from the row before")
        if content != own:
            return BadRow(seq, "its content doesn't match its hash")
        walk.seq, walk.row_hash = seq, own
    return None


def _walk_decisions(
    conn: Connection,
    walk: _Walk,
    progress: Callable[[int, int | None], None] | None,
    against: Checkpoint | None,
) -> None:
    chain, notes = decision_chain(conn), 0
    total = conn.execute(select(CHAIN_HEAD.c.seq)).scalar()
    for page in pages(conn, chain):
        before = walk.seq
        bad = _follow(page, walk)
        held = page[: walk.seq - before]
        notes += _check_notes(conn, held)
        if against is not None and before < against.sequence <= walk.seq:
            own = held[against.sequence - before - 1].row_hash
            if own != against.row_hash:
                raise BadRow(against.sequence, _REWRITTEN)
        if bad is not None:
            raise bad
        if progress is not None:
            progress(walk.seq, total)
    if conn.execute(select(func.count()).select_from(DECISION_NOTE)).scalar_one() != notes:
        raise BadRow(walk.seq, "the log has a note that belongs to no decision")


def _check_notes(conn: Connection, links: Sequence[Link]) -> int:
    """Holds the notes of some decisions to their digests. Returns how many there are."""
    if not links:
        return 0
    columns = DECISION_NOTE.c
    first, last = links[0].seq, links[-1].seq
    theirs = select(columns.seq, columns.note, columns.salt).where(columns.seq.between(first, last))
    try:
        notes = {row.seq: (row.note, row.salt) for row in conn.execute(theirs)}
    except DBAPIError as error:
        if not undecodable(error):
            raise
        problem = f"the note of one of the decisions {first} to {last} holds bytes that are no text"
        raise BadRow(first, problem) from None
    promised = {link.seq: link for link in links if link[_NOTE_DIGEST] is not None}
    gone = {link.comment_id for seq, link in promised.items() if seq not in notes and link.comment_id is not None}
    erased = _erased(conn, sorted(gone))
    for seq in sorted(promised.keys() | notes.keys()):
        link, note = promised.get(seq), notes.get(seq)
        if note is None and link is not None and link.comment_id not in erased:
            raise BadRow(seq, "its note is gone, and no erasure took it")
        if note is not None and (link is None or keyed_digest(bytes(note[1]), str(note[0])) != link.note_digest):
            raise BadRow(seq, "its note doesn't match its digest")
    return len(notes)


def _erased(conn: Connection, comment_ids: Sequence[int]) -> set[int]:
    if not comment_ids:
        return set()
    taken = select(COMMENT.c.id).where(COMMENT.c.id.in_(comment_ids), COMMENT.c.erased_in.is_not(None))
    return set(conn.execute(taken).scalars())


def _check_ends(conn: Connection, walk: _Walk, against: Checkpoint | None) -> None:
    """Holds the end of the log to its stored head, and to a checkpoint."""
    try:
        stored = conn.execute(select(CHAIN_HEAD.c.seq, CHAIN_HEAD.c.row_hash)).first()
    except DBAPIError as error:
        if not undecodable(error):
            raise
        raise BadRow(walk.seq, "the stored head holds bytes that are no text") from None
    if stored is None or (stored.seq, stored.row_hash) != (walk.seq, walk.row_hash):
        at = "missing" if stored is None else f"at row {stored.seq}"
        raise BadRow(walk.seq, f"the stored head is {at}, the log ends at row {walk.seq}: rows were removed or added")
    if against is not None:
        _check_length(walk, against.sequence, "decisions")


def _check_length(walk: _Walk, promised: int, what: str) -> None:
    if promised > walk.seq:
        cut = promised - walk.seq
        raise BadRow(walk.seq, f"the log ends here, and had {promised} {what} at the checkpoint: {cut} were cut off")


def _walk_erasures(conn: Connection, walk: _Walk, against: Checkpoint | None) -> None:
    for page in pages(conn, erasure_chain()):
        before = walk.seq
        bad = _follow(page, walk)
        held = page[: walk.seq - before]
        if against is not None and before < against.erasure_sequence <= walk.seq:
            own = held[against.erasure_sequence - before - 1].row_hash
            if own != against.erasure_hash:
                raise BadRow(against.erasure_sequence, _REWRITTEN)
        if bad is not None:
            raise bad
    if against is not None:
        _check_length(walk, against.erasure_sequence, "erasures")
    _check_counts(conn)


def _check_counts(conn: Connection) -> None:
    """Every comment without its text names the erasure that took it, and every erasure took as many as it says."""
    taken = select(COMMENT.c.erased_in, func.count()).where(COMMENT.c.erased_in.is_not(None))
    found = {row[0]: row[1] for row in conn.execute(taken.group_by(COMMENT.c.erased_in))}
    said = {row.seq: row.comments for row in conn.execute(select(ERASURE.c.seq, ERASURE.c.comments))}
    for seq in sorted(found.keys() | said.keys()):
        if found.get(seq, 0) != said.get(seq):
            raise BadRow(seq, f"it says that {said.get(seq)} comments were erased, {found.get(seq, 0)} are")
    anchors = (
        select(ERASURE.c.seq)
        .outerjoin(DECISION, DECISION.c.seq == ERASURE.c.decision_seq)
        .where(ERASURE.c.decision_seq > 0, DECISION.c.row_hash.is_distinct_from(ERASURE.c.decision_hash))
        .order_by(ERASURE.c.seq)
        .limit(1)
    )
    if (seq := conn.execute(anchors).scalar()) is not None:
        raise BadRow(seq, "it names a state of the decision log that never was")
