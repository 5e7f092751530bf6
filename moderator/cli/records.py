"""Decisions and proofs of erasure as JSON has them on the command line, times in ISO 8601."""

from __future__ import annotations

from dataclasses import fields

from moderator.cli.times import iso
from moderator.domain.decision import Decision
from moderator.domain.decision_log import Erasure

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


def erasure_record(proof: Erasure) -> dict[str, object]:
    """A proof of erasure as JSON has it: when, what kind, on whose order and how much. No name, no text."""
    return {
        "erasure": proof.seq,
        "erased_at": iso(proof.erased_at_ms),
        "kind": proof.kind.value,
        "subject": proof.subject,
        "ordered_by": proof.ordered_by,
        "comments": proof.comments,
        "texts": proof.texts,
        "notes": proof.notes,
        "row_hash": proof.row_hash,
    }
