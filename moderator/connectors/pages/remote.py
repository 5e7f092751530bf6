"""What an address answers, as something to read: fetched within bounds, and only where robots.txt allows it."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from protego import Protego

from moderator.connectors.files.opened import Opened, open_bytes
from moderator.connectors.http import Fetcher, Reply
from moderator.connectors.links import named_host
from moderator.domain.clock import Clock, system_clock
from moderator.errors import ConnectorError, ConnectorUnavailableError
from moderator.text.visible import visible_line

AGENT = "moderator"
"""The name that robots.txt may address. Source: RFC 9309, section 2.2.1."""

_MOST_ROBOTS_CHARS = 512_000


def open_address(url: str, fetcher: Fetcher, clock: Clock = system_clock) -> Opened:
    """Fetches a page, a feed or an export.

    Args:
        url: Absolute, http or https.
        fetcher: Makes the requests.
        clock: Time of the fetch, which "1 day ago" counts from.

    Raises:
        ConnectorUnavailableError: Not reachable, too slow, or "not now" to the last try.
        ConnectorError: An address or answer that isn't taken, or robots.txt forbids it.
    """
    if not named_host(url):
        raise ConnectorError(
            f"{visible_line(url, 100)}: names no site",
            code="connector.address",
            hint="An address looks like https://news.example/2026/bridge.",
        )
    _check_robots(url, fetcher)
    reply = fetcher.get(url)
    if _origin(reply.url) != _origin(url):
        _check_robots(reply.url, fetcher)
    if not reply.ok:
        raise _refused(reply)
    return open_bytes(reply.body, reply.url, clock(), reply.url, reply.headers.get("content-type", ""))


def _check_robots(url: str, fetcher: Fetcher) -> None:
    """Asks the site's robots.txt. None there allows everything; one that can't be had forbids (RFC 9309, 2.3.1)."""
    host = visible_line(urlsplit(url).netloc, 100)
    try:
        reply = fetcher.get(f"{_origin(url)}/robots.txt")
    except ConnectorUnavailableError as error:
        raise ConnectorUnavailableError(
            f"{host}: its robots.txt can't be had, so nothing is fetched: {error.message}",
            code=error.code,
            hint=error.hint,
        ) from error
    if httpx.codes.is_server_error(reply.status):
        raise ConnectorUnavailableError(
            f"{host}: its robots.txt answers {reply.status}, so nothing is fetched",
            code="connector.robots",
            hint="Try again later, or save the page from the browser and take the file in.",
        )
    if reply.ok and not Protego.parse(reply.body.decode("utf-8", "replace")[:_MOST_ROBOTS_CHARS]).can_fetch(url, AGENT):
        raise ConnectorError(
            f"{host}: its robots.txt doesn't allow programs to read this page",
            code="connector.robots",
            hint=f"If the site is yours, allow the agent {AGENT!r} there. Or save the page and take the file in.",
        )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _refused(reply: Reply) -> ConnectorError:
    host = visible_line(urlsplit(reply.url).netloc, 100)
    hints = {
        401: "It asks for a login.",
        403: "It refuses programs, or asks for a login.",
        404: "Is the address right?",
    }
    hint = f"{hints.get(reply.status, '')} Save the page from the browser and take the file in.".strip()
    return ConnectorError(f"{host}: answers {reply.status} for this address", code="connector.status", hint=hint)
