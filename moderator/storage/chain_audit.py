"""Recomputing the chains of decisions and erasures, a page in memory at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, Connection, Select, Text, bindparam, cast, column, func, select, table
from sqlalchemy.exc import DBAPIError

from moderator.domain.decision_log import ChainReport, Checkpoint
from moderator.storage.canonical import RowHasher
from moderator.storage.chain import ERASURE_HASHED, GENESIS, HASHED, LATER, keyed_digest
from moderator.storage.columns import CHAIN_HEAD, COMMENT, DECISION, DECISION_NOTE, ERASURE

_PAGE = 1_000
_JSON = ("scorers", "thresholds")
_NAMES = tuple(sorted(HASHED))
_AT = {name: place for place, name in enumerate((*_NAMES, "row_hash"))}
_ERASURE_NAMES = tuple(sorted(ERASURE_HASHED))
_NO_TEXT = "it holds bytes that are no text"
_REWRITTEN = "it isn't the row that the checkpoint vouches for: it, or one before it, was rewritten"


class _Bad(Exception):  # noqa: N818 - it ends a walk, it's no failure of the program
    """A row that doesn't hold."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq, self.problem = seq, problem


@dataclass(slots=True)
class _Walk:
    """How far a walk along a chain has come: number and hash of the last row that holds."""

    seq: int = 0
    row_hash: str = GENESIS


class _Chain(NamedTuple):
    """How a table's rows are read and hashed."""

    page: Select[Any]
    hasher: RowHasher
    seq: int
    prev_hash: int
    row_hash: int


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
    except _Bad as bad:
        found = ChainReport(checked=decisions.seq, head_hash=decisions.row_hash, erasures=erasures.seq)
        checked = max(bad.seq, 1) if record == "decision" and bad.seq > decisions.seq else decisions.seq
        return replace(found, checked=checked, bad_seq=bad.seq, record=record, problem=bad.problem)
    return ChainReport(checked=decisions.seq, head_hash=decisions.row_hash, erasures=erasures.seq)


def _decision_chain(conn: Connection) -> _Chain:
    # Without types: values come as they lie there, and JSON as the text that it's stored as.
    untyped: list[ColumnClause[Any]] = [column(name) for name in _AT]
    plain = table("decision", *untyped)
    as_text = {name: cast(plain.c[name], Text) for name in _JSON} if conn.dialect.name == "postgresql" else {}
    columns = [as_text.get(name, plain.c[name]) for name in _AT]
    page = select(*columns).where(plain.c.seq > bindparam("after")).order_by(plain.c.seq).limit(bindparam("most"))
    hasher = RowHasher(_NAMES, later=LATER, json=_JSON, flags=("revealed", "masked"), reals=("risk", "seconds_open"))
    return _Chain(page, hasher, _AT["seq"], _AT["prev_hash"], _AT["row_hash"])


def _erasure_chain() -> _Chain:
    names = (*_ERASURE_NAMES, "row_hash")
    columns = [ERASURE.c[name] for name in names]
    page = select(*columns).where(ERASURE.c.seq > bindparam("after")).order_by(ERASURE.c.seq).limit(bindparam("most"))
    return _Chain(page, RowHasher(_ERASURE_NAMES), *(names.index(name) for name in ("seq", "prev_hash", "row_hash")))


def _pages(conn: Connection, chain: _Chain, walk: _Walk) -> Iterator[Sequence[Any]]:
    """Rows after those that were walked already.

    Raises:
        _Bad: One can't be read.
    """
    while True:
        try:
            page = conn.execute(chain.page, {"after": walk.seq, "most": _PAGE}).all()
        except DBAPIError as error:
            if not _undecodable(error):
                raise
            page = _readable(conn, chain, walk.seq)
            if not page:
                raise _Bad(walk.seq + 1, _NO_TEXT) from None
        if not page:
            return
        yield page


def _undecodable(error: DBAPIError) -> bool:
    # The driver's own complaint has no code of SQLite's, and quotes the text: it's told by its first words.
    return isinstance(error.orig, sqlite3.OperationalError) and str(error.orig).startswith("Could not decode")


def _readable(conn: Connection, chain: _Chain, after: int) -> list[Any]:
    """The rows before the one that can't be read."""
    found: list[Any] = []
    try:
        while row := conn.execute(chain.page, {"after": after, "most": 1}).first():
            found.append(row)
            after = row[chain.seq]
    except DBAPIError as error:
        if not _undecodable(error):
            raise
    return found


