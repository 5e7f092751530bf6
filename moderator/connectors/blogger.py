"""Blogger: comments that wait, and decisions back.

Source: https://developers.google.com/blogger/docs/3.0/reference/comments (fields and methods), and
https://developers.google.com/identity/protocols/oauth2/native-app#offline (renewing an access token).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import Answer, BadRecord, Finding, Parcel, SiteSettings
from moderator.connectors.exchange import GONE, Found, exchange
from moderator.connectors.markup import text_of_html
from moderator.connectors.site import (
    READING,
    WRITING,
    SiteReader,
    SiteWriter,
    accepted,
    open_fetcher,
    option,
    required,
    table,
)
from moderator.domain.comment import AuthorKind, IncomingComment, Status
from moderator.errors import ConnectorError, ConnectorUnavailableError

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Fetcher, Reply

STATUSES: Mapping[str, Status] = {
    "LIVE": Status.APPROVED,
    "PENDING": Status.PENDING,
    "SPAM": Status.REJECTED,
    "EMPTIED": Status.REJECTED,
}
_API = "https://www.googleapis.com"
_BASE = f"{_API}/blogger/v3/blogs/"
_TOKENS = "https://oauth2.googleapis.com/token"
_PAGE_SIZE = 100
_MOST_PARENTS = 25
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})
_REASONS = {"spam": "spam", "*": "removecontent"}


def to_comment(item: Mapping[str, Any], source: str) -> IncomingComment:
    """One comment. Blogger finds it by its article's number and its own, so both make the id.

    Raises:
        KeyError: A field is missing.
        ValueError: The date can't be read.
    """
    author = table(item.get("author"))
    known = author.get("id")
    post = str(item["post"]["id"])
    return IncomingComment(
        source=source,
        remote_id=f"{post}.{item['id']}",
        body=text_of_html(item["content"], keep_lines=True),
        article_url=f"blogger:post/{post}",
        author_name=str(author.get("displayName") or ""),
        author_kind=AuthorKind.REGISTERED if known else AuthorKind.GUEST,
        author_remote_id=str(known) if known else None,
        parent_remote_id=f"{post}.{item['inReplyTo']['id']}" if item.get("inReplyTo") else None,
        posted_at_ms=round(datetime.fromisoformat(item["published"]).timestamp() * 1000),
    )


class _Api:
    """Blogger's interface, with an access token that's made anew when it has run out."""

    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: Mapping[str, Any]) -> None:
        required(site, "token", "client_secret")
        self.blog = option(site, "blog")
        self._client_id = option(site, "client_id")
        self.site = site
        self._transport = transport
        self._limits = limits
        self._fetcher: Fetcher | None = None

    def call(self, method: str, path: str, **params: Any) -> Reply:
        """A request to `blogs/...`.

        Raises:
            ConnectorError: Google refuses the login, or Blogger has had too many requests.
        """
        address = f"{_BASE}{self.blog}/{path}"
        reply = self._opened().send(method, address, params=params)
        if reply.status == _UNAUTHORIZED:
            self.close()
            reply = self._opened().send(method, address, params=params)
        if reply.status == _FORBIDDEN and _LIMITS.intersection(_reasons(reply)):
            raise ConnectorUnavailableError("Blogger has had too many requests", code="connector.rate_limit")
        return reply

    def close(self) -> None:
        """Ends the connections and forgets the access token."""
        if self._fetcher is not None:
            self._fetcher.close()
            self._fetcher = None

    def _opened(self) -> Fetcher:
        if self._fetcher is None:
            form = {
                "grant_type": "refresh_token",
                "client_id": self._client_id,
                "client_secret": self.site.client_secret,
                "refresh_token": self.site.token,
            }
            with open_fetcher(self.site, {}, transport=self._transport, limits=self._limits) as plain:
                reply = plain.send("POST", _TOKENS, form=form, repeatable=True)
            made = table(reply.json() if reply.ok else None)
            if "access_token" not in made:
                hint = "The refresh token may be revoked, or belong to another client_id."
                raise ConnectorError("Google refuses the login", code="connector.login", hint=hint)
            headers = {"Authorization": f"Bearer {made['access_token']}"}
            self._fetcher = open_fetcher(
                self.site, headers, transport=self._transport, origin=_API, limits=self._limits
            )
        return self._fetcher


class BloggerSource(SiteReader):
    """Comments that wait on a blog.

    Args:
        site: A refresh token as `token`, `client_secret`, and the options `client_id` and `blog` (its number).
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, READING)

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """All that waits.

        Raises:
            ConnectorError: Blogger can't be reached or refuses us.
        """
        token: str | None = None
        while True:
            page = self._page(token)
            for item in page.get("items", ()):
                try:
                    yield to_comment(item, self.name)
                except (KeyError, TypeError, ValueError) as error:
                    yield BadRecord(_BASE, None, f"a comment: {type(error).__name__}", "record.shape")
            following = page.get("nextPageToken")
            if not following or following == token:
                return
            token = following

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Comments that others answer, a few: each takes a request.

        Raises:
            ConnectorError: Blogger can't be reached or refuses us.
        """
        for post, _, number in (each.partition(".") for each in remote_ids[:_MOST_PARENTS]):
            reply = self._api.call("GET", f"posts/{post}/comments/{number}", view="ADMIN")
            if reply.status != _NOT_FOUND:
                yield to_comment(accepted(reply, self.site, "reading what is answered").json(), self.name)

    def held_count(self) -> int | None:
        """Blogger doesn't say how many wait."""
        return None

    def check(self) -> Sequence[Finding]:
        """Login, rights, blog."""
        self._page(None)
        return [Finding(True, "Blogger takes the login, and shows what waits.")]

    def close(self) -> None:
        """Ends the connections."""
        self._api.close()

    def _page(self, token: str | None) -> Mapping[str, Any]:
        place = {"pageToken": token} if token else {}
        reply = self._api.call("GET", "comments", status="pending", maxResults=_PAGE_SIZE, fetchBodies="true", **place)
        page = accepted(reply, self.site, "reading what waits").json()
        if page["kind"] != "blogger#commentList":
            raise ValueError
        return page


