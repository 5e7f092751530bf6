"""The words of comments' current texts: found in either case, every word from its beginning, on both databases.

SQLite holds them in an FTS5 table without the texts, written when a comment is scored and not when it's taken in: a
million lines are in the database twice as soon. PostgreSQL indexes the text itself. On both, what becomes of a text
becomes of its words: see the migration's triggers.
"""

from __future__ import annotations

import sqlite3
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, literal_column, select, text, update

from moderator.errors import ConfigError
from moderator.storage.columns import COMMENT, REVISION
from moderator.storage.failures import translated
from moderator.storage.search import contains

SQLITE_TABLE = """
    CREATE VIRTUAL TABLE comment_text
    USING fts5(body, content='', columnsize=0, detail=none, tokenize='unicode61 remove_diacritics 0')
    """
"""No text is kept in it and no word's place: it's a quarter of the size, and a row in it costs a third less."""

POSTGRESQL_WORDS = """to_tsvector('simple', translate("left"(body, 100000), './_-@:%#&?=+', '            '))"""
"""What PostgreSQL's index holds, letter for letter: only then is it used."""

_C, _R = COMMENT.c, REVISION.c
_MOST_WORDS = 16
_AT_ONCE = 1_000
_CURRENT = and_(_R.comment_id == _C.id, _R.number == _C.revision)
_THEIRS = COMMENT.alias("theirs")
_ROW: ColumnElement[int] = literal_column("comment_text.rowid")
_FORGET = text(
    "INSERT INTO comment_text(comment_text, rowid, body) SELECT 'delete', comment.id, revision.body FROM comment"
    " JOIN revision ON revision.comment_id = comment.id AND revision.number = comment.indexed_revision"
    " WHERE comment.id IN :these AND comment.indexed_revision <> comment.revision"
).bindparams(bindparam("these", expanding=True))
_LEARN = text(
    "INSERT INTO comment_text(rowid, body) SELECT comment.id, revision.body FROM comment"
    " JOIN revision ON revision.comment_id = comment.id AND revision.number = comment.revision"
    " WHERE comment.id IN :these AND comment.indexed_revision IS NOT comment.revision"
).bindparams(bindparam("these", expanding=True))


def check_sqlite() -> None:
    """Checks, in memory, that SQLite here was built with what indexes words.

    Raises:
        StorageError: It wasn't.
    """
    with translated(sys.executable), closing(sqlite3.connect(":memory:")) as db:
        db.execute(SQLITE_TABLE)


def words_of(line: str) -> list[str]:
    """The words of a text as the index knows them: runs of letters and digits, in lower case, each once."""
    return list(dict.fromkeys(_runs(line)))


def _runs(line: str) -> list[str]:
    return ["".join(letters) for inside, letters in groupby(line.lower(), _is_letter) if inside]


def _is_letter(char: str) -> bool:
    # By the oldest tables that Python has: whatever is a letter in them is one in SQLite's too.
    return unicodedata.ucd_3_2_0.category(char)[0] in "LN"


def index_texts(conn: Connection, comment_ids: Sequence[int]) -> None:
    """Makes the current texts of these comments searchable, in the caller's transaction. Again changes nothing."""
    if conn.dialect.name != "sqlite" or not comment_ids:
        return
    for start in range(0, len(comment_ids), _AT_ONCE):
        these = list(comment_ids[start : start + _AT_ONCE])
        conn.execute(_FORGET, {"these": these})
        conn.execute(_LEARN, {"these": these})
        conn.execute(update(COMMENT).where(_C.id.in_(these)).values(indexed_revision=_C.revision))


def text_condition(conn: Connection, wanted: str) -> ColumnElement[bool]:
    """Comments whose current text has every word of `wanted`, each perhaps longer. In quotes: in a row, as typed.

    Raises:
        ConfigError: There's no letter or digit in it.
    """
    words = words_of(wanted)[:_MOST_WORDS]
    if not words:
        hint = "For example: text:bridge"
        raise ConfigError("Filter: a search needs a letter or a digit.", code="config.filter", hint=hint)
    found = _C.id.in_(having_words(conn, [words], prefix=True))
    if wanted.strip().lower() == words[0]:
        return found
    said = select(_R.comment_id).where(_CURRENT, contains(conn, _R.body, wanted.strip()))
    return and_(found, said.correlate(COMMENT).exists())


def having_words(conn: Connection, sets: Sequence[Sequence[str]], *, prefix: bool = False) -> Select[Any]:
    """A statement for the numbers of comments that have all words of at least one of some sets.

    Args:
        conn: Says which database it is.
        sets: Words as `words_of` gives them, at least one in each set.
        prefix: A word also counts as the beginning of a longer one.
    """
    if conn.dialect.name == "sqlite":
        match = _one_of(sets, '"', "*" if prefix else "", (" AND ", " OR "))
        return select(_ROW).select_from(text("comment_text")).where(literal_column("comment_text").op("MATCH")(match))
    match = _one_of(sets, "'", ":*" if prefix else "", (" & ", " | "))
    has = literal_column(POSTGRESQL_WORDS).op("@@")(func.to_tsquery("simple", match))
    current = and_(_THEIRS.c.id == _R.comment_id, _THEIRS.c.revision == _R.number)
    return select(_R.comment_id).join_from(REVISION, _THEIRS, current).where(has)


def _one_of(sets: Sequence[Sequence[str]], quote: str, star: str, joints: tuple[str, str]) -> str:
    """The sets in a database's own query language. Words are letters and digits, so nothing in them needs escaping."""
    both, either = joints
    return either.join(f"({both.join(f'{quote}{word}{quote}{star}' for word in words)})" for words in sets)
