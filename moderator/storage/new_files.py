"""Files that are either whole or not there: a backup must never be mistaken for one while it is being written."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from moderator.errors import StorageError


@contextmanager
def new_file(target: Path) -> Generator[Path]:
    """A file beside `target`, for its owner alone, that takes its place when the block ends well, and goes if not.

    Raises:
        StorageError: `target` exists or can't be written.
    """
    if target.exists():
        raise StorageError(f"{target}: exists already", code="storage.exists", hint="Name a new file.")
    partial = target.with_name(target.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # it will hold what readers wrote
        yield partial
        partial.replace(target)
    except OSError as error:
        hint = "Check the folder, its permissions and the room on the disk."
        raise StorageError(f"{target}: {error.strerror or error}", code="storage.backup", hint=hint) from error
    finally:
        with suppress(OSError):
            partial.unlink()
