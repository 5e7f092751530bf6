"""Which addresses may be spoken to, and connections that go to the address that was checked and to no other.

A name is resolved once; what it stands for is checked, and the connection is made to that very address. A name that
changes its address between check and connection (DNS rebinding) therefore gains nothing. The host's name stays in the
request and in TLS, so certificates are verified against it as ever.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from moderator.connectors.refusals import NO_SUCH_NAME
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses that a name stands for, given a port, in the order to try them. Raises `OSError` where there are none."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into IPv4 ones. Source: RFC 6052."""


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Asks the system's resolver, which knows no time limit of its own.

    Raises:
        OSError: The name stands for nothing.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A dict keeps the order: the resolver has put the better address first.
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Says which addresses may be spoken to: those of the public internet, and what a source's settings add.

    Attributes:
        allowed: Networks that are allowed although they aren't public: a site on this machine or in the house.
    """

    allowed: tuple[Network, ...] = ()

    def permits(self, address: str) -> bool:
        """Whether that address may be spoken to. What isn't an address may not."""
        try:
            # A zone ("fe80::1%eth0") names an interface of this machine, so it's never public.
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        inner = _carried(parsed)
        if any(candidate in network for candidate in (parsed, inner) if candidate for network in self.allowed):
            return True
        return _is_public(parsed) and (inner is None or _is_public(inner))


def _carried(address: _Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return _is_public(mapped)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class _Stream(httpcore.NetworkStream):
    """A connection that ends with its request's time, however slowly bytes trickle in."""

    def __init__(self, stream: httpcore.NetworkStream, remaining: Callable[[], float]) -> None:
        self._stream = stream
        self._remaining = remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._capped(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._capped(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: object,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = self._capped(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit), self._remaining)  # pyright: ignore[reportArgumentType]  # httpcore's own type lives in a private module

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)

    def _capped(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float:
        remaining = self._remaining()
        if remaining <= 0:
            raise error("the request's time is over")
        return remaining if timeout is None else min(timeout, remaining)


class GuardedBackend(httpcore.NetworkBackend):
    """Makes connections for httpcore, to checked addresses alone.

    Attributes:
        deadline_s: Monotonic time at which whatever is under way now is given up. Set before each request; one
            request is under way at a time.
    """

    def __init__(self, guard: AddressGuard, resolve: Resolve = resolve_by_system) -> None:
        self._guard = guard
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()
        self.deadline_s = float("inf")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolves, checks, and connects to the first address that is allowed and answers.

        Raises:
            ConnectorError: The name stands for no address that is allowed.
            httpcore.ConnectError: It stands for none, or none answers.
        """
        limit_s = min(self._remaining(), timeout if timeout is not None else float("inf"))
        give_up_s = time.monotonic() + limit_s
        addresses = [each for each in self._addresses(host, port, limit_s) if self._guard.permits(each)]
        if not addresses:
            raise ConnectorError(
                f"{visible_line(host, 100)} is an address inside a network, not on the internet",
                code="connector.address",
                hint="If that is meant, name its network in the source's allow_addresses, such as 127.0.0.0/8.",
            )
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            left_s = give_up_s - time.monotonic()
            if left_s <= 0:
                break
            try:
                stream = self._inner.connect_tcp(address, port, left_s, local_address, list(socket_options or ()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
                continue
            return _Stream(stream, self._remaining)
        raise last or httpcore.ConnectTimeout("no address answered in time")

    def sleep(self, seconds: float) -> None:
        """Waits, for httpcore's own retries, which are off."""
        self._inner.sleep(seconds)

    def _remaining(self) -> float:
        return self.deadline_s - time.monotonic()

    def _addresses(self, host: str, port: int, limit_s: float) -> Sequence[str]:
        """What a name stands for, within the time left: the system's resolver may take minutes."""
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error if isinstance(error, OSError) else OSError(str(error)))

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=min(max(limit_s, 0.0), threading.TIMEOUT_MAX))
        except queue.Empty:
            raise httpcore.ConnectTimeout("the name wasn't resolved in time") from None
        if isinstance(answer, OSError):
            raise httpcore.ConnectError(NO_SUCH_NAME) from answer
        return answer


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over a `GuardedBackend`."""

    def __init__(self, backend: GuardedBackend) -> None:
        super().__init__()
        # httpx has no argument for httpcore's network backend, which is public there. The pool made above has
        # opened nothing yet. A test proves that every connection goes through the backend.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=4,
            max_keepalive_connections=4,
            keepalive_expiry=15.0,
            network_backend=backend,
        )
