"""Articles and authors of incoming comments: found, or made, or brought up to date, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TableClause,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from moderator.domain.comment import AuthorKind, IncomingComment
from moderator.storage.columns import ARTICLE, AUTHOR

_LOOKUP_SIZE = 10_000
"""Values in one `IN`: both databases allow at least three times as many."""


def lookup(conn: Connection, statement: Any, column: ColumnElement[Any], values: Sequence[object]) -> Iterator[Any]:
    """The statement's rows whose column has one of the values, however many they are."""
    for start in range(0, len(values), _LOOKUP_SIZE):
        yield from conn.execute(statement.where(column.in_(values[start : start + _LOOKUP_SIZE])))


def reserve_ids(conn: Connection, table: TableClause, count: int) -> Sequence[int]:
    """Ids for `count` new rows that nobody else will use, inside a write transaction.

    With the ids at hand, rows that refer to each other are written in bulk and nothing is read back.
    """
    if count == 0:
        return ()
    if conn.dialect.name == "postgresql":
        sequence = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
        return [row[0] for row in conn.execute(sequence, {"table": table.name, "count": count})]
    # The transaction began with the database's only write lock, so the highest id can't change under it.
    highest: int = conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return range(highest + 1, highest + 1 + count)


def insert_rows(conn: Connection, table: TableClause, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes rows in bulk, in the order of the columns.

    SQLite gets the tuples as they are: naming and unnaming each value costs as much again as the insert itself.
    """
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        conn.exec_driver_sql(statement, list(rows))
    else:
        conn.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def article_ids(conn: Connection, source: str, comments: Sequence[IncomingComment], now_ms: int) -> dict[str, int]:
    """Ids of the comments' articles by URL. A title or section that the source now gives replaces the stored one."""
    wanted: dict[str, list[str]] = {}
    for comment in comments:
        words = wanted.setdefault(comment.article_url, ["", ""])
        words[0] = comment.article_title or words[0]
        words[1] = comment.section or words[1]
    columns = ARTICLE.c
    statement = select(columns.id, columns.url, columns.title, columns.section).where(columns.source == source)
    found: dict[str, int] = {}
    changed: list[dict[str, Any]] = []
    for article_id, url, title, section in lookup(conn, statement, columns.url, list(wanted)):
        found[url] = article_id
        now = {"now_title": wanted[url][0] or title, "now_section": wanted[url][1] or section}
        if tuple(now.values()) != (title, section):
            changed.append({"article_id": article_id, **now})
    if changed:
        values: dict[str, Any] = {"title": bindparam("now_title"), "section": bindparam("now_section")}
        conn.execute(update(ARTICLE).where(columns.id == bindparam("article_id")).values(values), changed)
    missing = [url for url in wanted if url not in found]
    made = dict(zip(missing, reserve_ids(conn, ARTICLE, len(missing)), strict=True))
    rows = [(article_id, source, url, *wanted[url], now_ms) for url, article_id in made.items()]
    insert_rows(conn, ARTICLE, ("id", "source", "url", "title", "section", "first_seen_ms"), rows)
    return found | made


def author_ids(conn: Connection, source: str, comments: Sequence[IncomingComment], now_ms: int) -> dict[str, int]:
    """Ids of the comments' authors by `author_key`. A name that the source now gives replaces the stored one."""
    wanted: dict[str, IncomingComment] = {}
    for comment in comments:
        key = author_key(comment)
        if comment.author_name or key not in wanted:
            wanted[key] = comment
    columns = AUTHOR.c
    statement = select(columns.id, columns.key, columns.name).where(columns.source == source)
    found: dict[str, int] = {}
    renamed: list[dict[str, Any]] = []
    for author_id, key, name in lookup(conn, statement, columns.key, list(wanted)):
        found[key] = author_id
        now = wanted[key].author_name
        if now and now != name:
            renamed.append({"author_id": author_id, "now_name": now})
    if renamed:
        statement = update(AUTHOR).where(columns.id == bindparam("author_id"))
        conn.execute(statement.values(name=bindparam("now_name")), renamed)
    missing = [key for key in wanted if key not in found]
    made = dict(zip(missing, reserve_ids(conn, AUTHOR, len(missing)), strict=True))
    rows = [
        (author_id, source, key, wanted[key].author_name, wanted[key].author_kind.value, now_ms)
        for key, author_id in made.items()
    ]
    insert_rows(conn, AUTHOR, ("id", "source", "key", "name", "kind", "first_seen_ms"), rows)
    return found | made


def author_key(comment: IncomingComment) -> str:
    """Who wrote it, within the source: a checked id, or the name that was typed (which proves nothing)."""
    if comment.author_remote_id is not None:
        return f"id:{comment.author_remote_id}"
    kind = "name" if comment.author_kind is AuthorKind.REGISTERED else "guest"
    return f"{kind}:{comment.author_name}"
