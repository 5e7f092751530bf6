"""How it stands with each source: its comments, its last pull, and the decisions on their way back to it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, select

from moderator.domain.comment import Status
from moderator.domain.source_state import SourceState
from moderator.storage.columns import COMMENT, OUTBOX, SOURCE_CURSOR
from moderator.storage.outbox import OPEN, State, depths, last_errors
from moderator.storage.rows import ever_waited

_C, _O = COMMENT.c, OUTBOX.c
_COUNTED = select(_C.source, func.count()).where(ever_waited()).group_by(_C.source)
_WAITING = _COUNTED.where(_C.status == Status.PENDING.value)
_NEXT = select(_O.source, func.min(_O.not_before_ms)).where(_O.state.in_(OPEN)).group_by(_O.source)


def source_states(conn: Connection) -> tuple[SourceState, ...]:
    """Every source that ever gave a comment, was pulled, or has something to hear; by name."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, number in conn.execute(_COUNTED):
        found[name]["comments"] = number
    for name, number in conn.execute(_WAITING):
        found[name]["waiting"] = number
    for row in conn.execute(select(SOURCE_CURSOR)).mappings():
        found[row["source"]] |= {
            "pulled_at_ms": row["updated_at_ms"] or None,
            "tried_at_ms": row["tried_at_ms"],
            "next_pull_ms": row["next_pull_ms"],
            "failures": row["failures"] or 0,
            "problem": row["last_error"] or None,
            "held_there": row["held_there"],
        }
    for (name, state), number in depths(conn).items():
        kind = "dead" if state is State.DEAD else "to_send"
        found[name][kind] = found[name].get(kind, 0) + number
    for name, first_ms in conn.execute(_NEXT):
        found[name]["send_after_ms"] = first_ms
    for name, error in last_errors(conn).items():
        found[name]["send_problem"] = error
    return tuple(SourceState(name=name, **values) for name, values in sorted(found.items()))
