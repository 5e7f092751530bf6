"""The queue as a table for people and as JSON lines for programs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

from moderator.cli.output import Column, Output
from moderator.cli.times import iso
from moderator.domain.comment import QueueRow, ScoringState
from moderator.domain.score import Label
from moderator.tui.wording import short_age

SHORT_LABELS: Mapping[Label, str] = {
    Label.TOXICITY: "toxic",
    Label.SEVERE_TOXICITY: "severe",
    Label.OBSCENE: "obscene",
    Label.THREAT: "threat",
    Label.INSULT: "insult",
    Label.IDENTITY_ATTACK: "identity",
    Label.SEXUAL_EXPLICIT: "sexual",
    Label.COLLECTIVE_BLAME: "blame",
}
"""Labels in one short word, for a narrow column."""

_WIDE = 110


def print_rows(out: Output, rows: Sequence[QueueRow], now_ms: int) -> None:
    """Prints the rows in the order given: as JSON lines where asked for, else as a table that fits the terminal."""
    if out.as_json:
        for row in rows:
            out.emit(as_record(row))
        return
    wide = shutil.get_terminal_size((80, 24)).columns >= _WIDE
    digits = max([2, *(len(str(row.id)) for row in rows)])
    columns = [
        Column("id", digits, right=True),
        Column("risk", 4, right=True),
        Column("lead", 13),
        Column("route", 8),
        Column("author", 18 if wide else 9),
        Column("age", 6, right=True),
        Column("article", 28 if wide else 12),
        Column("comment"),
    ]
    out.table(columns, [_cells(row, now_ms) for row in rows])


def _cells(row: QueueRow, now_ms: int) -> list[str]:
    return [
        str(row.id),
        f"{row.risk:.2f}",
        _lead(row),
        row.route,
        row.author_name or "guest",
        short_age(row.posted_at_ms, now_ms),
        row.article_title,
        row.excerpt,
    ]


def _lead(row: QueueRow) -> str:
    if row.scoring is ScoringState.WAITING:
        return "waiting"
    if row.scoring is ScoringState.FAILED:
        return "not scored"
    if row.lead_label is None or row.lead_score is None:
        # A word of a list, a required label that nobody could judge, or the audit's draw: the card says which.
        return "no label"
    return f"{SHORT_LABELS[row.lead_label]} {row.lead_score:.2f}"


def as_record(row: QueueRow) -> dict[str, object]:
    """A row as JSON has it. `risk` is 0..1; `lead_score` is null where no label leads."""
    return {
        "id": row.id,
        "status": row.status,
        "revision": row.revision,
        "risk": round(row.risk, 6),
        "route": row.route,
        "lead_label": row.lead_label,
        "lead_score": row.lead_score,
        "scoring": row.scoring,
        "author": row.author_name,
        "author_kind": row.author_kind,
        "article": row.article_title,
        "section": row.section,
        "lang": row.language,
        "posted_at": iso(row.posted_at_ms),
        "likes": row.likes,
        "is_reply": row.is_reply,
        "held_by": row.held_by,
        "excerpt": row.excerpt,
    }
