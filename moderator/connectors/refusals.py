"""What can be wrong with an address or a connection, in words. They name a host, never a path, a query or a header.

A path may hold a key (Isso's do), a query an API secret (Disqus's does).
"""

from __future__ import annotations

import math
import ssl
import time
from email.utils import parsedate_to_datetime

import httpx

from moderator.errors import ConnectorError, ConnectorUnavailableError
from moderator.text.visible import visible_line

NO_SUCH_NAME = "the name stands for no address"
"""How the connection says that a host's name can't be resolved."""

_MAX_HOST_CHARS = 100
_MAX_WAIT_S = 86_400.0
_TOO_MANY_REQUESTS = 429


def checked_url(url: str) -> httpx.URL:
    """An address as a value, if it's one that can be asked.

    Raises:
        ConnectorError: It's not an absolute http or https address, or holds a name and password.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise _not_an_address() from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise _not_an_address()
    if parsed.userinfo:
        raise ConnectorError(
            f"the address of {host_of(parsed)} holds a name or password",
            code="connector.url",
            hint="Take it out: logins come from the environment or a file.",
        )
    return parsed


def host_of(url: httpx.URL) -> str:
    """The host, and the port where it isn't the usual one, fit to be shown."""
    port = f":{url.port}" if url.port else ""
    return visible_line(url.host, _MAX_HOST_CHARS) + port


def redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads.

    Raises:
        ConnectorError: Nowhere that can be asked, or from an encrypted connection to a plain one.
    """
    try:
        target = checked_url(str(url.join(location)))
    except (httpx.InvalidURL, ConnectorError):
        raise ConnectorError(f"{host_of(url)} redirects to no usable address", code="connector.redirect") from None
    if url.scheme == "https" and target.scheme != "https":
        raise ConnectorError(
            f"{host_of(url)} redirects to a connection without encryption",
            code="connector.redirect",
            hint="Whoever runs the site should mend that; nothing was read.",
        )
    return target


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def wait_s(retry_after: str | None) -> float | None:
    """What a `Retry-After` header asks for, in seconds, 0..86400. `None` where it doesn't say or can't be read.

    Source: RFC 9110, section 10.2.3.
    """
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), _MAX_WAIT_S) if math.isfinite(seconds) else None


def busy(url: str, status: int, asked_s: float | None) -> ConnectorUnavailableError:
    """The server said "not now" to the last try."""
    host = host_of(httpx.URL(url))
    if status == _TOO_MANY_REQUESTS:
        pause = f" and wants a pause of {asked_s:,.0f} s" if asked_s else ""
        message, code = f"{host} has had too many requests{pause}", "connector.rate_limit"
    else:
        message, code = f"{host} isn't available just now (status {status})", "connector.busy"
    return ConnectorUnavailableError(message, code=code, hint="Try again later.", wait_s=asked_s)


def unreachable(url: str, error: httpx.HTTPError) -> ConnectorError:
    """No connection, or one that broke."""
    host = host_of(httpx.URL(url))
    problem = _tls_problem(error)
    if problem is not None:
        reason = getattr(problem, "verify_message", "") or "the two sides can't agree"
        return ConnectorError(
            f"{host}: its certificate or encryption isn't right: {visible_line(str(reason), 150)}",
            code="connector.tls",
            hint="Nothing was sent. Certificates are always checked; SSL_CERT_FILE may name an authority of your own.",
        )
    if isinstance(error, httpx.ConnectTimeout):
        message, code = f"{host} can't be reached: no answer in time", "connector.timeout"
    elif isinstance(error, httpx.TimeoutException):
        message, code = f"{host} takes too long to answer", "connector.timeout"
    elif isinstance(error, httpx.ConnectError) and NO_SUCH_NAME in str(error):
        message, code = f"{host} can't be reached: no such name", "connector.unreachable"
    elif isinstance(error, httpx.ConnectError):
        message, code = f"{host} can't be reached", "connector.unreachable"
    else:
        message, code = f"{host} broke the connection off", "connector.broken"
    return ConnectorUnavailableError(message, code=code, hint="Check the address, the network, and whether it's up.")


def is_about_tls(error: BaseException) -> bool:
    """Whether a connection failed over certificates or encryption: trying again won't help."""
    return _tls_problem(error) is not None


def moved(url: httpx.URL, target: httpx.URL) -> ConnectorError:
    """A redirect that isn't followed."""
    return ConnectorError(
        f"{url.scheme}://{host_of(url)} has moved to {target.scheme}://{host_of(target)}",
        code="connector.moved",
        hint="Put the new address into the source's settings: logins and decisions aren't sent after a redirect.",
    )


def too_many_redirects(url: httpx.URL) -> ConnectorError:
    """It goes on and on."""
    return ConnectorError(f"{host_of(url)} redirects too often", code="connector.redirect")


def plain_http(url: httpx.URL) -> ConnectorError:
    """Credentials don't go over a plain connection."""
    return ConnectorError(
        f"{host_of(url)} would get the login over a connection without encryption",
        code="connector.plain_http",
        hint="Use its https address. For a site on this machine, set plain_http = true for the source.",
    )


def not_json(url: str, status: int) -> ConnectorError:
    """A web page where an interface should be, most often."""
    return ConnectorError(
        f"{host_of(httpx.URL(url))} answers with something else than JSON (status {status})",
        code="connector.not_json",
        hint="Is it the address of the comment system itself, and not of a page or a login wall?",
    )


def _not_an_address() -> ConnectorError:
    return ConnectorError(
        "that isn't the address of a site", code="connector.url", hint="Write it whole: https://example.org"
    )


def _tls_problem(error: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
