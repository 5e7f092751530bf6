"""Saved pages and exports of the fixtures, with the comments that are expected of each, beside it."""

import json
from pathlib import Path

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileOptions, open_file

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW_MS = 1_795_348_800_000
"""2026-11-22 12:00 UTC: what relative dates in the fixtures count from."""

OPTIONS = FileOptions(now_ms=NOW_MS, now_given=True, name_by_site=True)
SAVED = sorted(
    path for folder in ("pages", "exports") for path in (FIXTURES / folder).iterdir() if path.suffix != ".jsonl"
)


def expected_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.expected.jsonl")


def expected_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in expected_path(path).read_text(encoding="utf-8").splitlines()]


def plain(record) -> dict:
    """A record as the expected files write it: what is empty is left out, and so is the folder."""
    if isinstance(record, BadRecord):
        place = record.where.rpartition("/")[2].partition(": ")[2] or record.line
        return {"left_out": record.code, "place": place}
    names = [name for name in record.__slots__ if getattr(record, name) not in {None, "", 0}]
    return {name: str(value) if not isinstance(value := getattr(record, name), int) else value for name in names}


def read(path: Path, options: FileOptions = OPTIONS) -> list[dict]:
    return [plain(record) for record in open_file(str(path), options).records()]
