"""Export: decisions and comments as files that other programs and other people read. Columns: `docs/export.md`."""

from __future__ import annotations

import difflib
import hashlib
import io
import os
import tempfile
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO, TextIO

from moderator.domain.clock import system_clock
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, ConnectorError
from moderator.services.export_columns import (
    COMMENT_COLUMNS,
    COMMENT_TEXT_COLUMNS,
    DECISION_COLUMNS,
    DECISION_TEXT_COLUMNS,
    comment_values,
    decision_batch,
)
from moderator.services.tabular import BATCH_ROWS, Batch, Column, ExportFormat, in_batches, size, write_batches
from moderator.storage import export_rows, queue
from moderator.storage.engine import Database
from moderator.storage.rows import Viewpoint
from moderator.text.visible import visible_line


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be written, a batch in memory at a time.

    Attributes:
        columns: Which columns, in which order.
        after: Gives the batches that follow a place, each with the place where it ends; the first follow place 0.
        state: What the rows hang on beside the place: the same state, the same rows behind it.
    """

    columns: tuple[Column, ...]
    after: Callable[[int], Iterator[tuple[int, Batch]]]
    state: str = ""

    def batches(self) -> Iterator[Batch]:
        """All of them."""
        return (batch for _, batch in self.after(0))


_COLUMNS_HINT = "docs/export.md lists the columns."

Write = Callable[[Table], int]
"""Writes a table and says how many rows there were."""


def text_writer(out: TextIO, form: ExportFormat) -> Write:
    """Writes to something that is open already; a CSV file with `newline=""`."""
    return lambda table: write_batches(table.batches(), table.columns, out, form)


def write_decisions(
    db: Database,
    wanted: DecisionFilter,
    write: Write,
    *,
    names: Sequence[str] = (),
    with_text: bool = False,
    until_seq: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Hands decisions on in the order they were made.

    Args:
        db: Open.
        wanted: Which.
        write: Takes the rows. A place among them is a decision's number.
        names: Which columns, in this order; all where empty.
        with_text: Also the comments' texts and the moderators' notes.
        until_seq: Only up to this decision.
        progress: Called now and then with the number of rows written.

    Raises:
        ConfigError: There is no such column.
        StorageError: The database failed.
    """
    columns = chosen_columns(DECISION_COLUMNS, DECISION_TEXT_COLUMNS, names, with_text=with_text)
    with db.read() as conn:

        def after(seq: int) -> Iterator[tuple[int, Batch]]:
            pages = export_rows.decisions(conn, wanted, with_text=with_text, after_seq=seq, until_seq=until_seq)
            return _counted(((page["seq"][-1], decision_batch(page, columns)) for page in pages), progress)

        return write(Table(columns, after))


def write_comments(
    db: Database,
    query: QueueQuery,
    write: Write,
    *,
    author_key: bytes,
    names: Sequence[str] = (),
    with_text: bool = False,
    progress: Callable[[int], None] | None = None,
    now_ms: int | None = None,
) -> int:
    """Hands the comments of a query on, in its order.

    Args:
        db: Open.
        query: Which, in which order.
        write: Takes the rows. A place among them is how many are before it.
        author_key: The operator's key for `author_ref`: the same author has the same one in both exports.
        names: Which columns, in this order; all where empty.
        with_text: Also texts and authors' names.
        progress: Called now and then with the number of rows written.
        now_ms: The time that decides which deferred comments are due; now where absent.

    Raises:
        ConfigError: There is no such column.
        StorageError: The database failed.
    """
    columns = chosen_columns(COMMENT_COLUMNS, COMMENT_TEXT_COLUMNS, names, with_text=with_text)
    with db.read() as conn:
        view = Viewpoint(system_clock() if now_ms is None else now_ms)
        numbers: array[int] = queue.ids(conn, query, view)

        def after(place: int) -> Iterator[tuple[int, Batch]]:
            records = export_rows.comments(conn, numbers[place:], with_text=with_text)
            batches = in_batches((comment_values(record, author_key) for record in records), columns)
            ends = (min(end, len(numbers)) for end in count(place + BATCH_ROWS, BATCH_ROWS))
            return _counted(zip(ends, batches, strict=False), progress)

        return write(Table(columns, after, hashlib.sha256(numbers).hexdigest()))


def chosen_columns(
    usual: Sequence[Column], texts: Sequence[Column], names: Sequence[str], *, with_text: bool
) -> tuple[Column, ...]:
    """The columns of an export.

    Args:
        usual: Those that are there in any case.
        texts: Those that are there only with texts.
        names: Which are wanted, in this order; all where empty.
        with_text: Whether texts were asked for.

    Raises:
        ConfigError: There is no such column, or it's one of texts that weren't asked for.
    """
    known = {column.name: column for column in (*usual, *(texts if with_text else ()))}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hidden = any(column.name == name for column in texts)
            hint = (
                "It comes with --with-text alone." if hidden else f"Did you mean {near[0]}?" if near else _COLUMNS_HINT
            )
            raise ConfigError(f"there is no column {visible_line(name, 40)!r}", code="export.column", hint=hint)
    return tuple(known[name] for name in dict.fromkeys(names)) if names else tuple(known.values())


@contextmanager
def replacing(path: Path) -> Generator[TextIO]:
    """A text file, UTF-8, to write as `replacing_bytes` does.

    Raises:
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    with replacing_bytes(path) as raw:
        out = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        yield out
        out.flush()
        out.detach()


@contextmanager
def replacing_bytes(path: Path) -> Generator[BinaryIO]:
    """A file to write that takes `path`'s place only when all of it is written, and on disk.

    A new file is readable by its owner alone, since it may hold what readers wrote; one that is replaced keeps its
    permissions.

    Raises:
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    partial: str | None = None
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
        with open(handle, "wb") as out:  # noqa: PTH123 - it's a descriptor already
            yield out
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileNotFoundError):
            Path(partial).chmod(path.stat().st_mode & 0o777)
        Path(partial).replace(path)
        partial = None
    except OSError as error:
        raise ConnectorError(
            f"{path}: {error.strerror or error}",
            code="export.write",
            hint="Check the folder, its permissions and the room on the disk.",
        ) from error
    finally:
        if partial is not None:
            with suppress(OSError):
                Path(partial).unlink()


def _counted(
    batches: Iterable[tuple[int, Batch]], progress: Callable[[int], None] | None
) -> Iterator[tuple[int, Batch]]:
    """The same batches, their rows counted aloud."""
    rows = 0
    for place, batch in batches:
        yield place, batch
        rows += size(batch)
        if progress is not None:
            progress(rows)