def _follow(page: Sequence[Any], chain: _Chain, walk: _Walk) -> _Bad | None:
    """Walks a page, up to the first row that doesn't hold."""
    hash_of = chain.hasher.hash
    for row in page:
        own = row[chain.row_hash]
        if row[chain.seq] == walk.seq + 1 and row[chain.prev_hash] == walk.row_hash and hash_of(row) == own:
            walk.seq, walk.row_hash = row[chain.seq], own
        elif row[chain.seq] != walk.seq + 1:
            return _Bad(row[chain.seq], f"row {walk.seq + 1} is missing")
        elif row[chain.prev_hash] != walk.row_hash:
            return _Bad(row[chain.seq], "it doesn't follow from the row before")
        else:
            return _Bad(row[chain.seq], "its content doesn't match its hash")
    return None


def _walk_decisions(
    conn: Connection,
    walk: _Walk,
    progress: Callable[[int, int | None], None] | None,
    against: Checkpoint | None,
) -> None:
    chain, notes = _decision_chain(conn), 0
    total = conn.execute(select(CHAIN_HEAD.c.seq)).scalar()
    for page in _pages(conn, chain, walk):
        before = walk.seq
        bad = _follow(page, chain, walk)
        held = page[: walk.seq - before]
        notes += _check_notes(conn, held)
        if against is not None and before < against.sequence <= walk.seq:
            own = held[against.sequence - before - 1][chain.row_hash]
            if own != against.row_hash:
                raise _Bad(against.sequence, _REWRITTEN)
        if bad is not None:
            raise bad
        if progress is not None:
            progress(walk.seq, total)
    if conn.execute(select(func.count()).select_from(DECISION_NOTE)).scalar_one() != notes:
        raise _Bad(walk.seq, "the log has a note that belongs to no decision")


def _check_notes(conn: Connection, rows: Sequence[Any]) -> int:
    """Holds the notes of some decisions to their digests. Returns how many there are."""
    if not rows:
        return 0
    columns = DECISION_NOTE.c
    first, last = rows[0][_AT["seq"]], rows[-1][_AT["seq"]]
    theirs = select(columns.seq, columns.note, columns.salt).where(columns.seq.between(first, last))
    try:
        notes = {row.seq: (row.note, row.salt) for row in conn.execute(theirs)}
    except DBAPIError as error:
        if not _undecodable(error):
            raise
        raise _Bad(first, f"the note of one of the decisions {first} to {last} holds bytes that are no text") from None
    promised = {row[_AT["seq"]]: row for row in rows if row[_AT["note_digest"]] is not None}
    gone = {row[_AT["comment_id"]] for seq, row in promised.items() if seq not in notes}
    erased = _erased(conn, sorted(gone))
    for seq in sorted(promised.keys() | notes.keys()):
        row, note = promised.get(seq), notes.get(seq)
        if note is None and row is not None and row[_AT["comment_id"]] not in erased:
            raise _Bad(seq, "its note is gone, and no erasure took it")
        if note is not None and (row is None or keyed_digest(bytes(note[1]), str(note[0])) != row[_AT["note_digest"]]):
            raise _Bad(seq, "its note doesn't match its digest")
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
        if not _undecodable(error):
            raise
        raise _Bad(walk.seq, "the stored head holds bytes that are no text") from None
    if stored is None or (stored.seq, stored.row_hash) != (walk.seq, walk.row_hash):
        at = "missing" if stored is None else f"at row {stored.seq}"
        raise _Bad(walk.seq, f"the stored head is {at}, the log ends at row {walk.seq}: rows were removed or added")
    if against is not None:
        _check_length(walk, against.sequence, "decisions")


def _check_length(walk: _Walk, promised: int, what: str) -> None:
    if promised > walk.seq:
        cut = promised - walk.seq
        raise _Bad(walk.seq, f"the log ends here, and had {promised} {what} at the checkpoint: {cut} were cut off")


def _walk_erasures(conn: Connection, walk: _Walk, against: Checkpoint | None) -> None:
    chain = _erasure_chain()
    for page in _pages(conn, chain, walk):
        before = walk.seq
        bad = _follow(page, chain, walk)
        held = page[: walk.seq - before]
        if against is not None and before < against.erasure_sequence <= walk.seq:
            own = held[against.erasure_sequence - before - 1][chain.row_hash]
            if own != against.erasure_hash:
                raise _Bad(against.erasure_sequence, _REWRITTEN)
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
            raise _Bad(seq, f"it says that {said.get(seq)} comments were erased, {found.get(seq, 0)} are")
    anchors = (
        select(ERASURE.c.seq)
        .outerjoin(DECISION, DECISION.c.seq == ERASURE.c.decision_seq)
        .where(ERASURE.c.decision_seq > 0, DECISION.c.row_hash.is_distinct_from(ERASURE.c.decision_hash))
        .order_by(ERASURE.c.seq)
        .limit(1)
    )
    if (seq := conn.execute(anchors).scalar()) is not None:
        raise _Bad(seq, "it names a state of the decision log that never was")
