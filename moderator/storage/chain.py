"""The hash chains of decisions and of erasures: each row's hash covers the row and the hash before it.

Source: RFC 8785 (JSON Canonicalization Scheme), so that anybody can compute the same bytes in any language.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from moderator.storage import canonical
from moderator.storage.columns import CHAIN_HEAD, DECISION, ERASURE

GENESIS = "0" * 64
"""What the first row follows."""

HASHED: tuple[str, ...] = tuple(column.name for column in DECISION.columns if column.name != "row_hash")
"""Fields under a decision's hash: all but the hash itself. A note is outside, its digest inside, so that it can be
erased."""

LATER = frozenset({"masked", "reason_title"})
"""Those of them that the first version didn't know. Where they have no value they are no member of what is hashed."""

ERASURE_HASHED: tuple[str, ...] = tuple(column.name for column in ERASURE.columns if column.name != "row_hash")
"""Fields under an erasure's hash."""

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
    """SHA-256, hex, of a decision's `HASHED` fields as canonical JSON.

    Args:
        values: At least the fields of `HASHED`, as plain JSON values.
    """
    return canonical.row_hash(values, HASHED, LATER)


def erasure_hash(values: Mapping[str, Any]) -> str:
    """SHA-256, hex, of an erasure's `ERASURE_HASHED` fields as canonical JSON."""
    return canonical.row_hash(values, ERASURE_HASHED, frozenset())


def head(conn: Connection) -> tuple[int, str]:
    """Number and hash of the log's last row; 0 and the genesis hash where there is none."""
    found = conn.execute(select(CHAIN_HEAD.c.seq, CHAIN_HEAD.c.row_hash)).first()
    return (0, GENESIS) if found is None else (found.seq, found.row_hash)


def length(conn: Connection) -> int:
    """How many rows the log has."""
    return conn.execute(select(func.count()).select_from(DECISION)).scalar_one()


def erasure_head(conn: Connection) -> tuple[int, str]:
    """Number and hash of the last erasure; 0 and the genesis hash where there is none."""
    last = select(ERASURE.c.seq, ERASURE.c.row_hash).order_by(ERASURE.c.seq.desc()).limit(1)
    found = conn.execute(last).first()
    return (0, GENESIS) if found is None else (found.seq, found.row_hash)
