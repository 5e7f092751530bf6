"""The export of Disqus: threads first, then every post, with what was deleted and what was spam.

Source: Disqus, "Comments Export" (namespaces http://disqus.com and http://disqus.com/disqus-internals). Seen in the
wild: posts whose thread isn't there, threads twice, empty ids, no e-mail, no name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from moderator.connectors.base import BadRecord
from moderator.connectors.files.record import FieldError, Standing, left_out
from moderator.connectors.files.xml_elements import Broken, Element, Shape, Taken
from moderator.connectors.files.xml_source import XmlSource
from moderator.connectors.markup import text_of_html
from moderator.domain.comment import IncomingComment


class DisqusSource(XmlSource):
    """Comments of a Disqus export. Ids there are unique in the whole of Disqus."""

    shape = Shape(
        roots=frozenset({"disqus"}),
        taken=frozenset({"thread", "post"}),
        begins=frozenset(),
        resume={"thread": "thread", "post": "post"},
    )

    def read_items(self) -> Iterator[IncomingComment | BadRecord]:
        """One record per post; what was deleted or spam is told as left out."""
        self.name_by("disqus")
        threads = _Threads()
        try:
            for item in self.items():
                if isinstance(item, Broken):
                    yield self.broken(item)
                elif isinstance(item, Taken) and item.path == "thread":
                    threads.add(item.element)
                elif isinstance(item, Taken):
                    yield self._post(item.element, threads)
        finally:
            threads.close()

    def _post(self, element: Element, threads: _Threads) -> IncomingComment | BadRecord:
        standing = _standing(element)
        if standing not in self.options.take:
            return self.bad(*left_out(standing))
        thread = element.child("thread")
        url, title = threads.find(thread.attributes.get("id", "") if thread else "")
        try:
            return self.reader.read_fields(_fields(element) | {"article_url": url, "article_title": title})
        except FieldError as error:
            return self.bad(error.code, str(error))


class _Threads:
    """Address and title of each thread, in a nameless temporary file: there may be a million of them."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("CREATE TABLE thread (id TEXT PRIMARY KEY, url TEXT, title TEXT) WITHOUT ROWID")
        self._rows.execute("BEGIN")

    def add(self, element: Element) -> None:
        number = element.attributes.get("id", "")
        row = (number, element.get("link"), text_of_html(element.get("title")))
        if number and any(row[1:]):
            self._rows.execute("INSERT OR REPLACE INTO thread VALUES (?, ?, ?)", row)

    def find(self, number: str) -> tuple[str, str]:
        found = self._rows.execute("SELECT url, title FROM thread WHERE id = ?", (number,)).fetchone()
        return found or ("", "")

    def close(self) -> None:
        self._rows.close()


def _standing(element: Element) -> Standing:
    if element.get("isDeleted").lower() == "true":
        return Standing.DELETED
    if element.get("isSpam").lower() == "true":
        return Standing.SPAM
    # Newer exports may say so; without a word a post was public.
    return Standing.HELD if element.get("isApproved").lower() == "false" else Standing.PUBLISHED


def _fields(element: Element) -> dict[str, Any]:
    author, parent = element.child("author"), element.child("parent")
    message = element.child("message")
    username = author.get("username") if author else ""
    anonymous = not username or (author is not None and author.get("isAnonymous").lower() == "true")
    return {
        "id": element.attributes.get("id") or None,
        "text": None if message is None else text_of_html(message.text),
        "author_name": text_of_html(author.get("name")) if author else "",
        "author_id": None if anonymous else username,
        "author_kind": "guest" if anonymous else "registered",
        "parent_id": parent.attributes.get("id") if parent else None,
        "posted_at": element.get("createdAt") or None,
    }
