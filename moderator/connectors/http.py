"""HTTP for every source and sink: patient, bounded, and blind to the house's own network.

A `Fetcher` speaks to strangers' servers, so each of its requests has an end: in time, in bytes, in redirects and in
tries. It reaches public addresses alone (`addresses`), shows its credentials to the one origin that they are for, and
keeps them, and whatever else a URL may hold, out of logs and errors: those name a host and nothing more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from moderator._version import __version__
from moderator.connectors import refusals
from moderator.connectors.addresses import AddressGuard, GuardedBackend, GuardedTransport, Resolve, resolve_by_system
from moderator.connectors.bodies import ACCEPTED_ENCODINGS, read_body
from moderator.errors import ConnectorUnavailableError

USER_AGENT = f"moderator/{__version__} (desk for comment moderators)"

_BUSY = frozenset({429, 502, 503, 504})
_NOT_TAKEN = frozenset({429, 503})
"""Statuses by which a server says that it did nothing, so that a write may be repeated."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost.

    Attributes:
        connect_timeout_s: Until a connection stands, TLS included.
        read_timeout_s: Between two pieces of an answer.
        total_s: For one try as a whole, from resolving the name to the last byte.
        max_bytes: Of an answer, packed and unpacked.
        max_redirects: Followed for a reading request. A writing one follows none.
        tries: At most, the first one included.
        longest_wait_s: Longest pause between two tries. A server that asks for more gets an error that says so.
        spacing_s: Least time between the starts of two requests.
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 20.0
    total_s: float = 60.0
    max_bytes: int = 32_000_000
    max_redirects: int = 5
    tries: int = 4
    longest_wait_s: float = 30.0
    spacing_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers that prove who we are, and the one origin they are shown to.

    Attributes:
        origin: Any address of the site; scheme, host and port count.
        headers: Never printed.
        plain_http: They may go over a connection without encryption.
    """

    origin: str
    headers: Mapping[str, str] = field(repr=False)
    plain_http: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer.

    Attributes:
        status: HTTP status, whatever it is but those that mean "not now".
        url: Where it came from in the end, after redirects.
        headers: Case doesn't matter for names.
        body: Unpacked.
    """

    status: int
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return httpx.codes.is_success(self.status)

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ConnectorError: It isn't JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise refusals.not_json(self.url, self.status) from None


class _BusyError(Exception):
    """The server said "not now"; `wait_s` is what it asked for."""

    def __init__(self, status: int, wait_s: float | None) -> None:
        super().__init__(status)
        self.status = status
        self.wait_s = wait_s


