"""Decisions on their way, for tests of sinks."""

import uuid

from builders import START_MS

from moderator.connectors.base import Parcel
from moderator.domain.comment import Status
from moderator.domain.decision import RESULTING_STATUS, Action, ActorKind, Decision


def make_parcel(remote_id, action, body, *, reason=None, stood=Status.PENDING):
    """A parcel; `Action.UNDO` takes back whatever was decided."""
    status = Status.PENDING if action is Action.UNDO else RESULTING_STATUS[action]
    decision = Decision(
        seq=1,
        decision_id=str(uuid.UUID(int=1)),
        decided_at_ms=START_MS,
        actor_kind=ActorKind.HUMAN,
        moderator="anna",
        comment_id=1,
        source="site",
        section="",
        remote_id=remote_id,
        parent_remote_id=None,
        article_url="https://news.example/bridge",
        revision=1,
        content_digest="0" * 64,
        author_ref="0" * 32,
        language="en",
        posted_at_ms=START_MS,
        action=action,
        previous_status=Status.PENDING,
        new_status=status,
        reason_code=reason,
        note_digest=None,
        scorers=(),
        thresholds={},
        risk=0.5,
        route="review",
        rule="",
        config_hash="0" * 12,
        app_version="t",
        revealed=False,
        seconds_open=None,
        batch_id=None,
        undo_of=None,
        prev_hash="0" * 64,
        row_hash="0" * 64,
    )
    return Parcel(decision=decision, body=body, stood=stood)
