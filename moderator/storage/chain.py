"""The hash chain of the decision log: each row's hash covers the row and the hash before it.

Source: RFC 8785 (JSON Canonicalization Scheme), so that anybody can compute the same bytes in any language.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import rfc8785
from sqlalchemy import Connection, RowMapping, select

from moderator.domain.decision_log import ChainReport
from moderator.storage.columns import CHAIN_HEAD, DECISION, DECISION_NOTE

GENESIS = "0" * 64
"""What the first row follows."""

HASHED: tuple[str, ...] = tuple(column.name for column in DECISION.columns if column.name != "row_hash")
"""Fields under the hash: all but the hash itself. A note is outside, its digest inside, so that it can be erased."""

_PAGE = 500
_AUTHOR_REF_LENGTH = 32


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC-SHA256 of a text, hex: proves the text to who has the key, tells nothing to who hasn't."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def author_ref(key: bytes, source: str, author: str) -> str:
    """An author as exports and the log name them: the same one everywhere, and nobody without the operator's key.

    Args:
        key: The operator's key.
        source: Name of the source.
        author: The author's key there.

    Returns:
        The first 32 hex digits of an HMAC-SHA256.
    """
    return keyed_digest(key, f"{source}\0{author}")[:_AUTHOR_REF_LENGTH]


def row_hash(values: Mapping[str, Any]) -> str:
    """SHA-256, hex, of a row's `HASHED` fields as canonical JSON.

    Args:
        values: At least the fields of `HASHED`, as plain JSON values.
    """
    return hashlib.sha256(rfc8785.dumps({name: values[name] for name in HASHED})).hexdigest()


def verify(conn: Connection, progress: Callable[[int], None] | None = None) -> ChainReport:
    """Recomputes the chain from its first row and stops at the first that doesn't hold.

    Args:
        conn: A read transaction.
        progress: Called now and then with the number of rows checked.

    Returns:
        What was found. A log whose last rows were cut off together with the stored head looks whole: compare
        `head_hash` with one written down before.
    """
    checked, previous = 0, GENESIS
    for row in _rows(conn):
        checked += 1
        problem = _problem(row, checked, previous)
        if problem:
            return ChainReport(checked=checked, bad_seq=row["seq"], problem=problem, head_hash=previous)
        previous = row["row_hash"]
        if progress is not None and checked % _PAGE == 0:
            progress(checked)
    if progress is not None:
        progress(checked)
    stored_head = conn.execute(select(CHAIN_HEAD.c.seq, CHAIN_HEAD.c.row_hash)).first()
    if stored_head is None or (stored_head.seq, stored_head.row_hash) != (checked, previous):
        stored = "missing" if stored_head is None else f"at row {stored_head.seq}"
        problem = f"the stored head is {stored}, the log ends at row {checked}: rows were removed or added"
        return ChainReport(checked=checked, bad_seq=checked, problem=problem, head_hash=previous)
    return ChainReport(checked=checked, head_hash=previous)


def head(conn: Connection) -> tuple[int, str]:
    """Number and hash of the log's last row; 0 and the genesis hash where there is none."""
    found = conn.execute(select(CHAIN_HEAD.c.seq, CHAIN_HEAD.c.row_hash)).first()
    return (0, GENESIS) if found is None else (found.seq, found.row_hash)


def _rows(conn: Connection) -> Iterator[RowMapping]:
    statement = (
        select(DECISION, DECISION_NOTE.c.note, DECISION_NOTE.c.salt)
        .outerjoin(DECISION_NOTE, DECISION_NOTE.c.seq == DECISION.c.seq)
        .order_by(DECISION.c.seq)
        .limit(_PAGE)
    )
    last: int | None = None
    while True:
        page = statement if last is None else statement.where(DECISION.c.seq > last)
        found = conn.execute(page).mappings().all()
        yield from found
        if len(found) < _PAGE:
            return
        last = found[-1]["seq"]


def _problem(row: RowMapping, expected_seq: int, previous: str) -> str:
    """Why a row doesn't hold, empty where it does."""
    if row["seq"] != expected_seq:
        return f"row {expected_seq} is missing"
    if row["prev_hash"] != previous:
        return "it doesn't follow from the row before"
    try:
        computed = row_hash({name: row[name] for name in HASHED})
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        return "it holds a value that no row was written with"
    if computed != row["row_hash"]:
        return "its content doesn't match its hash"
    if row["note"] is not None and keyed_digest(row["salt"], row["note"]) != row["note_digest"]:
        return "its note doesn't match its digest"
    return ""