class Fetcher:
    """Makes requests, one at a time. Keeps its connections open and its cookies; close it, or use it in a `with`.

    Args:
        limits: What a request may cost.
        guard: Addresses it may reach.
        credentials: Headers for one origin. A redirect away from that origin is then an error, not followed.
        transport: In place of the network: a test's.
        resolve: In place of the system's resolver.
        sleep: In place of `time.sleep`.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        guard: AddressGuard | None = None,
        credentials: Credentials | None = None,
        transport: httpx.BaseTransport | None = None,
        resolve: Resolve = resolve_by_system,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits or Limits()
        self._credentials = credentials
        self._sleep = sleep
        self._backend = GuardedBackend(guard or AddressGuard(), resolve)
        self._lock = threading.Lock()
        self._last_start_s = float("-inf")
        for library in ("httpx", "httpcore"):
            # Theirs print whole URLs and headers, secrets included.
            logging.getLogger(library).setLevel(logging.WARNING)
        self._client = httpx.Client(
            transport=transport or GuardedTransport(self._backend),
            # Neither proxies nor .netrc: both would take connections and credentials past the checks here.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._limits.read_timeout_s, connect=self._limits.connect_timeout_s),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": ACCEPTED_ENCODINGS},
        )

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Reads an address, over redirects and again after faults that pass.

        Args:
            url: Absolute, http or https.
            params: Added to the query that the address has already.
            headers: Further ones, not secret.

        Raises:
            ConnectorUnavailableError: Not reachable, too slow, or "not now" to the last try.
            ConnectorError: An address, redirect or answer that isn't taken.
        """
        return self.send("GET", url, params=params, headers=headers)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        follow: bool = True,
        repeatable: bool | None = None,
    ) -> Reply:
        """Makes any request.

        Args:
            method: `GET`, `POST`, ...
            url: Absolute, http or https.
            params: Added to the query that the address has already.
            headers: Further ones, not secret.
            json: Body, sent as JSON.
            form: Body, sent as a form.
            content: Body, as it is.
            follow: Follow redirects of a reading request, and refuse those of a writing one; else they come back.
            repeatable: Whether sending it twice does no harm; by default only of a request that reads. Others are
                repeated only where it's sure that they weren't taken.

        Raises:
            ConnectorUnavailableError: Not reachable, too slow, or "not now" to the last try.
            ConnectorError: An address, redirect or answer that isn't taken.
        """
        again = method in _READING if repeatable is None else repeatable
        retrying = Retrying(
            retry=retry_if_exception(lambda error: self._worth_another_try(error, again)),
            stop=stop_after_attempt(self._limits.tries),
            wait=self._pause_s,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            with self._lock:
                address = refusals.checked_url(url)
                if params:
                    address = address.copy_merge_params(params)
                body = {"json": json, "data": form, "content": content}
                return retrying(self._follow, method, address, headers=dict(headers or {}), follow=follow, **body)
        except _BusyError as error:
            raise refusals.busy(url, error.status, error.wait_s) from None
        except httpx.HTTPError as error:
            raise refusals.unreachable(url, error) from error

    def close(self) -> None:
        """Ends its connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, method: str, url: httpx.URL, *, follow: bool, **parts: Any) -> Reply:
        for _ in range(self._limits.max_redirects + 1):
            reply = self._once(method, url, **parts)
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not location or not follow:
                return reply
            target = refusals.redirect_target(url, location)
            # Followed, a write would arrive as a read, and what we may see elsewhere is what a guest sees.
            if method not in _READING or (self._credentials and refusals.origin(target) != refusals.origin(url)):
                raise refusals.moved(url, target)
            url = target
        raise refusals.too_many_redirects(url)

    def _once(self, method: str, url: httpx.URL, headers: dict[str, str], **body: Any) -> Reply:
        self._space_out()
        limits = self._limits
        deadline_s = time.monotonic() + limits.total_s
        self._backend.deadline_s = deadline_s
        request = self._client.build_request(method, url, headers={**headers, **self._proof(url)}, **body)
        response = self._client.send(request, stream=True)
        try:
            if response.status_code in _BUSY:
                raise _BusyError(response.status_code, refusals.wait_s(response.headers.get("Retry-After")))
            answered = read_body(response, refusals.host_of(url), max_bytes=limits.max_bytes, deadline_s=deadline_s)
        finally:
            response.close()
        return Reply(response.status_code, str(url), response.headers, answered)

    def _proof(self, url: httpx.URL) -> Mapping[str, str]:
        """The credentials, for their own origin alone."""
        given = self._credentials
        if given is None or refusals.origin(url) != refusals.origin(httpx.URL(given.origin)):
            return {}
        if url.scheme != "https" and not given.plain_http:
            raise refusals.plain_http(url)
        return given.headers

    def _space_out(self) -> None:
        early_s = self._last_start_s + self._limits.spacing_s - time.monotonic()
        if early_s > 0:
            self._sleep(early_s)
        self._last_start_s = time.monotonic()

    def _worth_another_try(self, error: BaseException, repeatable: bool) -> bool:
        if isinstance(error, _BusyError):
            patient = error.wait_s is None or error.wait_s <= self._limits.longest_wait_s
            return patient and (repeatable or error.status in _NOT_TAKEN)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return not refusals.is_about_tls(error)
        return repeatable and isinstance(error, httpx.TransportError | ConnectorUnavailableError)

    def _pause_s(self, state: RetryCallState) -> float:
        """What the server asks for; otherwise a growing time with chance in it, so that clients don't march in step."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _BusyError) and error.wait_s is not None:
            return error.wait_s
        return wait_random_exponential(multiplier=0.5, max=self._limits.longest_wait_s)(state)
