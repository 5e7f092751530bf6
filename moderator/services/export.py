"""Export: decisions and comments as files that other programs and other people read. Columns: `docs/export.md`."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from moderator.domain.clock import system_clock
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.queue import QueueQuery
from moderator.errors import ConnectorError
from moderator.services.export_columns import (
    COMMENT_COLUMNS,
    COMMENT_TEXT_COLUMNS,
    DECISION_COLUMNS,
    DECISION_TEXT_COLUMNS,
    comment_values,
    decision_values,
)
from moderator.services.tabular import ExportFormat, Row, write_rows
from moderator.storage import export_rows, queue
from moderator.storage.engine import Database
from moderator.storage.rows import Viewpoint

_PROGRESS_EVERY = 500


def export_decisions(
    db: Database,
    wanted: DecisionFilter,
    out: TextIO,
    form: ExportFormat,
    *,
    with_text: bool = False,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Writes decisions in the order they were made.

    Args:
        db: Open.
        wanted: Which.
        out: Where to, as text; a CSV file opened with `newline=""`.
        form: CSV or JSONL.
        with_text: Also the comments' texts and the moderators' notes.
        progress: Called now and then with the number of rows written.

    Returns:
        How many decisions were written.

    Raises:
        StorageError: The database failed.
        OSError: `out` can't be written; `BrokenPipeError` where its reader went away.
    """
    columns = DECISION_COLUMNS + (DECISION_TEXT_COLUMNS if with_text else ())
    with db.read() as conn:
        records = export_rows.decisions(conn, wanted, with_text=with_text)
        return write_rows(_counted(map(decision_values, records), progress), columns, out, form)


def export_comments(
    db: Database,
    query: QueueQuery,
    out: TextIO,
    form: ExportFormat,
    *,
    author_key: bytes,
    with_text: bool = False,
    progress: Callable[[int], None] | None = None,
    now_ms: int | None = None,
) -> int:
    """Writes the comments of a query, in its order.

    Args:
        db: Open.
        query: Which, in which order.
        out: Where to, as text; a CSV file opened with `newline=""`.
        form: CSV or JSONL.
        author_key: The operator's key for `author_ref`: the same author has the same one in both exports.
        with_text: Also texts and authors' names.
        progress: Called now and then with the number of rows written.
        now_ms: The time that decides which deferred comments are due; now where absent.

    Returns:
        How many comments were written.

    Raises:
        StorageError: The database failed.
        OSError: `out` can't be written; `BrokenPipeError` where its reader went away.
    """
    columns = COMMENT_COLUMNS + (COMMENT_TEXT_COLUMNS if with_text else ())
    with db.read() as conn:
        view = Viewpoint(system_clock() if now_ms is None else now_ms)
        numbers: array[int] = queue.ids(conn, query, view)
        records = export_rows.comments(conn, numbers, with_text=with_text)
        rows = (comment_values(record, author_key) for record in records)
        return write_rows(_counted(rows, progress), columns, out, form)


@contextmanager
def replacing(path: Path) -> Generator[TextIO]:
    """A text file to write that takes `path`'s place only when all of it is written, and on disk.

    A new file is readable by its owner alone, since it may hold what readers wrote; one that is replaced keeps its
    permissions.

    Raises:
        ConnectorError: It can't be written. What was at `path` is as it was.
    """
    partial: str | None = None
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
        with open(handle, "w", encoding="utf-8", newline="") as out:  # noqa: PTH123 - it's a descriptor already
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


def _counted(rows: Iterator[Row], progress: Callable[[int], None] | None) -> Iterator[Row]:
    """The same rows, counted aloud."""
    count = 0
    for row in rows:
        yield row
        count += 1
        if progress is not None and count % _PROGRESS_EVERY == 0:
            progress(count)
    if progress is not None:
        progress(count)
