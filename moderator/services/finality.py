"""What a site won't take back, said before anybody decides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from moderator.connectors.base import Abilities, Sink
from moderator.domain.decision import Action, Decision
from moderator.errors import ModeratorError
from moderator.storage import outbox
from moderator.storage.engine import Database
from moderator.storage.outbox import State
from moderator.text.visible import visible_line

_SENT = frozenset({State.SENT.value, State.SENDING.value})
_KEPT = "can't take it back"
_LOG = logging.getLogger(__name__)


class Finality:
    """Knows what sinks can't do. Asks no site. Any thread may call it.

    Args:
        db: The database.
        sources: Names of the sources that take decisions back.
        open_sink: Makes the sink of a source; called once for each, and closed at once.
    """

    def __init__(self, db: Database, sources: Sequence[str], open_sink: Callable[[str], Sink]) -> None:
        self._db = db
        self._sources = frozenset(sources)
        self._open_sink = open_sink
        self._known: dict[str, Abilities | None] = {}

    def warnings(self) -> dict[str, Mapping[Action, str]]:
        """What a moderator should hear before a key: source -> action -> half a sentence about the site.

        As in "deletes it for good". An action that the site can take back like any other isn't there.
        """
        return {source: found for source in sorted(self._sources) if (found := self._warnings_of(source))}

    def of_undo(self, decision: Decision) -> str | None:
        """What a moderator should hear before taking that decision back; `None` where the site just follows.

        Raises:
            StorageError: The database failed.
        """
        if decision.action not in self._warnings_of(decision.source):
            return None
        with self._db.read() as conn:
            standing = outbox.standing_of(conn, decision.seq)
        if standing is None or standing[1] not in _SENT:
            return None
        return f"{visible_line(decision.source)} can't take that back: it stays {decision.new_status.value} there"

    def _warnings_of(self, source: str) -> Mapping[Action, str]:
        abilities = self._abilities(source) if source in self._sources else None
        if abilities is None:
            return {}
        final = (action for action in (Action.APPROVE, Action.REJECT) if action not in abilities.takes_back)
        return {**dict.fromkeys(final, _KEPT), **abilities.remarks}

    def _abilities(self, source: str) -> Abilities | None:
        """`None` where the sink can't be made: delivery says why."""
        if source not in self._known:
            try:
                sink = self._open_sink(source)
            except ModeratorError as error:
                _LOG.warning("a sink can't be opened", extra={"source": source, "code": error.code})
                self._known[source] = None
                return None
            self._known[source] = sink.abilities
            close = getattr(sink, "close", None)  # a stranger's sink needn't have one
            if callable(close):
                close()
        return self._known[source]
