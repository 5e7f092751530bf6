"""Reading the rows of a chain, each with the hash that its content has, a page in memory at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, Connection, FromClause, Select, Text, bindparam, cast, column, func, select, table
from sqlalchemy.exc import DBAPIError

from moderator.storage.canonical import RowHasher
from moderator.storage.chain import ERASURE_HASHED, HASHED, LATER
from moderator.storage.columns import ERASURE

_PAGE = 1_000
_JSON = ("scorers", "thresholds")
_NAMES = tuple(sorted(HASHED))
_ERASURE_NAMES = tuple(sorted(ERASURE_HASHED))
_HASH = "moderator_row_hash"


class BadRow(Exception):  # noqa: N818 - it ends a walk, it's no failure of the program
    """A row that doesn't hold."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq, self.problem = seq, problem


class Link(NamedTuple):
    """What a walk along a chain needs of a row.

    Attributes:
        content_hash: The hash that its content has.
        seq: Its number.
        prev_hash: The hash that it says the row before has.
        row_hash: The hash that it says it has.
        note_digest: Of a decision: what its note has to fit.
        comment_id: Of a decision: the comment that was decided on.
    """

    content_hash: str
    seq: int
    prev_hash: str
    row_hash: str
    note_digest: str | None = None
    comment_id: int | None = None


_ERASURE_LINK = Link._fields[1:4]
_DECISION_LINK = Link._fields[1:]


class Chain(NamedTuple):
    """How a table's rows are read.

    Attributes:
        values: A page of rows as they lie there.
        link: Makes a link of such a row.
        links: A page of links, where the database asks for the hashes itself.
    """

    values: Select[*tuple[Any, ...]]
    link: Callable[[Sequence[Any]], Link]
    links: Select[*tuple[Any, ...]] | None = None


def decision_chain(conn: Connection) -> Chain:
    """How this database's decisions are read."""
    # Without types: values come as they lie there, and JSON as the text that it's stored as.
    untyped: list[ColumnClause[Any]] = [column(name) for name in (*_NAMES, "row_hash")]
    plain = table("decision", *untyped)
    as_text = {name: cast(plain.c[name], Text) for name in _JSON} if conn.dialect.name == "postgresql" else {}
    columns = [as_text.get(name, plain.c[name]) for name in _NAMES]
    hasher = RowHasher(_NAMES, later=LATER, json=_JSON, flags=("revealed", "masked"), reals=("risk", "seconds_open"))
    chain = Chain(_page_of(plain, *columns, plain.c.row_hash), _linker(hasher, _NAMES, _DECISION_LINK))
    if conn.dialect.name != "sqlite":
        return chain
    _teach(conn, hasher)
    content_hash = getattr(func, _HASH)(*columns).label("content_hash")
    return chain._replace(links=_page_of(plain, content_hash, *(plain.c[name] for name in _DECISION_LINK)))


def erasure_chain() -> Chain:
    """How the proofs of erasure are read."""
    columns = [ERASURE.c[name] for name in (*_ERASURE_NAMES, "row_hash")]
    return Chain(_page_of(ERASURE, *columns), _linker(RowHasher(_ERASURE_NAMES), _ERASURE_NAMES, _ERASURE_LINK))


def pages(conn: Connection, chain: Chain) -> Iterator[Sequence[Link]]:
    """All links of a chain, in order.

    Raises:
        BadRow: One can't be read. Those before it were given.
    """
    after = 0
    while True:
        given = {"after": after, "most": _PAGE}
        try:
            if chain.links is not None:
                page: Sequence[Any] = conn.execute(chain.links, given).all()
            else:
                page = [chain.link(row) for row in conn.execute(chain.values, given)]
        except DBAPIError as error:
            if not undecodable(error):
                raise
            page = _readable(conn, chain, after)
            if not page:
                raise BadRow(after + 1, "it holds bytes that are no text") from None
        if not page:
            return
        yield page
        after = page[-1].seq


def undecodable(error: DBAPIError) -> bool:
    """Whether it's the driver's word for bytes in SQLite that are no text."""
    # These have no code of SQLite's, and one quotes the text: they're told by their first words.
    complaints = ("Could not decode", "user-defined function raised")
    return isinstance(error.orig, sqlite3.OperationalError) and str(error.orig).startswith(complaints)


def _page_of(rows: FromClause, *columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*columns).where(rows.c.seq > bindparam("after")).order_by(rows.c.seq).limit(bindparam("most"))


def _linker(hasher: RowHasher, names: Sequence[str], kept: Sequence[str]) -> Callable[[Sequence[Any]], Link]:
    places = (*names, "row_hash")
    rest = itemgetter(*(places.index(name) for name in kept))
    return lambda row: Link(hasher.hash(row), *rest(row))


def _teach(conn: Connection, hasher: RowHasher) -> None:
    """Has SQLite ask for the hash of the row that it has before it: its values cost half of what fetching them does."""
    if _HASH not in conn.info:  # it stays with the pooled connection
        driver: Any = conn.connection.driver_connection

        def row_hash(*row: Any) -> str:
            return hasher.hash(row)

        driver.create_function(_HASH, len(_NAMES), row_hash, deterministic=True)
        conn.info[_HASH] = True


def _readable(conn: Connection, chain: Chain, after: int) -> list[Link]:
    """The links before the row that can't be read.

    Raises:
        KeyboardInterrupt: There's no such row: it came while SQLite asked for a hash, and the driver, which drops what
            is raised there, told of a failure instead.
    """
    found: list[Link] = []
    try:
        while len(found) < _PAGE and (row := conn.execute(chain.values, {"after": after, "most": 1}).first()):
            found.append(chain.link(row))
            after = found[-1].seq
    except DBAPIError as error:
        if not undecodable(error):
            raise
        return found
    raise KeyboardInterrupt
