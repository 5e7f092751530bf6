"""The rejects file: which records were left out, and why, for whoever made the export."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from moderator.connectors.base import BadRecord
from moderator.connectors.links import named_host
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line


def is_address(what: str) -> bool:
    """Whether what somebody named is an address, not a file."""
    return what.lower().startswith(("http://", "https://"))


def rejects_path_for(what: str) -> Path:
    """Where the rejects of a file go: beside it, `NAME.rejects.jsonl`; of the standard input or an address, here."""
    if what == "-":
        return Path("stdin.rejects.jsonl")
    if is_address(what):
        host = re.sub(r"[^A-Za-z0-9.-]", "_", named_host(what) or "page")[:100]
        return Path(f"{host}.rejects.jsonl")
    path = Path(what).expanduser()
    return path.with_name(f"{path.name}.rejects.jsonl")


class RejectsFile:
    """Writes one JSON object per record, in ASCII. The file is made, or emptied, with the first of them.

    Args:
        path: Where; `None` writes nothing.
        keep_lines: Keep the record's raw beginning too, which is a reader's text. The file is the owner's alone.
    """

    def __init__(self, path: Path | None, *, keep_lines: bool = False) -> None:
        self.path = path
        self._keep_lines = keep_lines
        self._out: IO[str] | None = None

    @property
    def written(self) -> Path | None:
        """The file, if anything was written."""
        return self.path if self._out else None

    def add(self, bad: BadRecord) -> None:
        """Writes one record.

        Raises:
            ConnectorError: The file can't be written.
        """
        if self.path is None:
            return
        entry: dict[str, object] = {"file": bad.where, "line": bad.line, "code": bad.code, "reason": bad.reason}
        if self._keep_lines:
            entry["raw"] = bad.raw.decode("utf-8", "backslashreplace")
        try:
            if self._out is None:
                self._out = self._open(self.path)
            self._out.write(json.dumps(entry, ensure_ascii=True) + "\n")
        except OSError as error:
            raise self._failed(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is None:
            return
        try:
            self._out.close()
        except OSError as failure:
            raise self._failed(failure) from None

    @staticmethod
    def _open(path: Path) -> IO[str]:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.fdopen(handle, "w", encoding="ascii")

    def _failed(self, error: OSError) -> ConnectorError:
        return ConnectorError(
            f"{visible_line(str(self.path))}: the rejects can't be written: {error.strerror}",
            code="connector.rejects",
            hint="Name another place with --rejects. What was taken in so far is stored.",
        )
