"""Which files texts were exported to, so that whoever erases one is told where else it may be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from moderator.domain.decision_log import ExportedFile
from moderator.storage.columns import EXPORT_FILE

_E = EXPORT_FILE.c


def remember(conn: Connection, file: ExportedFile) -> None:
    """Notes a file. What was noted under the same path is replaced: so was the file."""
    conn.execute(delete(EXPORT_FILE).where(_E.path == file.path))
    values = {"path": file.path, "kind": file.kind, "written_at_ms": file.written_at_ms, "sha256": file.sha256}
    conn.execute(insert(EXPORT_FILE), values)


def written_since(conn: Connection, since_ms: int) -> list[ExportedFile]:
    """Files with texts that were written at a time or after it, the oldest first."""
    rows = select(_E.path, _E.kind, _E.written_at_ms, _E.sha256).where(_E.written_at_ms >= since_ms)
    return [ExportedFile(*row) for row in conn.execute(rows.order_by(_E.written_at_ms, _E.id))]


def forget(conn: Connection, paths: Sequence[str]) -> None:
    """Takes files out of the index: they are gone."""
    if paths:
        conn.execute(delete(EXPORT_FILE).where(_E.path.in_(paths)))
