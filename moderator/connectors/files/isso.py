"""Isso's database, read where it lies: read-only, a page at a time, so that Isso itself never waits.

Source: Isso 0.14, `isso/db/comments.py`: tables `threads` and `comments`; `mode` is a sum of 1 (public), 2 (waits for a
moderator) and 4 (deleted, kept for its replies); `created` is Unix time in seconds.
"""

from __future__ import annotations

import html
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files.opened import STDIN, Opened
from moderator.connectors.files.record import FieldError, FileOptions, RecordReader, Standing, left_out
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

_PAGE_ROWS = 500
_WAIT_S = 5.0
_COLUMNS = "c.id, c.parent, c.created, c.mode, c.text, c.author, c.likes, c.dislikes, t.uri, t.title"
_QUERY = f"SELECT {_COLUMNS} FROM comments c LEFT JOIN threads t ON t.id = c.tid WHERE c.id > ? ORDER BY c.id LIMIT ?"  # noqa: S608  # of constants
_PUBLIC, _WAITING, _DELETED = 1, 2, 4


class IssoSource:
    """Comments of an Isso database.

    Args:
        opened: The file. It's closed at once; SQLite opens it by its path.
        options: How.
    """

    def __init__(self, opened: Opened, options: FileOptions) -> None:
        opened.close()
        if opened.where == STDIN or opened.url:
            raise ConnectorError(
                f"{visible_line(opened.where)}: a database can't be read from a stream",
                code="connector.isso",
                hint="Copy it, together with its -wal file if there is one, and name the copy.",
            )
        self._path = Path(opened.where).expanduser()
        self._where = opened.where
        self._options = options
        self._reader = RecordReader(options, textual=False)
        self._last = 0

    @property
    def name(self) -> str:
        """The source's name."""
        return self._options.source

    @property
    def position(self) -> Position:
        """Where the stream stands; a database has no lines."""
        return Position(self._place(), None, 0, None, derived_ids=self._reader.derived_ids)

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Streams the comments by their ids.

        Raises:
            ConnectorError: It isn't Isso's, or can't be read (on).
        """
        try:
            with closing(self._connect()) as database:
                # Fetched page by page, so that no lock is held while a page is taken in.
                while rows := database.execute(_QUERY, (self._last, _PAGE_ROWS)).fetchall():
                    for row in rows:
                        self._last = row["id"]
                        yield self._record(row)
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _connect(self) -> sqlite3.Connection:
        address = f"file:{quote(os.path.abspath(self._path))}?mode=ro"  # noqa: PTH100  # no symlink is resolved: -wal lies beside the name
        try:
            return _opened(address)
        except sqlite3.OperationalError:
            if Path(f"{self._path}-wal").exists():
                raise
            # In a folder that can't be written, SQLite can't keep its shared memory beside a database in WAL mode.
            # Without a -wal file nothing is missing from the main one.
            return _opened(f"{address}&immutable=1")

    def _record(self, row: sqlite3.Row) -> IncomingComment | BadRecord:
        standing = _standing(row["mode"])
        if standing not in self._options.take:
            return self._bad(*left_out(standing))
        try:
            return self._reader.read_fields(_fields(row))
        except FieldError as error:
            return self._bad(error.code, str(error))

    def _bad(self, code: str, reason: str) -> BadRecord:
        return BadRecord(self._place(), None, reason, code)

    def _place(self) -> str:
        return f"{self._where}: comment {self._last}" if self._last else self._where

    def _failed(self, error: sqlite3.Error) -> ConnectorError:
        said = str(error)
        if "no such table" in said or "no such column" in said:
            hint = "Only Isso's database is known. Our own is opened with --database."
            what = "is an SQLite database, but not Isso's"
        elif "not a database" in said or "malformed" in said:
            what, hint = "is a broken database", "Take a copy with: sqlite3 FILE '.backup COPY'"
        else:
            what = "can't be read by SQLite"
            hint = (
                "Does its -wal file belong to somebody else? Copy the database with its -wal file, and name the copy."
            )
        return ConnectorError(f"{visible_line(self._where)}: {what}", code="connector.isso", hint=hint)


def _opened(address: str) -> sqlite3.Connection:
    database = sqlite3.connect(address, uri=True, timeout=_WAIT_S, isolation_level=None)
    database.row_factory = sqlite3.Row
    database.text_factory = _text
    try:
        database.execute("PRAGMA query_only = ON")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _text(raw: bytes) -> str:
    """Bytes that are no UTF-8 survive as surrogates: whoever takes the comment in refuses it by name."""
    return raw.decode("utf-8", "surrogateescape")


def _standing(mode: Any) -> Standing:
    """The gravest bit counts."""
    bits = mode if isinstance(mode, int) else _WAITING
    if bits & _DELETED:
        return Standing.DELETED
    return Standing.PUBLISHED if bits & _PUBLIC and not bits & _WAITING else Standing.HELD


def _fields(row: sqlite3.Row) -> dict[str, Any]:
    author = row["author"]
    created = row["created"]
    return {
        "id": row["id"],
        "text": row["text"],  # as it was typed: Markdown
        "article_url": row["uri"],
        "article_title": row["title"],
        "author_name": html.unescape(author) if isinstance(author, str) else author,  # stored escaped
        "author_kind": "guest",
        "parent_id": row["parent"],
        "posted_at": created,
        "likes": row["likes"],
        "dislikes": row["dislikes"],
    }
