"""Isso's database beside it on the same machine: read-only, and the key that its links are signed with.

Source: Isso 0.14, `isso/db/__init__.py` (tables), and itsdangerous 2, `URLSafeTimedSerializer` (salt "itsdangerous",
SHA-1), which signs the links that Isso mails to its owner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from moderator.connectors.isso.items import IssoItem
from moderator.errors import ConnectorError, ConnectorUnavailableError

_QUERY = (
    "SELECT c.id, c.mode, c.text, c.author, t.uri, t.title, c.created, c.parent"
    " FROM comments c JOIN threads t ON t.id = c.tid WHERE "
)
_WAITING = 2
_PAGE_ROWS = 500


class IssoDatabase:
    """Comments and keys from the file.

    Args:
        file: As `dbpath` in isso.cfg names it.
    """

    def __init__(self, file: str) -> None:
        self._path = Path(file).expanduser()

    def held(self) -> Iterator[IssoItem]:
        """What waits, the oldest first."""
        last = 0
        while rows := self._rows("c.mode = ? AND c.id > ? ORDER BY c.id LIMIT ?", _WAITING, last, _PAGE_ROWS):
            for row in rows:
                yield self._item(row)
            last = rows[-1][0]

    def count(self) -> int:
        """How many wait."""
        return int(self._ask("SELECT count(*) FROM comments WHERE mode = ?", _WAITING)[0][0])

    def find(self, number: int) -> IssoItem | None:
        """One comment; `None` where it's gone."""
        rows = self._rows("c.id = ?", number)
        return self._item(rows[0]) if rows else None

    def check_login(self) -> None:
        """Whether the key can be read.

        Raises:
            ConnectorError: It can't.
        """
        self._secret()

    def _item(self, row: tuple[Any, ...]) -> IssoItem:
        number, mode, text, author, uri, title, created, parent = row
        created_ms = round(created * 1000)
        return IssoItem(number, mode, text, author or "", uri, title or "", created_ms, self._key(number), parent)

    def _key(self, number: int) -> str:
        stamp = int(time.time())
        payload = b".".join((_b64(str(number).encode()), _b64(stamp.to_bytes((stamp.bit_length() + 7) // 8, "big"))))
        derived = hashlib.sha1(b"itsdangerous" + b"signer" + self._secret()).digest()  # noqa: S324  # Isso's own choice
        return b".".join((payload, _b64(hmac.new(derived, payload, hashlib.sha1).digest()))).decode()

    def _secret(self) -> bytes:
        found = self._ask("SELECT value FROM preferences WHERE key = 'session-key'")
        if not found:
            raise ConnectorError("Isso's database holds no key to sign with", code="connector.isso")
        return str(found[0][0]).encode()

    def _rows(self, condition: str, *values: int) -> list[tuple[Any, ...]]:
        return self._ask(_QUERY + condition, *values)

    def _ask(self, statement: str, *values: int) -> list[tuple[Any, ...]]:
        address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=5.0)) as database:
                return database.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            raise ConnectorUnavailableError(
                "Isso's database can't be read just now",
                code="connector.isso",
                hint="Does `database` name the file that dbpath in isso.cfg names, and may this user read it?",
            ) from error
        except sqlite3.DatabaseError as error:
            raise ConnectorError("that file isn't Isso's database", code="connector.isso") from error


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
