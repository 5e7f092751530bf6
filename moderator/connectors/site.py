"""What every connector to a running system shares: its place in the stream, and its way to the network."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from moderator.connectors.base import Abilities, Answer, BadRecord, Parcel, Position, SiteSettings, Verdict
from moderator.domain.comment import IncomingComment, Status
from moderator.errors import ConfigError, ConnectorError
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Fetcher, Reply

READING = {"total_s": 60.0, "tries": 4}
WRITING = {"total_s": 20.0, "read_timeout_s": 15.0, "tries": 2, "longest_wait_s": 10.0}
"""A delivery is tried again by its service, and must end before its claim does."""

_REFUSED = frozenset({401, 403})
_WORDS_CHARS = 200


@contextmanager
def known_shape(site: SiteSettings) -> Generator[None]:
    """Turns what goes wrong over an answer of another shape into an error that says so.

    Raises:
        ConnectorError: In place of whatever reading the answer raised.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ConnectorError(
            f"{visible_line(site.name)} answers in a form that isn't {visible_line(site.system)}'s",
            code="connector.shape",
            hint="Is it the address of the comment system itself, and a version that docs/connectors.md names?",
        ) from error


class SiteReader:
    """Name, place and cursor of a source that is a running system.

    Args:
        site: What the configuration says of it.
    """

    def __init__(self, site: SiteSettings) -> None:
        self.site = site
        self.cursor = ""

    @property
    def name(self) -> str:
        """The source's name."""
        return self.site.name

    @property
    def position(self) -> Position:
        """Where the stream stands: a site has no lines."""
        return Position(self.site.url, None, 0, None)

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """What waits.

        Raises:
            ConnectorError: The site can't be reached, refuses us, or answers in another form.
        """
        with known_shape(self.site):
            yield from self.waiting()

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """What waits, as the system gives it."""
        raise NotImplementedError


class SiteWriter:
    """Name and site of a sink that is a running system. It has no way back to waiting unless its abilities say so.

    Args:
        site: What the configuration says of it.
    """

    abilities = Abilities()
    title: ClassVar[str]
    """What people call the system."""

    def __init__(self, site: SiteSettings) -> None:
        self.site = site

    @property
    def name(self) -> str:
        """The source's name."""
        return self.site.name

    def stays(self, parcel: Parcel) -> Answer | None:
        """The answer to a decision that was taken back: the site can't follow. `None` for any other."""
        if parcel.wanted is not Status.PENDING:
            return None
        return Answer(Verdict.STAYS, parcel.stood, f"{self.title} knows no way back to waiting.")


def open_fetcher(
    site: SiteSettings,
    headers: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    origin: str = "",
    limits: Mapping[str, Any] | None = None,
) -> Fetcher:
    """The way to a site, with what proves who we are.

    Args:
        site: What the configuration says of it.
        headers: Secret ones; shown to the site's own origin alone.
        transport: In place of the network.
        origin: Whom the headers are for, where that isn't the site's address.
        limits: Fields of `http.Limits` that differ.

    Raises:
        ConfigError: A network that can't be read.
    """
    from moderator.connectors.addresses import AddressGuard  # noqa: PLC0415  # httpx takes 0.1 s to import
    from moderator.connectors.http import Credentials, Fetcher, Limits  # noqa: PLC0415

    try:
        allowed = tuple(ipaddress.ip_network(each, strict=False) for each in site.allow_addresses)
    except ValueError:
        raise ConfigError(
            f"sources.{site.name}.allow_addresses: not a network",
            code="config.value",
            hint="Write an address or a network, such as 127.0.0.1 or 10.0.0.0/8.",
        ) from None
    credentials = Credentials(origin or site.url, headers, site.plain_http) if headers else None
    return Fetcher(
        limits=replace(Limits(), **(limits or READING)),
        guard=AddressGuard(allowed),
        credentials=credentials,
        transport=transport,
    )


def required(site: SiteSettings, *names: str) -> None:
    """Refuses a site whose settings lack something that its connector can't do without.

    Raises:
        ConfigError: Names what is missing.
    """
    for name in names:
        if not getattr(site, name):
            secret = name not in {"url", "username"}
            how = f"Set MODERATOR_SOURCES__{site.name.upper()}__{name.upper()}, or name a file with {name}_file."
            raise ConfigError(
                f"sources.{site.name}: {name} is missing, which {site.system} needs",
                code="config.source",
                hint=how if secret else f'Add {name} = "..." under [sources.{site.name}].',
            )


def accepted(reply: Reply, site: SiteSettings, what: str) -> Reply:
    """The answer, if the site did what it was asked.

    Args:
        reply: What came.
        site: Whose it is.
        what: What was asked, as "reading what waits".

    Raises:
        ConnectorError: It refused the login, or answered with another failure.
    """
    if reply.ok:
        return reply
    if reply.status in _REFUSED:
        raise ConnectorError(
            f"{visible_line(site.name)} refuses {what}: the login is wrong, was revoked, or may not moderate",
            code="connector.login",
            hint=f"`moderator sources check {visible_line(site.name)}` says which.",
        )
    raise ConnectorError(
        f"{visible_line(site.name)} fails at {what} (status {reply.status})",
        code="connector.status",
        hint=f"`moderator sources check {visible_line(site.name)}` looks for the reason.",
    )


def option(site: SiteSettings, name: str) -> str:
    """An option that a connector can't do without.

    Raises:
        ConfigError: It's missing.
    """
    value = site.options.get(name)
    if value in {None, ""}:
        raise ConfigError(
            f"sources.{site.name}.options: {name} is missing, which {site.system} needs",
            code="config.source",
            hint=f'Add {name} = "..." under [sources.{site.name}.options].',
        )
    return str(value)


def table(value: Any) -> Mapping[str, Any]:
    """A part of an answer that should be an object: empty where it's absent or something else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def entries(value: Any) -> Sequence[Any]:
    """A part of an answer that should be a list: empty where it's absent or something else."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()