class BloggerSink(SiteWriter):
    """Decisions to Blogger: approve, spam, or empty the comment. There's no way back to waiting.

    Args:
        site: As for the source; `reasons` maps to `spam`, `removecontent` or `delete`.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    title = "Blogger"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, WRITING)

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: Blogger can't be reached or refuses us.
        """
        post, _, number = parcel.decision.remote_id.partition(".")
        path = f"posts/{post}/comments/{number}"

        def read() -> Found:
            reply = self._api.call("GET", path, view="ADMIN")
            if reply.status == _NOT_FOUND:
                return GONE
            item = accepted(reply, self.site, "reading a comment").json()
            # Older answers have it in small letters.
            return Found(STATUSES.get(str(item.get("status")).upper()), to_comment(item, self.name).body)

        return exchange(parcel, read, lambda: self._write(parcel, path))

    def close(self) -> None:
        """Ends the connections."""
        self._api.close()

    def _write(self, parcel: Parcel, path: str) -> Answer | None:
        if (stays := self.stays(parcel)) is not None:
            return stays
        word = self.site.word_for(parcel.decision.reason_code, _REASONS)
        if parcel.wanted is Status.APPROVED:
            reply = self._api.call("POST", f"{path}/approve")
        elif word == "delete":
            reply = self._api.call("DELETE", path)
        else:
            reply = self._api.call("POST", f"{path}/{word}")
        accepted(reply, self.site, "a decision")
        return None


def _reasons(reply: Reply) -> set[str]:
    """Reasons of a Google API's error."""
    try:
        return {str(each.get("reason")) for each in reply.json()["error"]["errors"]}
    except (ConnectorError, KeyError, TypeError, AttributeError):
        return set()
