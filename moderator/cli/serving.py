"""The desk in a browser on this machine: textual-serve behind a token, bound to the loopback address alone.

Each browser tab gets a desk of its own, in a process of its own, for the one moderator that the command names. Whoever
has the address with its token has that desk: it's for one person at one machine, or a tunnel to it, not a network.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import shlex
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from moderator.cli.call import Call
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"

_COOKIE = "moderator-desk"
_TOKEN_BYTES = 32
_LAST_WORDS_S = 5.0
"""For the desks of open tabs to write what was decided."""

_HEADERS = {
    # The page of textual-serve asks a font service for a font: nothing but this server may be asked for anything.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self' ws://{place}; form-action 'none'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Gatekeeper:
    """Lets those in who know the token, and nobody who comes by way of another site.

    Args:
        port: Where the server listens: part of every address that it answers to.
        token: What the first request must bring.
    """

    def __init__(self, port: int, token: str) -> None:
        self._place = f"{HOST}:{port}"
        self._token = token
        # Cookies know no ports: a desk on another port has another name. And the token itself never becomes a cookie.
        self.cookie = f"{_COOKIE}-{port}"
        self._session = secrets.token_urlsafe(_TOKEN_BYTES)
        self.headers = {name: value.replace("{place}", self._place) for name, value in _HEADERS.items()}

    def knows_token(self, given: str) -> bool:
        """Whether that is the token, compared in a time that tells nothing."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    def knows_session(self, given: str) -> bool:
        """Whether that is the cookie's value."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._session.encode())

    def is_from_here(self, host: str, origin: str | None) -> bool:
        """Whether a request means this server, and doesn't come from another site's page.

        A page elsewhere can make a browser send it here, under any name that it makes point to this machine.
        """
        return host == self._place and origin in {None, f"http://{self._place}"}

    async def guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answers 403 to everybody else; a first request with the token gets a cookie and the address without it."""
        from aiohttp import web

        if not self.is_from_here(request.headers.get("Host", ""), request.headers.get("Origin")):
            return self._refuse()
        if "token" in request.query:
            if not self.knows_token(request.query["token"]):
                return self._refuse()
            found = web.HTTPSeeOther("/", headers=self.headers)
            found.set_cookie(self.cookie, self._session, httponly=True, samesite="Strict", path="/")
            return found
        if not self.knows_session(request.cookies.get(self.cookie, "")):
            return self._refuse()
        response = await handler(request)
        if not response.prepared:
            response.headers.update(self.headers)
        return response

    def _refuse(self) -> web.Response:
        from aiohttp import web

        return web.Response(status=403, text="Open the address that `moderator review --serve` printed.\n")


def serve_desk(call: Call, moderator: str | None, queue: str, port: int) -> int:
    """Serves the desk until it's interrupted.

    Args:
        call: Settings and output.
        moderator: Who decides, as on the command line.
        queue: What to show first.
        port: Where to listen, on the loopback address.

    Raises:
        ConfigError: The extra isn't installed, the port is taken, or the settings can't be used.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        hint = "Install it: pip install 'moderator[serve]'."
        raise ConfigError("the desk in a browser needs textual-serve", code="config.serve", hint=hint) from error

    _ = call.settings  # what can't be used is said here, not in a browser
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    gatekeeper = Gatekeeper(port, token)
    server = Server(_command(call, moderator, queue), host=HOST, port=port, title="moderator", public_url=_public(port))

    @web.middleware
    async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
        return await gatekeeper.guard(request, handler)

    async def make() -> web.Application:
        app = await server._make_app()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # it has no other way in
        # Its own greeting would print the command; its own log, comments' text from a crash.
        app.on_startup.clear()
        app.middlewares.append(guard)
        return app

    call.out.say(f"{_public(port)}/?{urlencode({'token': token})}")
    call.out.remark("Open this address in a browser on this machine. Whoever has it has your desk. Ctrl-C ends it.")
    sys.stdout.flush()
    try:
        loop = asyncio.new_event_loop()
        web.run_app(
            make(), host=HOST, port=port, print=None, access_log=None, loop=loop, shutdown_timeout=_LAST_WORDS_S
        )
    except OSError as error:
        hint = "Choose another with --port."
        raise ConfigError(f"port {port}: {error.strerror}", code="config.port", hint=hint) from error
    return 0


def _public(port: int) -> str:
    return f"http://{HOST}:{port}"


def _command(call: Call, moderator: str | None, queue: str) -> str:
    """The command line of one tab's desk, quoted for the shell that starts it."""
    given = call.given
    options = {
        "--config": given.config and given.config.absolute(),
        "--data-dir": given.data_dir and given.data_dir.absolute(),
        "--database": given.database,
        "--moderator": moderator,
        "--queue": queue or None,
    }
    words = [str(word) for pair in options.items() if pair[1] is not None for word in pair]
    return shlex.join([sys.executable, "-m", "moderator", "review", *words])
