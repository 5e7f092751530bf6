"""The way to a WordPress site's REST API, wherever the site keeps it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import SiteSettings
from moderator.connectors.site import open_fetcher, required

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Fetcher, Reply

_GENERATOR = re.compile(r"""<meta name=["']generator["'] content=["']WordPress ([\d.]{1,12})""", re.IGNORECASE)
_API_LINK = re.compile(r'<([^>]+)>;\s*rel="https://api\.w\.org/"')


class Rest:
    """The REST API of one site, wherever it lives."""

    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: Mapping[str, Any]) -> None:
        required(site, "url", "username", "password")
        login = base64.b64encode(f"{site.username}:{site.password}".encode()).decode()
        self.site = site
        self.fetcher: Fetcher = open_fetcher(
            site, {"Authorization": f"Basic {login}"}, transport=transport, limits=limits
        )
        self._base = ""
        self.version = ""
        """As the front page says it; many sites don't. Known once the base is."""

    @property
    def base(self) -> str:
        """Address of the API, as the site's front page names it."""
        if not self._base:
            front = self.fetcher.get(self.site.url)
            said = _GENERATOR.search(front.body.decode("utf-8", "replace"))
            self.version = said[1] if said else ""
            named = _API_LINK.search(front.headers.get("link", ""))
            self._base = named[1] if named else self.site.url.rstrip("/") + "/wp-json/"
        return self._base

    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **body: Any) -> Reply:
        """A request to `wp/v2/...`."""
        base, query = self.base, dict(params or {})
        if "rest_route=" in base:
            # Plain permalinks: the path is a parameter among the others.
            query = {"rest_route": f"/{path}", **query}
            return self.fetcher.send(method, base.split("?", 1)[0], params=query, **body)
        return self.fetcher.send(method, base + path, params=query, **body)
