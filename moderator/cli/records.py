"""Decisions as JSON has them on the command line: every field of the log's row, times in ISO 8601."""

from __future__ import annotations

from dataclasses import fields

from moderator.cli.times import iso
from moderator.domain.decision import Decision

_TIMES = {"decided_at_ms": "decided_at", "posted_at_ms": "posted_at"}


def decision_record(decision: Decision) -> dict[str, object]:
    """A decision as JSON has it. `moderator export decisions` writes the same facts in its documented columns."""
    record: dict[str, object] = {}
    for field in fields(decision):
        value = getattr(decision, field.name)
        if field.name in _TIMES:
            record[_TIMES[field.name]] = iso(value)
        else:
            record[field.name] = value
    return record
