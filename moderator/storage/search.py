"""Finding a part of a text in either case, in every alphabet, on both databases."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import ColumnElement, Connection, func

FOLD = "moderator_fold"
"""Name of the SQL function that `add_fold` gives to SQLite, whose own `lower` knows ASCII only."""


def add_fold(connection: sqlite3.Connection) -> None:
    """Teaches a connection `FOLD`."""
    connection.create_function(FOLD, 1, str.casefold, deterministic=True)


def contains(conn: Connection, text: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether `text` has `part` in it, whatever the case. No wildcards: `%` and `_` are letters like others."""
    if conn.dialect.name == "sqlite":
        return func.instr(getattr(func, FOLD)(text), part.casefold()) > 0
    return func.strpos(func.lower(text), func.lower(part)) > 0
