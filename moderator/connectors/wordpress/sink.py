"""Decisions to WordPress."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import Abilities, Answer, Parcel, SiteSettings, Verdict
from moderator.connectors.exchange import GONE, Found, exchange
from moderator.connectors.site import WRITING, SiteWriter, accepted
from moderator.connectors.wordpress.items import STATUSES, to_comment
from moderator.connectors.wordpress.rest import Rest
from moderator.domain.comment import Status
from moderator.domain.decision import Action
from moderator.errors import ConfigError

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Reply

_FIELDS = "id,post,parent,author,author_name,author_ip,author_user_agent,date_gmt,content,link,status"
_REASONS = {"spam": "spam", "*": "trash"}
_NOT_FOUND = 404
_REFUSED = frozenset({401, 403})


class WordPressSink(SiteWriter):
    """Decisions to WordPress: approve, spam or trash, and back to held.

    Args:
        site: As for the source; `reasons` maps to `spam` or `trash`. With the option `overwrite_ip` a comment whose
            IP address WordPress doesn't keep is decided all the same where XML-RPC is off: it then gets ours.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing, or a reason maps to a word that WordPress doesn't know.
    """

    abilities = Abilities(takes_back=frozenset({Action.APPROVE, Action.REJECT}))
    title = "WordPress"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._rest = Rest(site, transport, WRITING)
        for word in site.reasons.values():
            if word not in {"spam", "trash"}:
                raise ConfigError(
                    f"sources.{site.name}.reasons: WordPress knows spam and trash, nothing else", code="config.source"
                )

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: The site can't be reached or refuses us.
        """
        number = parcel.decision.remote_id
        item: dict[str, Any] = {}

        def read() -> Found:
            reply = self._rest.call("GET", f"wp/v2/comments/{number}", {"context": "edit", "_fields": _FIELDS})
            if reply.status == _NOT_FOUND:
                return GONE
            item.clear()
            item.update(accepted(reply, self.site, "reading a comment").json())
            return Found(STATUSES.get(str(item.get("status"))), to_comment(item, self.name).body)

        return exchange(parcel, read, lambda: self._write(number, self._word(parcel), item))

    def close(self) -> None:
        """Ends the connections."""
        self._rest.fetcher.close()

    def _word(self, parcel: Parcel) -> str:
        if parcel.wanted is Status.REJECTED:
            return self.site.word_for(parcel.decision.reason_code, _REASONS)
        return "approved" if parcel.wanted is Status.APPROVED else "hold"

    def _write(self, number: str, word: str, item: Mapping[str, Any]) -> Answer | None:
        path = f"wp/v2/comments/{number}"
        if not item.get("author_ip") and not self.site.options.get("overwrite_ip"):
            return self._write_aside(number, word, path)
        # Left out, WordPress puts our own address and agent in their place. Source: WordPress Trac, ticket 64248.
        kept = {name: item[name] for name in ("author_ip", "author_user_agent") if item.get(name)}
        reply = self._rest.call("POST", path, json={"status": word, **kept})
        # Anything else is told by reading back: WordPress says 500 where nothing had to change.
        return None if reply.status not in _REFUSED else self._refused(reply)

    def _write_aside(self, number: str, word: str, path: str) -> Answer | None:
        """For a comment without an IP address: the two ways that leave that alone."""
        if word == "trash":
            reply = self._rest.call("DELETE", path)
            return None if reply.status not in _REFUSED else self._refused(reply)
        status = "approve" if word == "approved" else word
        login = (1, self.site.username, self.site.password, int(number), {"status": status})
        call = xmlrpc.client.dumps(login, "wp.editComment")
        address = self.site.url.rstrip("/") + "/xmlrpc.php"
        reply = self._rest.fetcher.send("POST", address, content=call.encode(), headers={"Content-Type": "text/xml"})
        if reply.ok and b"<fault>" not in reply.body:
            return None
        return Answer(
            Verdict.REFUSED,
            Status.PENDING,
            "The comment has no IP address, which WordPress would overwrite with ours, and XML-RPC is off there: set"
            " the option overwrite_ip for this source to decide all the same.",
        )

    def _refused(self, reply: Reply) -> Answer | None:
        accepted(reply, self.site, "a decision")
        return None
