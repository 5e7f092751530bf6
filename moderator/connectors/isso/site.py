"""Isso as a source and as a sink."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import Abilities, Answer, BadRecord, Finding, Parcel, SiteSettings, Verdict
from moderator.connectors.exchange import GONE, Found, exchange
from moderator.connectors.isso.admin_page import AdminPage
from moderator.connectors.isso.database import IssoDatabase
from moderator.connectors.isso.items import STATUSES, IssoItem, to_comment
from moderator.connectors.site import READING, WRITING, SiteReader, SiteWriter, accepted, open_fetcher, required, table
from moderator.domain.comment import IncomingComment, Status
from moderator.domain.decision import Action
from moderator.errors import ConfigError, ConnectorError
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Fetcher

_WRONG_KEY, _NOT_FOUND = 403, 404
_FINE = frozenset({200, _NOT_FOUND})


class _Isso:
    """One Isso: by its database where the option `database` names it, else by its admin page."""

    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: dict[str, Any]) -> None:
        required(site, "url")
        self.site = site
        self.fetcher: Fetcher = open_fetcher(site, {}, transport=transport, limits=limits)
        database = str(site.options.get("database", ""))
        if not database:
            required(site, "password")
            _refuse_plain_http(site)
        self.inside = IssoDatabase(database) if database else AdminPage(site, self.fetcher, _zone(site))

    def check_address(self) -> Finding:
        """Whether Isso itself answers at the address that decisions go to."""
        reply = self.fetcher.get(f"{self.site.url.rstrip('/')}/info")
        try:
            version = table(reply.json()).get("version")
        except ConnectorError:
            version = None
        if version is None:
            hint = "Decisions are sent there. It's the address that data-isso names in your pages."
            return Finding(False, f"No Isso answers at this address (status {reply.status}).", hint)
        return Finding(True, f"Isso {visible_line(str(version), 20)} answers.")

    @property
    def articles(self) -> str:
        """What is put before an article's path."""
        return str(self.site.options.get("articles", ""))


class IssoSource(SiteReader):
    """Comments that wait in Isso.

    Args:
        site: `url` and `password` (of the admin page), or the option `database`. Further options: `articles`, the
            address that paths of articles belong to; `time_zone` of the times on the admin page, UTC unless said.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._isso = _Isso(site, transport, READING)

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """All that waits: Isso can't be asked for what is new.

        Raises:
            ConnectorError: Isso can't be reached, refuses us, or isn't as we know it.
        """
        for item in self._isso.inside.held():
            yield to_comment(item, self.name, self._isso.articles)

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Comments that others answer. Only the database says who answers whom, so nobody asks the page for them.

        Raises:
            ConnectorError: Isso can't be read.
        """
        for number in filter(str.isdecimal, remote_ids):
            item = self._isso.inside.find(int(number))
            if item is not None:
                yield to_comment(item, self.name, self._isso.articles)

    def held_count(self) -> int | None:
        """How many comments wait."""
        return self._isso.inside.count()

    def check(self) -> Sequence[Finding]:
        """Address, password, and the page or the database."""
        self._isso.inside.check_login()
        by_file = isinstance(self._isso.inside, IssoDatabase)
        found = [Finding(True, "Isso's database can be read." if by_file else "Isso takes the login.")]
        return [*found, self._isso.check_address(), Finding(True, f"{self.held_count()} comments wait.")]

    def close(self) -> None:
        """Ends the connections."""
        self._isso.fetcher.close()


class IssoSink(SiteWriter):
    """Decisions to Isso: it shows a comment, or deletes it. There is no way back from either.

    Args:
        site: As for the source.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    abilities = Abilities(remarks={Action.REJECT: "deletes it for good"})
    title = "Isso"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._isso = _Isso(site, transport, WRITING)

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: Isso can't be reached or refuses us.
        """
        number = int(parcel.decision.remote_id)
        items: list[IssoItem] = []

        def read() -> Found:
            item = self._isso.inside.find(number)
            if item is None:
                return GONE
            items.append(item)
            return Found(STATUSES.get(item.mode), item.text)

        return exchange(parcel, read, lambda: self._write(parcel, items[-1]))

    def close(self) -> None:
        """Ends the connections."""
        self._isso.fetcher.close()

    def _write(self, parcel: Parcel, item: IssoItem) -> Answer | None:
        if (stays := self.stays(parcel)) is not None:
            return stays
        if STATUSES.get(item.mode) is Status.REJECTED:
            return Answer(Verdict.STAYS, Status.REJECTED, "Isso has deleted it.")
        verb = "activate" if parcel.wanted is Status.APPROVED else "delete"
        address = f"{self.site.url.rstrip('/')}/id/{item.id}/{verb}/{item.key}"
        # Doing it twice does no harm: the second time Isso says so, or doesn't find it.
        reply = self._isso.fetcher.send("POST", address, repeatable=True)
        if reply.status not in _FINE:
            accepted(reply, self.site, "a decision")
        return None


def _zone(site: SiteSettings) -> tzinfo:
    name = str(site.options.get("time_zone", "UTC"))
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"sources.{site.name}.options.time_zone: no such time zone", code="config.source") from None


def _refuse_plain_http(site: SiteSettings) -> None:
    """The password goes in a form, which the fetcher takes for no secret."""
    if site.url.startswith("http:") and not site.plain_http:
        raise ConfigError(
            f"sources.{site.name}: the password would go over a connection without encryption",
            code="connector.plain_http",
            hint="Use its https address. For a site on this machine, set plain_http = true.",
        )
